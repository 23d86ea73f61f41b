import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EAGAIN, ENOMEM, EPIPE, errnoOf, errnoText, strerror } from '@guestwire/posix';
import { OperationError } from '../operation-error.js';
import { startTimer } from '../timer.js';
import { leaveToBackground } from './background-output.js';
import { OutputCapture } from './output-capture.js';
import { InputFeed, Pipes } from './pipes.js';

/** How long a killed program may take to end: the kernel may block it on a disk that does not answer. */
const KILL_TIMEOUT_MS = 2_000;

const OUTPUT_LIMIT_BYTES = 64 * 1024;

/** Environment variables of a program, which is found through `PATH`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const HELPER_TIMEOUT_S = 60;

export interface HelperOptions {
  readonly env: Environment;
  /** Seconds after which a helper program is killed. */
  readonly helperTimeout: number;
}

export interface Program {
  /** Its name in error texts, and its own `argv[0]`. Without a slash it is found through `PATH`. */
  readonly name: string;
  readonly args: readonly string[];
  /** The file to execute instead of `name`; for tests. */
  readonly file?: string;
  readonly env: Environment;
  /** Milliseconds after which it is killed, with all processes that it has started. */
  readonly limit: number;
  /** Its working directory; that of this process if absent. */
  readonly cwd?: string;
  /** Permission bits that its files never get, besides those that the umask of this process removes. */
  readonly umask?: number;
  readonly cancel?: Cancel;
}

/** A program is no longer wanted. */
export interface Cancel {
  readonly signal: AbortSignal;
  /** Milliseconds that the program then has to end by itself before it is killed. */
  readonly grace: number;
}

/** A program whose output is the reason of its failure. */
export interface Helper extends Omit<Program, 'env' | 'limit'> {
  /** What it does, in the error text `child process has failed to ACTION`. */
  readonly action: string;
  /** Its standard input; an empty file if absent. */
  readonly input?: string | Buffer;
}

/** A helper was killed, since it did not end in time. */
export class OverdueError extends OperationError {
  constructor(action: string, output: string) {
    super(`child process has failed to ${action}: it did not end in time${output && `: ${output}`}`);
  }
}

/** A program cannot be executed: the text that qemu-ga's child process prints then. */
export function executionError(action: string, name: string, cause: unknown): OperationError {
  const problem = `failed to exec '${name}': ${errnoText(cause)}\n`;
  return new OperationError(`child process has failed to ${action}: ${problem}`, { cause });
}

/**
 * Runs a helper program by the rules of qemu-ga §5.4, but waits for the helper only: its background processes may keep
 * the output open. A helper that does not end in time is killed.
 * @throws {OverdueError} if it was killed
 * @throws {OperationError} unless it ends with status 0
 */
export async function runHelper(helper: Helper, { env, helperTimeout }: HelperOptions): Promise<void> {
  const { action, input, name } = helper;
  const program = { ...helper, env, limit: helperTimeout * 1000 };
  using pipes = new Pipes();
  const [from, to] = openPipe(pipes);
  const [stdin, toStdin] = input === undefined ? (['ignore', undefined] as const) : openPipe(pipes);
  const output = new OutputCapture(pipes.take(from), { limit: OUTPUT_LIMIT_BYTES });
  // Written before the program starts: input that fits into the pipe need not be read.
  using feed = toStdin === undefined ? undefined : new InputFeed(pipes.take(toStdin), input ?? '');
  try {
    const child = start(program, [stdin, to, to]);
    // Only the program may hold its ends.
    pipes[Symbol.dispose]();
    const end = await waitForEnd(child, program);
    output.drain();
    // In C a text ends at its first NUL.
    const text = output.data.toString().replace(/\0.*$/s, '');
    if (end.overdue) throw new OverdueError(action, text);
    if (end.signal !== null) {
      throw new OperationError(`child process has terminated abnormally${text && `: ${text}`}`);
    }
    const failure = `child process has failed to ${action}: ${text || `exit status ${end.status}`}`;
    if (end.status !== 0) throw new OperationError(failure);
    // Only for a helper that succeeded: one that failed gives its own reason.
    const errno = feed === undefined ? undefined : unwrittenErrno(feed);
    if (errno !== undefined) {
      throw new OperationError(`${action}: cannot write to stdin pipe: ${strerror(errno)}`);
    }
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const errno = errnoOf(cause);
    if (errno === EAGAIN || errno === ENOMEM) {
      throw new OperationError(`failed to create child process: ${strerror(errno)}`, { cause });
    }
    throw executionError(action, name, cause);
  } finally {
    leaveToBackground(output);
  }
}

/** Returns why input was not written. Processes that still hold the pipe do not read it in time. */
function unwrittenErrno({ error, pendingBytes }: InputFeed): number | undefined {
  if (error !== null) return errnoOf(error) ?? EPIPE;
  return pendingBytes === 0 ? undefined : EPIPE;
}

/**
 * Runs a program without output.
 * @returns its exit status; undefined if it does not exist, was killed or could not be run
 */
export async function runQuietly(program: Program): Promise<number | undefined> {
  try {
    const { status } = await waitForEnd(start(program, ['ignore', 'ignore', 'ignore']), program);
    return status ?? undefined;
  } catch {
    return undefined;
  }
}

function start(program: Program, stdio: SpawnOptions['stdio']): ChildProcess {
  const { name, file = name, args, env, cwd, umask } = program;
  const spawnNow = (): ChildProcess => spawn(file, args, { argv0: name, detached: true, env, cwd, stdio });
  return umask === undefined ? spawnNow() : withUmask(umask, spawnNow);
}

/** Runs `work`, which must be synchronous, with these bits in the umask, which belongs to the whole process. */
function withUmask<T>(bits: number, work: () => T): T {
  const own = process.umask(bits);
  try {
    process.umask(own | bits);
    return work();
  } finally {
    process.umask(own);
  }
}

/** `overdue` if it was killed for taking too long. */
type End = { readonly status: number | null; readonly signal: string | null; readonly overdue: boolean };

/** Resolves when the program has ended, or was killed and does not end; rejects if it could not be started. */
function waitForEnd(child: ChildProcess, { limit, cancel }: Program): Promise<End> {
  return new Promise((resolve, reject) => {
    let overdue = false;
    const kill = (): void => {
      overdue = true;
      killSession(child);
      timer = startTimer(KILL_TIMEOUT_MS, () =>
        finish(() => resolve({ status: null, signal: null, overdue })),
      );
    };
    const hurry = (): void => {
      if (overdue) return;
      clearTimeout(timer);
      timer = startTimer(cancel?.grace ?? 0, kill);
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      cancel?.signal.removeEventListener('abort', hurry);
      settle();
    };
    let timer = startTimer(limit, kill);
    if (cancel?.signal.aborted) hurry();
    cancel?.signal.addEventListener('abort', hurry);
    child.once('error', (error) => finish(() => reject(error)));
    child.once('exit', (status, signal) => finish(() => resolve({ status, signal, overdue })));
  });
}

/** Kills a program together with the processes that it has started. */
function killSession(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function openPipe(pipes: Pipes): readonly [from: number, to: number] {
  try {
    return pipes.open();
  } catch (cause) {
    throw new OperationError('cannot create pipe FDs', { cause });
  }
}
