import { mkdtempSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import {
  type AgentProgram,
  ourAgent,
  ourExecutable,
  referenceAgents,
  startAgent,
} from '@guestwire/test/agents';
import { clientMetrics, measureClient } from './client.js';
import { measureCompiler } from './compiler.js';
import { measureExec } from './exec.js';
import { guestMetrics, measureInGuest } from './guest.js';
import { machineInside } from './machine-inside.js';
import { measureMemory } from './memory.js';
import { agentMetrics, compilerMetric, type Metric, type Sample } from './metrics.js';
import { measurePing } from './ping.js';
import { measureQuestions } from './questions.js';
import { rawClient } from './raw-client.js';
import { rowsOf, table } from './report.js';
import { measureStart } from './start.js';
import { measureTransfers } from './transfer.js';

const HELP = `Usage: npm run bench -- [--quick] [--only WORD]... [--rounds N] [--json]

Measures guestd and the C agents of this machine, in turn, over unix sockets with the same client.
Files are in /dev/shm, in memory, so that no disk is measured.

  --vm          pings and transfers in a real guest, over virtio-serial
  --host        the client library and guestctl, beside a minimal client
  --only WORD   only the measurements whose name contains the word:
                ping, transfer, question, exec, memory, start, compiler
  --rounds N    the number of rounds, of which the median is shown (default 5)
  --quick       two rounds with a fifth of the work; not accurate
  --json        the numbers as JSON on standard output
  --help        print this and exit
`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    vm: { type: 'boolean', default: false },
    host: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function say(text: string): void {
  void process.stderr.write(`${text}\n`);
}

/** Measures one round of an agent. */
type Measurement = (program: AgentProgram, file: string, effort: number) => Promise<Sample>;

const measurements: Readonly<Record<string, Measurement>> = {
  ping: async (program, _file, effort) => {
    await using agent = await startAgent(program);
    await using client = await rawClient(agent.socket);
    await measurePing(client, Math.min(effort, 0.1)); // warm-up
    return await measurePing(client, effort);
  },
  transfer: async (program, file, effort) => {
    await using agent = await startAgent(program);
    await using client = await rawClient(agent.socket);
    await measureTransfers(client, file, Math.min(effort, 0.1)); // warm-up
    return await measureTransfers(client, file, effort);
  },
  question: async (program, _file, effort) => {
    await using agent = await startAgent(program);
    await using client = await rawClient(agent.socket);
    await measureQuestions(client, 2 * effort); // warm-up: an agent is a long-running process
    return await measureQuestions(client, effort);
  },
  exec: async (program, _file, effort) => {
    await using agent = await startAgent(program);
    await using client = await rawClient(agent.socket);
    await measureExec(client, Math.min(effort, 0.1)); // warm-up
    return await measureExec(client, effort);
  },
  memory: async (program, file) => await measureMemory(program, file),
  start: async (program) =>
    await measureStart(program, program.name === ourAgent().name ? ourExecutable() : undefined),
};

function wanted(name: string): boolean {
  return options.only?.some((word) => name.includes(word)) ?? true;
}

/** Returns a new folder in memory. */
function memoryFolder(): string {
  return mkdtempSync('/dev/shm/guestwire-bench-');
}

/** Measures the agents of this machine; returns their names. */
async function measureHere(
  { rounds, effort }: { rounds: number; effort: number },
  take: (agent: string, sample: Sample) => void,
): Promise<readonly string[]> {
  const { missing, ...references } = referenceAgents();
  if (missing !== undefined) say(missing);
  if (wanted('start') && ourExecutable() === undefined)
    say('the single executable is missing and not measured; npm run package makes it');
  const programs = [ourAgent(), references['10.0'], references['7.2']]
    .filter((program) => program !== undefined)
    .map(machineInside);
  const folder = memoryFolder();
  try {
    for (const [name, measure] of Object.entries(measurements)) {
      if (!wanted(name)) continue;
      for (let round = 1; round <= rounds; round++) {
        say(`${name}, round ${round} of ${rounds}`);
        for (const program of programs)
          take(program.name, await measure(program, join(folder, 'file'), effort));
      }
    }
    if (wanted('compiler')) {
      for (let round = 1; round <= rounds; round++) {
        const sample = measureCompiler(folder);
        if (sample !== undefined) take('guestd', sample);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return programs.map(({ name }) => name);
}

type Measured = readonly [columns: readonly string[], metrics: readonly Metric[]];

async function measureWhatIsAsked(
  extent: { rounds: number; effort: number },
  take: (column: string, sample: Sample) => void,
): Promise<Measured> {
  if (options.vm) return [await measureInGuest({ ...extent, say }, take), guestMetrics];
  if (!options.host) return [await measureHere(extent, take), [...agentMetrics, compilerMetric]];
  const folder = memoryFolder();
  try {
    return [await measureClient({ ...extent, say, folder }, take), clientMetrics];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(): Promise<void> {
  const rounds = Number(options.rounds ?? (options.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes a positive integer');
  const effort = options.quick ? 0.2 : 1;

  const samples = new Map<string, Map<string, number[]>>();
  const take = (agent: string, sample: Sample): void => {
    const byMetric = samples.get(agent) ?? new Map<string, number[]>();
    samples.set(agent, byMetric);
    for (const [id, value] of Object.entries(sample)) {
      byMetric.set(id, [...(byMetric.get(id) ?? []), value]);
    }
  };
  const [agents, metrics] = await measureWhatIsAsked({ rounds, effort }, take);
  const rows = rowsOf(metrics, samples, agents);
  const cpu = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  if (options.json) {
    console.log(JSON.stringify({ cpu, node: process.version, rounds, agents, rows }, undefined, 2));
    return;
  }
  console.log(`${cpu}, Node ${process.version}, ${rounds} rounds${options.quick ? ', quick' : ''}.`);
  console.log('Medians; ± is half the range. 1 MB is 10^6 bytes.\n');
  console.log(table(rows, agents));
}

if (options.help) process.stdout.write(HELP);
else await run();
