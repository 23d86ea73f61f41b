/** The thread that runs a target: the main thread ends it if an input never ends or exhausts the memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { readInputs } from './corpus-file.js';
import { Coverage } from './coverage.js';
import { CurrentInput } from './current-input.js';
import { FINDING_LIMIT, Fuzzer } from './fuzzer.js';
import { loadTarget } from './load-target.js';
import type { WorkerMessage, WorkerTask } from './worker-task.js';

const PROGRESS_INTERVAL_MS = 1000;

// The thread that starts this one passes a task.
await fuzz(workerData as WorkerTask);

async function fuzz({ module, corpus, memory, seed, runs, seconds }: WorkerTask): Promise<void> {
  const target = await loadTarget(module);
  const current = new CurrentInput(memory);
  using coverage = new Coverage(target.covers);
  const fuzzer = new Fuzzer(target, coverage, seed, (input) => current.set(input));
  await fuzzer.load(corpus.flatMap(readInputs));
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  let reported = 0;
  for (let left = runs; left > 0 && elapsed() < seconds * 1000; ) {
    left -= await fuzzer.step(left);
    if (fuzzer.findings.length >= FINDING_LIMIT) break;
    if (elapsed() - reported < PROGRESS_INTERVAL_MS) continue;
    reported = elapsed();
    post({ kind: 'progress', statistics: fuzzer.statistics, milliseconds: reported });
  }
  post({
    kind: 'done',
    statistics: fuzzer.statistics,
    milliseconds: elapsed(),
    findings: fuzzer.findings,
    corpus: fuzzer.corpus,
  });
}

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}
