import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes of a program's standard error that are kept: the last ones. */
const STDERR_LIMIT = 64 * 1024;

/** How long a program has, in milliseconds, to end by itself when its input has ended, and then after `SIGTERM`. */
const POLITE_DELAY = 100;
const TERMINATION_DELAY = 1000;
/** How often it is looked whether it has. */
const LOOK_DELAY = 10;

/**
 * A running program, spoken with through pipes. It leads a process group of its own, and a session: a Ctrl-C at the
 * terminal must not cut the way to a guest that is still to be thawed. So neither it nor what it starts can ask
 * anything at the terminal.
 *
 * Disposing it ends its input, and then whatever is left of its group.
 */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pid: number;
  readonly #exited: Promise<string>;
  readonly #stderrClosed: Promise<unknown>;
  #stderr = Buffer.alloc(0);
  #disposed: Promise<void> | undefined;

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, pid: number) {
    this.#child = child;
    this.#pid = pid;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (status, signal) =>
        resolve(signal === null ? `exit status ${status}` : `signal ${signal}`),
      );
    });
    this.#stderrClosed = new Promise((resolve) => child.stderr.once('close', resolve));
    child.stderr.on('data', (bytes: Buffer) => {
      this.#stderr = Buffer.from(Buffer.concat([this.#stderr, bytes]).subarray(-STDERR_LIMIT));
    });
    // What goes wrong with a pipe shows in the other one, and in how the program ends.
    for (const stream of [child, child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  }

  /**
   * @param program is looked for in `PATH`
   * @throws the system's error if it cannot be started
   */
  static async start(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<Program> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env });
    if (child.pid === undefined) {
      const [error] = await once(child, 'error');
      throw error;
    }
    return new Program(child, child.pid);
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  get stderr(): Readable {
    return this.#child.stderr;
  }

  /** What it last wrote to its standard error: 64 KiB of it at most. */
  get said(): string {
    return this.#stderr.toString().trim();
  }

  /** Forgets what it has said so far. */
  forgetSaid(): void {
    this.#stderr = Buffer.alloc(0);
  }

  /**
   * For when its output has ended, or it takes no more input: how it ended, and what it last wrote to its standard
   * error, in words; waits a moment for both.
   */
  async ending(): Promise<string> {
    const patience = new AbortController();
    const late = sleep(TERMINATION_DELAY, undefined, patience).catch(() => undefined);
    const how = await Promise.race([this.#exited, late]);
    if (how !== undefined) await Promise.race([this.#stderrClosed, late]);
    patience.abort();
    const ended = how === undefined ? 'the conversation' : `with ${how}`;
    return `the program ended ${ended}${this.said && `: ${this.said}`}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    if (await this.#groupEnds(POLITE_DELAY)) return;
    this.#signalGroup('SIGTERM');
    if (await this.#groupEnds(TERMINATION_DELAY)) return;
    this.#signalGroup('SIGKILL');
    await this.#exited;
  }

  async #groupEnds(milliseconds: number): Promise<boolean> {
    for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(LOOK_DELAY)) {
      if (!this.#signalGroup(0)) return true;
    }
    return false;
  }

  /** False if nobody is left in the group: until then the kernel gives its number to nobody else. */
  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.#pid, signal);
    } catch {
      return false;
    }
  }
}
