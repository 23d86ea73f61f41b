import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GUESTD } from './guestd.js';
import { Host } from './host.js';

/** What the agent counts in its own process. */
export interface InnerWork {
  /** Bytes that calls of buffers have copied or converted, as the length of what they return. */
  readonly copied: number;
  readonly promises: number;
  /** Bytes on the JavaScript heap. */
  readonly heap: number;
  /** Bytes of buffers outside of it. */
  readonly buffers: number;
  /** Garbage collections; `heap` and `buffers` before and after one cannot be compared. */
  readonly collections: number;
}

/** Work of the agent. */
export interface Work extends InnerWork {
  /** System calls that read or write, whatever the descriptor: a thread that has finished writes to wake the main one, too. */
  readonly calls: number;
  /** How often threads other than the main one have gone to sleep. */
  readonly sleeps: number;
}

const PRELOAD = fileURLToPath(new URL('count-work-program.js', import.meta.url));

/** What the compiler optimizes, and when the collector runs, depends on time. */
const NODE_OPTIONS = [
  '--no-opt',
  '--single-threaded',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

const SAMPLES = 20;

/** Samples during which garbage is collected are repeated, but not without a limit. */
const MAX_SAMPLES = 200;

/** A guestd that counts its work. Disposing ends it. */
export class CountedAgent implements Disposable {
  readonly #child: ChildProcess;
  readonly #host: Host;
  /** The work of counting. */
  #overhead: Work | undefined;

  private constructor(child: ChildProcess, host: Host) {
    this.#child = child;
    this.#host = host;
  }

  /** Starts guestd on a socket in a folder. */
  static async start(folder: string): Promise<CountedAgent> {
    const socket = `${folder}/ga.sock`;
    const child = fork(GUESTD, ['-m', 'unix-listen', '-p', socket, '-t', folder], {
      execArgv: [...NODE_OPTIONS, '--import', PRELOAD],
      env: { ...process.env, QGA_CONF: `${folder}/none.conf` },
    });
    for (;;) {
      const host = await Host.connect(socket).catch(() => delay(10));
      if (host !== undefined) return new CountedAgent(child, host);
      if (child.exitCode !== null) throw new Error(`guestd ended with status ${child.exitCode}`);
    }
  }

  /** Sends a request and returns the line that answers it. */
  ask(execute: string, args: object = {}): Promise<string> {
    return this.#host.ask(`${JSON.stringify({ execute, arguments: args })}\n`);
  }

  /**
   * Returns the work for one request: the least of several samples, since the system, the collector and the clock only add to it.
   * @param repeat the number of requests in a sample
   */
  async workOf(request: () => Promise<unknown>, repeat: number): Promise<Work> {
    this.#overhead ??= await this.#least(async () => {});
    const total = await this.#least(async () => {
      for (let index = 0; index < repeat; index += 1) await request();
    });
    const overhead = this.#overhead;
    return mapWork((key) => (total[key] - overhead[key]) / repeat);
  }

  async #least(action: () => Promise<void>): Promise<Work> {
    const samples: Work[] = [];
    // What is compiled, or grows, once.
    await action();
    for (let taken = 0; samples.length < SAMPLES; taken += 1) {
      if (taken === MAX_SAMPLES) throw new Error('garbage is collected during each request');
      const before = await this.#take();
      await action();
      const after = await this.#take();
      if (after.collections === before.collections) samples.push(mapWork((key) => after[key] - before[key]));
    }
    return mapWork((key) => Math.min(...samples.map((sample) => sample[key])));
  }

  /** Returns the work since the start of the process. */
  async #take(): Promise<Work> {
    const reply = once(this.#child, 'message');
    this.#child.send('count');
    const [inner]: InnerWork[] = await reply;
    if (inner === undefined) throw new Error('no counts');
    const { pid } = this.#child;
    const threads = readdirSync(`/proc/${pid}/task`).filter((id) => id !== String(pid));
    const sleeps = threads.map((id) => fieldOf(`/proc/${pid}/task/${id}/status`, 'voluntary_ctxt_switches'));
    const calls = ['syscr', 'syscw'].map((name) => fieldOf(`/proc/${pid}/io`, name));
    return { ...inner, calls: sum(calls), sleeps: sum(sleeps) };
  }

  [Symbol.dispose](): void {
    this.#host[Symbol.dispose]();
    this.#child.kill('SIGKILL');
  }
}

const KEYS = ['copied', 'promises', 'heap', 'buffers', 'collections', 'calls', 'sleeps'] as const;

function mapWork(value: (key: keyof Work) => number): Work {
  const [copied = 0, promises = 0, heap = 0, buffers = 0, collections = 0, calls = 0, sleeps = 0] =
    KEYS.map(value);
  return { copied, promises, heap, buffers, collections, calls, sleeps };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function fieldOf(path: string, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`${path} has no ${name}`);
  return Number(value);
}
