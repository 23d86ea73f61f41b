import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Chart, drawChart, type Series } from './chart.js';
import { timeOfCompiler } from './compiler.js';
import { timesOfRequests } from './curve-requests.js';
import { cannotBeLarge, makeLargeMachine } from './large-machine.js';
import { isWanted, type Options, UsageError } from './options.js';
import { type MeasuredProgram, programsOf, startMeasured } from './programs.js';
import { timesOf } from './questions.js';
import { rawClient, request } from './raw-client.js';
import { Samples } from './samples.js';
import { median } from './statistics.js';
import { syntheticSchema } from './synthetic-schema.js';
import { openFile } from './transfer.js';

/** A time as a function of a size. */
interface Curve extends Omit<Chart, 'series' | 'yLabel'> {
  readonly name: string;
  readonly xs: readonly number[];
  /** Whether agents are measured, or else the compiler. */
  readonly isOfAgents: boolean;
  /** Why it cannot be measured here. */
  readonly missing?: () => string | undefined;
  /** Returns milliseconds by the name of the line, which follows the agent's name. */
  measure(x: number, program: MeasuredProgram, place: Place): Promise<Readonly<Record<string, number>>>;
}

interface Place {
  /** In memory. */
  readonly folder: string;
  readonly effort: number;
}

const KIB = 1024;

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** The longest message of both agents has 64 MiB, so the last write is a little shorter than 48 MiB of data. */
const sizes: Curve = {
  name: 'size',
  title: 'Time of a file request by its size',
  xLabel: 'bytes of data',
  xs: [1, 4, 16, 64, 256, 1024, 4096, 16_384, 49_152].map((kib) => kib * KIB),
  formatX: (bytes) => (bytes < KIB * KIB ? `${bytes / KIB} KiB` : `${bytes / KIB / KIB} MiB`),
  isOfAgents: true,
  async measure(size, program, { folder, effort }) {
    await using agent = await startMeasured(program);
    await using client = await rawClient(agent.socket);
    return await timesOfRequests(client, join(folder, 'file'), size, effort);
  },
};

/** Requests whose median is taken. */
const REQUESTS = 300;

const handles: Curve = {
  name: 'handles',
  title: 'Time of a request by the number of open files',
  xLabel: 'open files',
  xs: [1, 10, 100, 1000, 10_000],
  formatX: formatCount,
  isOfAgents: true,
  async measure(count, program, { folder, effort }) {
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.alloc(4 * KIB));
    await using agent = await startMeasured(withManyFiles(program));
    await using client = await rawClient(agent.socket);
    let handle = 0;
    for (let opened = 0; opened < count; opened++) handle = await openFile(client, path, 'r');
    const back = request('guest-file-seek', { handle, offset: 0, whence: 'set' });
    const read = request('guest-file-read', { handle, count: 4 * KIB });
    const times: { open: number[]; read: number[] } = { open: [], read: [] };
    for (let index = 0; index < REQUESTS * effort * 2; index++) {
      await client.ask(back);
      const started = performance.now();
      await client.ask(read);
      const middle = performance.now();
      const another = await openFile(client, path, 'r');
      await client.ask(request('guest-file-close', { handle: another }));
      // The first half is the warm-up.
      if (index < REQUESTS * effort) continue;
      times.read.push(middle - started);
      times.open.push(performance.now() - middle);
    }
    return { 'open, close': median(times.open), 'read 4 KiB': median(times.read) };
  },
};

function withManyFiles(program: MeasuredProgram): MeasuredProgram {
  return { ...program, command: ['/bin/sh', '-c', 'ulimit -n 20000; exec "$@"', 'sh', ...program.command] };
}

const mounts: Curve = {
  name: 'mounts',
  title: 'Time of guest-get-fsinfo by the number of bind mounts',
  xLabel: 'bind mounts of one filesystem, which the reply has once',
  xs: [10, 50, 100, 500, 1000, 5000],
  formatX: formatCount,
  isOfAgents: true,
  missing: cannotBeLarge,
  async measure(count, program, { folder, effort }) {
    using machine = makeLargeMachine({ disks: 0, mounts: count, addresses: 0 }, folder);
    await using agent = await startMeasured(machine.inside(program));
    await using client = await rawClient(agent.socket);
    const calls = Math.max(2, Math.round(Math.min(50, 5000 / count) * effort));
    const times = await timesOf(client, 'guest-get-fsinfo', 2 * calls);
    // The first half is the warm-up.
    return { '': median(times.slice(calls)) / 1000 };
  },
};

const schema: Curve = {
  name: 'schema',
  title: 'Time of the compiler by the size of the schema',
  xLabel: 'definitions',
  xs: [10, 100, 1000, 10_000],
  formatX: formatCount,
  isOfAgents: false,
  measure(count, _program, { folder }) {
    const file = join(folder, 'schema.json');
    writeFileSync(file, syntheticSchema(count));
    return Promise.resolve({ '': timeOfCompiler(file, join(folder, 'generated')) });
  },
};

const all: readonly Curve[] = [sizes, handles, mounts, schema];

/** A measured curve. */
export interface MeasuredCurve {
  readonly name: string;
  /** The file with the chart. */
  readonly path: string;
  readonly series: readonly Series[];
}

/** Measures curves, in each round each point of each agent in turn, and writes each as an SVG file. */
export async function measureCurves({
  curveFolder,
  agents,
  only,
  rounds,
  effort,
  say,
  folder,
}: Options & {
  readonly curveFolder: string;
  readonly say: (text: string) => void;
  readonly folder: string;
}): Promise<MeasuredCurve[]> {
  mkdirSync(curveFolder, { recursive: true });
  const wanted = all.filter(({ name }) => isWanted(only, name));
  if (wanted.length === 0) throw new UsageError('--only: no curve is measured; --help lists the words');
  // Two are legible in one chart.
  const programs = wanted.some(({ isOfAgents }) => isOfAgents) ? programsOf(agents, say).slice(0, 2) : [];
  const measured: MeasuredCurve[] = [];
  for (const curve of wanted) {
    const missing = curve.missing?.();
    if (missing !== undefined) {
      say(`${curve.name} is not measured: ${missing}`);
      continue;
    }
    const samples = new Samples();
    const lines = new Set<string>();
    for (let round = 1; round <= rounds; round++) {
      say(`${curve.name}, round ${round} of ${rounds}`);
      for (const x of curve.xs) {
        for (const program of curve.isOfAgents ? programs : [COMPILER]) {
          const times = await curve.measure(x, program, { folder, effort });
          rmSync(join(folder, 'file'), { force: true });
          for (const [line, time] of Object.entries(times)) {
            const name = line === '' ? program.name : `${program.name}, ${line}`;
            lines.add(name);
            samples.take(name, { [x]: time });
          }
        }
      }
    }
    const series = [...lines].map((name) => seriesOf(name, curve.xs, samples));
    const path = join(curveFolder, `${curve.name}.svg`);
    writeFileSync(path, drawChart({ ...curve, yLabel: 'ms', series }));
    measured.push({ name: curve.name, path, series });
  }
  return measured;
}

/** What is measured instead of an agent. */
const COMPILER: MeasuredProgram = { name: 'qapi', command: ['qapi'], root: '', isGuestd: false };

function seriesOf(name: string, xs: readonly number[], samples: Samples): Series {
  const points = xs.flatMap((x) => {
    const values = samples.of(name, String(x));
    if (values.length === 0) return [];
    return [{ x, y: median(values), low: Math.min(...values), high: Math.max(...values) }];
  });
  return { name, points };
}
