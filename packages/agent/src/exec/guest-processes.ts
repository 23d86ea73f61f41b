import { EAGAIN, ENOMEM, errnoOf, errnoText, strerror } from '@guestwire/posix';
import type { GuestExecCaptureOutputMode, GuestExecStatus } from '@guestwire/protocol/contract';
import type { Int64 } from '@guestwire/schema';
import type { Logger } from '../log/logger.js';
import { OperationError } from '../operation-error.js';
import { Capture } from './capture.js';
import { Children } from './children.js';
import { type Feed, feed } from './feed.js';
import { type GuestProcess, isFinished, statusOf } from './guest-process.js';
import { MemoryBudget } from './memory-budget.js';
import { Pipes } from './pipes.js';
import { type ProgramRequest, startProgram } from './program.js';

/** What may be kept for hosts: bytes of output and of input together, and processes that have ended. */
export interface ProcessLimits {
  readonly bytes: number;
  readonly finished: number;
}

/** No host that asks for what it has started comes near: 256 MiB, and 10,000 processes. */
const LIMITS: ProcessLimits = { bytes: 256 * 1024 * 1024, finished: 10_000 };

/** A program that a host wants to be started. */
export interface GuestProgram extends Omit<ProgramRequest, 'stdio'> {
  /** What it can read; an empty file if absent. */
  readonly input?: Buffer | undefined;
  readonly capture: GuestExecCaptureOutputMode;
}

/**
 * The processes that hosts have started (qemu-ga §5.8). Each is remembered until it is reported as ended, with what
 * was captured of its output. Where the limits are reached, those that ended first are forgotten; what is still
 * running is then captured in part, and has `truncated` set.
 *
 * Disposing forgets all of them and closes their pipes. The processes live on; they are still collected when they end.
 */
export class GuestProcesses implements Disposable {
  readonly #log: Logger;
  readonly #limits: ProcessLimits;
  readonly #budget: MemoryBudget;
  readonly #children = new Children();
  readonly #processes = new Map<Int64, GuestProcess>();
  /** Those that have ended, in this order. */
  readonly #finished = new Set<GuestProcess>();
  readonly #feeds = new Set<Feed>();
  #disposed = false;

  constructor(log: Logger, limits: ProcessLimits = LIMITS) {
    this.#log = log;
    this.#limits = limits;
    this.#budget = new MemoryBudget(limits.bytes, () => this.#forgetOldest());
  }

  /**
   * Starts a program, and gives the number of its process once it runs.
   *
   * @throws {OperationError} in the words of the reference, if that cannot be
   */
  async start(program: GuestProgram): Promise<number> {
    const { input, name } = program;
    const bytes = input?.length ?? 0;
    if (!this.#budget.take(bytes)) throw notExecuted(name, strerror(ENOMEM));
    try {
      return await this.#start(program);
    } catch (error) {
      this.#budget.give(bytes);
      throw inWords(name, error);
    }
  }

  /** What became of a process; undefined if it is not known. One that is reported as ended is forgotten. */
  report(pid: Int64): GuestExecStatus | undefined {
    const process = this.#processes.get(pid);
    if (process === undefined) return undefined;
    this.#children.look(process.pid);
    const status = statusOf(process);
    if (status.exited) this.#forget(process);
    return status;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const { out, err } of this.#processes.values()) {
      out?.close();
      err?.close();
    }
    for (const feed of this.#feeds) feed.close();
    this.#processes.clear();
    this.#finished.clear();
  }

  /** Once the program runs nothing can fail any more. */
  async #start(program: GuestProgram): Promise<number> {
    const { input, capture } = program;
    using pipes = new Pipes();
    const [stdin, toChild] = input === undefined ? NO_PIPE : pipes.open();
    const [fromOut, stdout] = capture === 'none' || capture === 'stderr' ? NO_PIPE : pipes.open();
    const [fromErr, ownErr] = capture === 'stderr' || capture === 'separated' ? pipes.open() : NO_PIPE;
    const stderr = capture === 'merged' ? stdout : ownErr;
    const pid = await startProgram({ ...program, stdio: [stdin, stdout, stderr] });
    if (this.#disposed) {
      this.#children.watch(pid, () => {});
      return pid;
    }
    // An empty input ends with the pipe, which is closed with what else is left.
    if (input !== undefined && input.length > 0 && toChild !== null) {
      this.#feed(pid, pipes.take(toChild), input);
    }
    const captured = (end: number | null): Capture | undefined =>
      end === null ? undefined : new Capture(pipes.take(end), this.#budget, () => this.#settle(process));
    const process: GuestProcess = { pid, out: captured(fromOut), err: captured(fromErr) };
    this.#remember(process);
    return pid;
  }

  #feed(pid: number, end: number, input: Buffer): void {
    const own = feed(end, input, (error) => {
      this.#feeds.delete(own);
      this.#budget.give(input.length);
      if (error !== undefined)
        this.#log.warning(`not all input was read by process ${pid}: ${error.message}`);
    });
    this.#feeds.add(own);
  }

  #remember(process: GuestProcess): void {
    // The kernel gives a number anew when it has run out of others: who asks now means the new process.
    const namesake = this.#processes.get(process.pid);
    if (namesake !== undefined) this.#forget(namesake);
    this.#processes.set(process.pid, process);
    this.#children.watch(process.pid, (ending) => {
      process.ending = ending;
      this.#settle(process);
    });
  }

  #settle(process: GuestProcess): void {
    if (!isFinished(process) || this.#processes.get(process.pid) !== process) return;
    this.#finished.add(process);
    if (this.#finished.size > this.#limits.finished) this.#forgetOldest();
  }

  #forgetOldest(): boolean {
    const [oldest] = this.#finished;
    if (oldest === undefined) return false;
    this.#log.warning(`nobody has asked what became of process ${oldest.pid}: it is forgotten`);
    this.#forget(oldest);
    return true;
  }

  #forget(process: GuestProcess): void {
    this.#processes.delete(process.pid);
    this.#finished.delete(process);
    process.out?.forget();
    process.err?.forget();
  }
}

const NO_PIPE = [null, null] as const;

/** What the reference says when it cannot start a program. */
function inWords(name: string, cause: unknown): OperationError {
  if (cause instanceof OperationError) return cause;
  const text = errnoText(cause);
  return errnoOf(cause) === EAGAIN
    ? new OperationError(`Failed to fork (${text})`, { cause })
    : notExecuted(name, text, cause);
}

function notExecuted(name: string, text: string, cause?: unknown): OperationError {
  return new OperationError(`Failed to execute child process \u201c${name}\u201d (${text})`, { cause });
}
