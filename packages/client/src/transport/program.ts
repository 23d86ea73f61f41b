import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const STDERR_LIMIT_BYTES = 64 * 1024;

/** How long a program may take to exit after the end of its input, and again after `SIGTERM`. */
const EXIT_TIMEOUT_MS = 100;
const TERMINATION_TIMEOUT_MS = 1000;
const POLL_INTERVAL_MS = 10;

/**
 * A child process with pipes. It leads its own session and process group, so that a Ctrl-C at the terminal does not cut
 * the connection to a guest that is still to be thawed; so neither it nor its children can prompt at the terminal.
 *
 * Disposing it closes its input, then kills what is left of its group.
 */
export class Program implements AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #pid: number;
  readonly #exited: Promise<string>;
  readonly #stderrClosed: Promise<unknown>;
  #stderr = Buffer.alloc(0);
  #disposed: Promise<void> | undefined;

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, pid: number) {
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#pid = pid;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (status, signal) =>
        resolve(signal === null ? `exited with status ${status}` : `was killed by ${signal}`),
      );
    });
    this.#stderrClosed = new Promise((resolve) => child.stderr.once('close', resolve));
    child.stderr.on('data', (bytes: Buffer) => {
      this.#stderr = Buffer.from(Buffer.concat([this.#stderr, bytes]).subarray(-STDERR_LIMIT_BYTES));
    });
    // An error of one pipe also shows in the other one and in the exit status.
    for (const stream of [child, child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  }

  /** Starts a program, found in `PATH`; throws the system's error if it cannot be started. */
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

  /** The last 64 KiB of its standard error. */
  get stderrText(): string {
    return this.#stderr.toString().trim();
  }

  clearStderr(): void {
    this.#stderr = Buffer.alloc(0);
  }

  /** Describes how it exited, and its last errors, once its output has ended; waits up to a second for both. */
  async describeExit(): Promise<string> {
    const timer = new AbortController();
    const timeout = sleep(TERMINATION_TIMEOUT_MS, undefined, timer).catch(() => undefined);
    const status = await Promise.race([this.#exited, timeout]);
    if (status !== undefined) await Promise.race([this.#stderrClosed, timeout]);
    timer.abort();
    return `the program ${status ?? 'closed its output'}${this.stderrText && `: ${this.stderrText}`}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#terminate();
    return this.#disposed;
  }

  async #terminate(): Promise<void> {
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
    if (await this.#groupExits(EXIT_TIMEOUT_MS)) return;
    this.#signalGroup('SIGTERM');
    if (await this.#groupExits(TERMINATION_TIMEOUT_MS)) return;
    this.#signalGroup('SIGKILL');
    await this.#exited;
  }

  async #groupExits(timeout: number): Promise<boolean> {
    for (const end = performance.now() + timeout; performance.now() < end; await sleep(POLL_INTERVAL_MS)) {
      if (!this.#signalGroup(0)) return true;
    }
    return false;
  }

  /** Returns false if the group is empty. Until then the kernel does not reuse its number. */
  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.#pid, signal);
    } catch {
      return false;
    }
  }
}
