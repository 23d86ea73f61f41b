import { EAGAIN, ENOMEM, errnoOf, errnoText, strerror } from '@guestwire/posix';
import { Base64Data } from '@guestwire/protocol';
import type { GuestExecCaptureOutputMode, GuestExecStatus } from '@guestwire/protocol/contract';
import type { Int64 } from '@guestwire/schema';
import type { Logger } from '../log/logger.js';
import { OperationError } from '../operation-error.js';
import { Children, type Ending } from './children.js';
import { MemoryBudget, OutputCapture } from './output-capture.js';
import { InputFeed, Pipes } from './pipes.js';
import { type ProgramRequest, startProgram } from './program.js';

/** Bytes of output and input together, and processes that have ended: far above the needs of a host that polls. */
const LIMITS = { bytes: 256 * 1024 * 1024, finished: 10_000 };

/** Bytes that are kept of each output stream (qemu-ga §5.8). */
const CAPTURE_LIMIT_BYTES = 16 * 1024 * 1024;

export interface GuestProgram extends Omit<ProgramRequest, 'stdio'> {
  /** Its standard input; an empty file if absent. */
  readonly input?: Buffer | undefined;
  readonly capture: GuestExecCaptureOutputMode;
}

/** A process that a host has started, until its end has been reported. */
interface GuestProcess {
  readonly pid: number;
  /** Absent while it runs. */
  ending?: Ending;
  readonly out?: OutputCapture | undefined;
  readonly err?: OutputCapture | undefined;
}

/**
 * The processes that hosts have started (qemu-ga §5.8). Each is kept, with its captured output, until its end has been
 * reported. At the limits, processes that ended first are forgotten, and output of running ones is truncated.
 *
 * Disposing forgets all processes and closes their pipes. They continue to run, and are collected when they end.
 */
export class GuestProcesses implements Disposable {
  readonly #log: Logger;
  readonly #limits: typeof LIMITS;
  readonly #budget: MemoryBudget;
  readonly #children = new Children();
  readonly #processes = new Map<Int64, GuestProcess>();
  /** In the order in which they ended. */
  readonly #finished = new Set<GuestProcess>();
  readonly #feeds = new Set<InputFeed>();
  #disposed = false;

  constructor(log: Logger, limits = LIMITS) {
    this.#log = log;
    this.#limits = limits;
    this.#budget = new MemoryBudget(limits.bytes, () => this.#forgetOldest());
  }

  /**
   * Starts a program, and returns its process number once it runs.
   * @throws {OperationError} with the text of qemu-ga
   */
  async start(program: GuestProgram): Promise<number> {
    const { input, name } = program;
    const bytes = input?.length ?? 0;
    if (!this.#budget.acquire(bytes)) throw notExecuted(name, strerror(ENOMEM));
    try {
      return await this.#start(program);
    } catch (error) {
      this.#budget.release(bytes);
      throw startError(name, error);
    }
  }

  /** Returns the status of a process; undefined if it is unknown. A process that is reported as ended is forgotten. */
  report(pid: Int64): GuestExecStatus | undefined {
    const process = this.#processes.get(pid);
    if (process === undefined) return undefined;
    this.#children.poll(process.pid);
    const status = statusOf(process);
    if (status.exited) this.#forget(process);
    return status;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const { out, err } of this.#processes.values()) {
      out?.[Symbol.dispose]();
      err?.[Symbol.dispose]();
    }
    for (const feed of this.#feeds) feed[Symbol.dispose]();
    this.#processes.clear();
    this.#finished.clear();
  }

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
    // The pipe of an empty input is closed with the other ends that were not taken.
    if (input !== undefined && input.length > 0 && toChild !== null) {
      this.#feed(pid, pipes.take(toChild), input);
    }
    const onEnd = (): void => this.#settle(process);
    const captureFrom = (end: number | null): OutputCapture | undefined =>
      end === null
        ? undefined
        : new OutputCapture(pipes.take(end), { limit: CAPTURE_LIMIT_BYTES, budget: this.#budget, onEnd });
    const process: GuestProcess = { pid, out: captureFrom(fromOut), err: captureFrom(fromErr) };
    this.#remember(process);
    return pid;
  }

  #feed(pid: number, end: number, input: Buffer): void {
    const feed = new InputFeed(end, input, (error) => {
      this.#feeds.delete(feed);
      this.#budget.release(input.length);
      if (error !== null) this.#log.warning(`not all input was read by process ${pid}: ${error.message}`);
    });
    this.#feeds.add(feed);
  }

  #remember(process: GuestProcess): void {
    // The kernel reuses process numbers.
    const previous = this.#processes.get(process.pid);
    if (previous !== undefined) this.#forget(previous);
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
    this.#log.warning(`forgetting process ${oldest.pid}: no host has asked for its exit status`);
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

function startError(name: string, cause: unknown): OperationError {
  if (cause instanceof OperationError) return cause;
  const text = errnoText(cause);
  return errnoOf(cause) === EAGAIN
    ? new OperationError(`Failed to fork (${text})`, { cause })
    : notExecuted(name, text, cause);
}

function notExecuted(name: string, text: string, cause?: unknown): OperationError {
  return new OperationError(`Failed to execute child process \u201c${name}\u201d (${text})`, { cause });
}

/** Returns whether the process has ended and no other process holds its captured pipes. */
function isFinished({ ending, out, err }: GuestProcess): boolean {
  return ending !== undefined && out?.ended !== false && err?.ended !== false;
}

/** Returns the reply of `guest-exec-status` (qemu-ga §5.8). The bytes are those of the captures, not copies. */
function statusOf(process: GuestProcess): GuestExecStatus {
  if (!isFinished(process)) return { exited: false };
  const { ending, out, err } = process;
  const outData = dataOf(out);
  const errData = dataOf(err);
  return {
    exited: true,
    ...ending,
    ...(outData && { 'out-data': outData.data }),
    ...(errData && { 'err-data': errData.data }),
    ...(outData && { 'out-truncated': outData.truncated }),
    ...(errData && { 'err-truncated': errData.truncated }),
  };
}

function dataOf(capture: OutputCapture | undefined): { data: Base64Data; truncated: boolean } | undefined {
  if (capture === undefined || capture.data.length === 0) return undefined;
  return { data: Base64Data.fromBytes(capture.data), truncated: capture.truncated };
}
