/** Coverage-guided fuzzing of functions that read outside data: a loop on V8's block coverage, without dependencies. */
export { crashName, inputLine, readInputs, targetOfCrash, writeInputs } from './corpus-file.js';
export { execute, type Failure, type Outcome } from './execute.js';
export type { Finding, FuzzStatistics } from './fuzzer.js';
export { loadTarget } from './load-target.js';
export { minimize } from './minimize.js';
export { Mutator } from './mutate/mutator.js';
export { Random } from './random.js';
export { type RunResult, runTarget } from './run-target.js';
export { type FuzzTarget, outcomeOf, type Structure } from './target.js';
