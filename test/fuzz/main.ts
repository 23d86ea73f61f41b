/** `npm run fuzz`: see {@link HELP}. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import process from 'node:process';
import {
  crashName,
  execute,
  type Finding,
  type FuzzStatistics,
  loadTarget,
  type RunResult,
  runTarget,
  targetOfCrash,
  writeInputs,
} from '@guestwire/fuzz';
import { projectFolder } from '../compat/agents.js';
import { type Arguments, HELP, readArguments, UsageError } from './arguments.js';
import { type TargetFile, targetFiles } from './targets.js';

const CRASHES = join(projectFolder, 'fuzz/crashes');
/** The name of the comparison with the C agent, which has no coverage to follow. */
const DIFFERENTIAL = 'differential';

try {
  process.exitCode = await main(readArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}`);
  process.exitCode = 2;
}

async function main(args: Arguments): Promise<number> {
  if (args.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.list) return await list();
  if (args.reproduce !== undefined) return await reproduce(args.reproduce, args.targets[0]);
  if (args.targets.includes(DIFFERENTIAL)) return await compareAgents(args);
  if (!args.json) console.log(`seed ${args.seed}`);
  let failed = false;
  for (const file of selected(args.targets)) failed = !(await fuzz(file, args)) || failed;
  return failed ? 1 : 0;
}

async function compareAgents({ requests, seed, json }: Arguments): Promise<number> {
  const { runDifferential } = await import('./differential/run.js');
  return (await runDifferential({ requests, seed, json })) ? 0 : 1;
}

function selected(names: readonly string[]): TargetFile[] {
  const all = targetFiles();
  const unknown = names.find((name) => !all.some((file) => file.name === name));
  if (unknown !== undefined) throw new UsageError(`no target is named '${unknown}'; see --list`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

async function list(): Promise<number> {
  for (const { module, name } of targetFiles()) {
    console.log(`${name}\n    ${(await loadTarget(module)).invariants}`);
  }
  return 0;
}

/** Fuzzes one target. Returns false if it found something. */
async function fuzz({ name, module, corpus, regressions }: TargetFile, args: Arguments): Promise<boolean> {
  const { seed, runs, seconds, json, saveCorpus } = args;
  const showProgress = process.stderr.isTTY && !json;
  const result = await runTarget({
    module,
    corpus: [corpus, regressions],
    seed,
    runs,
    seconds,
    onProgress: (statistics, milliseconds) => {
      if (showProgress) process.stderr.write(`\r\x1b[K${name}: ${progress(statistics, milliseconds)}`);
    },
  });
  if (showProgress) process.stderr.write('\r\x1b[K');
  const crashes = result.findings.map((finding) => saveCrash(name, finding));
  console.log(
    json
      ? jsonLine(name, seed, result, crashes)
      : `${name}: ${progress(result.statistics, result.milliseconds)}`,
  );
  if (!json) for (const [i, finding] of result.findings.entries()) explain(finding, crashes[i] ?? '');
  if (saveCorpus && result.corpus.length > 0) writeInputs(corpus, result.corpus);
  return result.findings.length === 0;
}

function progress(statistics: FuzzStatistics, milliseconds: number): string {
  const { executions, coverage, corpus, outcomes, findings } = statistics;
  const rate = Math.round(executions / Math.max(milliseconds / 1000, 0.001));
  return [
    `${executions} executions in ${(milliseconds / 1000).toFixed(1)} s (${rate}/s)`,
    `coverage ${coverage}`,
    `corpus ${corpus}`,
    `outcomes ${outcomes}`,
    `findings ${findings}`,
  ].join(', ');
}

function jsonLine(name: string, seed: number, result: RunResult, crashes: readonly string[]): string {
  const { statistics, milliseconds, findings } = result;
  const seconds = Math.round(milliseconds) / 1000;
  const found = findings.map(({ message, signature }, i) => ({ file: crashes[i], signature, message }));
  return JSON.stringify({ target: name, seed, seconds, ...statistics, findings: found });
}

/** Writes a failing input, and returns its file. */
function saveCrash(target: string, { input }: Finding): string {
  mkdirSync(CRASHES, { recursive: true });
  const path = join(CRASHES, crashName(target, input));
  writeFileSync(path, input);
  return relative(process.cwd(), path);
}

function explain({ message, stack, input }: Finding, path: string): void {
  console.log(`\n${message}\n${stack.split('\n    at ').slice(1, 4).join('\n    at ')}`);
  console.log(`input: ${JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 300))}`);
  console.log(`repeat with: npm run fuzz -- --reproduce ${path}\n`);
}

async function reproduce(path: string, named: string | undefined): Promise<number> {
  const name = named ?? targetOfCrash(basename(path));
  if (name === undefined) throw new UsageError(`name the target of ${path}`);
  if (name === DIFFERENTIAL) {
    const { compareInput } = await import('./differential/run.js');
    return (await compareInput(readInput(path))) ? 0 : 1;
  }
  const [file] = selected([name]);
  if (file === undefined) throw new UsageError(`no target is named '${name}'`);
  const outcome = await execute(await loadTarget(file.module), readInput(path));
  console.log(
    outcome.ok ? `${name}: no failure` : `${name}: ${outcome.failure.message}\n${outcome.failure.stack}`,
  );
  return outcome.ok ? 0 : 1;
}

function readInput(path: string): Buffer {
  try {
    // npm changes to the folder of the package.json; the path is relative to the folder that the user is in.
    return readFileSync(resolve(process.env['INIT_CWD'] ?? '', path));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
