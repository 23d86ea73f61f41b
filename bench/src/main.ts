import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, cpus, loadavg } from 'node:os';
import process from 'node:process';
import { clientMetrics, measureClient } from './client.js';
import { measureCompiler } from './compiler.js';
import { measureCurves } from './curves.js';
import { guestMetrics, measureInGuest } from './guest.js';
import { measureAgents, measurementNames } from './measurements.js';
import { agentMetrics, compilerMetrics, type Metric } from './metrics.js';
import {
  HELP,
  isWanted,
  type Options,
  parseOptions,
  type Section as SectionName,
  UsageError,
} from './options.js';
import { programsOf } from './programs.js';
import { rowsOf, type Section, summary, table } from './report.js';
import { Samples, type Take } from './samples.js';

const USAGE_STATUS = 2;

function say(text: string): void {
  void process.stderr.write(`${text}\n`);
}

/** A part of a run with a table. */
interface MeasuredSection {
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** Returns the names of the columns. */
  measure(take: Take): readonly string[] | Promise<readonly string[]>;
}

function sectionOf(name: SectionName, options: Options, folder: string): MeasuredSection {
  const isSelected = (measurement: string): boolean => isWanted(options.only, measurement);
  const extent = { ...options, say, folder };
  const nothing: readonly string[] = [];
  switch (name) {
    case 'agents':
      return {
        title: 'Agents over a unix socket',
        metrics: agentMetrics,
        measure: (take) =>
          measurementNames.some(isSelected)
            ? measureAgents(programsOf(options.agents, say), { ...extent, isWanted: isSelected }, take)
            : nothing,
      };
    case 'host':
      return {
        title: 'Client library and guestctl beside a minimal client',
        metrics: clientMetrics,
        measure: (take) => (isSelected('host') ? measureClient(extent, take) : nothing),
      };
    case 'compiler':
      return {
        title: 'Schema compiler, whole process',
        metrics: compilerMetrics,
        measure: (take) => (isSelected('compiler') ? measureCompiler(extent, take) : nothing),
      };
    case 'guest':
      return {
        title: 'Agents in a guest, over virtio-serial',
        metrics: guestMetrics,
        measure: (take) => (isSelected('guest') ? measureInGuest(extent, take) : nothing),
      };
  }
}

async function measureSections(options: Options, folder: string): Promise<Section[]> {
  const sections: Section[] = [];
  for (const name of options.sections) {
    const { title, metrics, measure } = sectionOf(name, options, folder);
    const samples = new Samples();
    const columns = await measure(samples.take);
    const rows = rowsOf(metrics, samples, columns);
    if (rows.length > 0) sections.push({ title, columns, rows });
  }
  return sections;
}

const load = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10;

async function run(options: Options, folder: string): Promise<void> {
  const { rounds, effort, curveFolder } = options;
  const machine = {
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    node: process.version,
    rounds,
    isQuick: effort < 1,
  };
  const loadBefore = load();
  if (curveFolder !== undefined) {
    const curves = await measureCurves({ ...options, curveFolder, say, folder });
    if (options.json) printJson({ ...machine, load: [loadBefore, load()], curves });
    else for (const { path } of curves) console.log(path);
    return;
  }
  const sections = await measureSections(options, folder);
  if (sections.length === 0) throw new UsageError('--only: nothing is measured; --help lists the words');
  if (options.json) {
    printJson({ ...machine, load: [loadBefore, load()], sections });
    return;
  }
  console.log(
    `${machine.cpu}, Node ${machine.node}, ${rounds} rounds${machine.isQuick ? ', quick' : ''}; load average ${loadBefore} before, ${load()} after.`,
  );
  console.log('Medians; ± is half the range. 1 MB is 10^6 bytes.');
  for (const section of sections) console.log(`\n${section.title}\n\n${table(section)}`);
  console.log(`\n${summary(sections)}`);
}

function printJson(value: object): void {
  console.log(JSON.stringify(value, undefined, 2));
}

/** Ends the agents that run, which would outlive this process. */
function killChildren(): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter((text) => text !== '')) process.kill(Number(pid), 'SIGKILL');
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = mkdtempSync('/dev/shm/guestwire-bench-');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      killChildren();
      // Runs what removes files and disks.
      process.exit(128 + constants.signals[signal]);
    });
  }
  await run(options, folder);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`bench: ${error.message}`);
  process.exitCode = USAGE_STATUS;
}
