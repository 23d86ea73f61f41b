import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { EAGAIN, ENOMEM, EPIPE, errnoOf, errnoText, strerror } from '@guestwire/posix';
import { OperationError } from '../operation-error.js';
import { startTimer } from '../timer.js';
import { Pipes } from './pipes.js';

/** How long is waited for the end of what has been killed: the kernel may hold it fast in a disk that does not answer. */
const GRACE_MS = 2_000;

/** Of what a helper says so much is kept; the rest is read and dropped. */
const OUTPUT_LIMIT = 64 * 1024;

/** Environment variables of a program. It is found through `PATH`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Default of {@link HelperOptions.helperTimeout}. */
export const HELPER_TIMEOUT_S = 60;

/** What all helper programs have in common. */
export interface HelperOptions {
  readonly env: Environment;
  /** Seconds after which a helper program is killed. */
  readonly helperTimeout: number;
}

/** A program to run, and what it may see. */
export interface Program {
  /** What stands in error texts, and what the program sees as its own name. Without a slash, `PATH` says where it is. */
  readonly name: string;
  readonly args: readonly string[];
  /** The file to execute if it is not `name`: tests put another in its place. */
  readonly file?: string;
  readonly env: Environment;
  /** Milliseconds after which it is killed, with all it has started. */
  readonly limit: number;
}

/** A program whose output tells the host what went wrong. */
export interface Helper extends Pick<Program, 'name' | 'args' | 'file'> {
  /** What it is to do, as the reference's texts go on after `child process has failed to`. */
  readonly action: string;
  /** What it reads; an empty file if absent. */
  readonly input?: string | Buffer;
}

/** A helper had to be killed, since it did not end in time. */
export class OverdueError extends OperationError {
  constructor(action: string) {
    super(`child process has failed to ${action}: it did not end in time`);
  }
}

/**
 * Runs a helper program by the rules of qemu-ga §5.4, but never waits for more than the helper itself: what it leaves
 * behind in the background may hold on to its output, and what does not end in the operator's time is killed.
 *
 * @throws {OperationError} unless it ends with status 0
 */
export async function runHelper(helper: Helper, { env, helperTimeout }: HelperOptions): Promise<void> {
  const { action, input, name } = helper;
  const program = { ...helper, env, limit: helperTimeout * 1000 };
  using pipes = new Pipes();
  const [from, to] = openPipe(pipes);
  const [given, giving] = input === undefined ? (['ignore', undefined] as const) : openPipe(pipes);
  using output = new Output(pipes.take(from));
  // Before there is anybody who could close his side: what fits into the pipe need not be read.
  using writing = giving === undefined ? undefined : new Input(pipes.take(giving), input ?? '');
  try {
    const child = start(program, [given, to, to]);
    // Only the program is to have its ends.
    pipes[Symbol.dispose]();
    const end = await ended(child, program);
    const text = output.finish();
    if (end.overdue) throw new OverdueError(action);
    if (end.signal !== null) {
      throw new OperationError(`child process has terminated abnormally${text === '' ? '' : `: ${text}`}`);
    }
    if (end.status !== 0) {
      throw new OperationError(
        `child process has failed to ${action}: ${text === '' ? `exit status ${end.status}` : text}`,
      );
    }
    // One that failed says why in its own words, whether it has read or not.
    const unwritten = writing?.unwritten;
    if (unwritten !== undefined) {
      throw new OperationError(`${action}: cannot write to stdin pipe: ${strerror(unwritten)}`);
    }
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const errno = errnoOf(cause);
    if (errno === EAGAIN || errno === ENOMEM) {
      throw new OperationError(`failed to create child process: ${strerror(errno)}`, { cause });
    }
    // What the child would print if it could not become the program.
    throw new OperationError(
      `child process has failed to ${action}: failed to exec '${name}': ${errnoText(cause)}\n`,
      { cause },
    );
  }
}

/**
 * Runs a program that says nothing.
 *
 * @returns its exit status; undefined if there is no such program, or if it was killed or could not be run
 */
export async function runQuietly(program: Program): Promise<number | undefined> {
  try {
    const { status } = await ended(start(program, ['ignore', 'ignore', 'ignore']), program);
    return status ?? undefined;
  } catch {
    return undefined;
  }
}

/** Starts a program in a session of its own. */
function start(program: Program, stdio: SpawnOptions['stdio']): ChildProcess {
  return spawn(program.file ?? program.name, program.args, {
    argv0: program.name,
    detached: true,
    env: program.env,
    stdio,
  });
}

/** How a program ended. */
interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was killed for having taken too long. */
  readonly overdue: boolean;
}

/**
 * Settles when the program itself has ended and has been waited for, or has been killed and does not end for that;
 * rejects if it could not be started.
 */
function ended(child: ChildProcess, { limit }: Program): Promise<End> {
  return new Promise((resolve, reject) => {
    let overdue = false;
    let timer = startTimer(limit, () => {
      overdue = true;
      killSession(child);
      timer = startTimer(GRACE_MS, () => {
        resolve({ status: null, signal: null, overdue });
      });
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('exit', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, overdue });
    });
  });
}

/** Ends a program together with what it has started. */
function killSession(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

function openPipe(pipes: Pipes): readonly [from: number, to: number] {
  try {
    return pipes.open();
  } catch (cause) {
    throw new OperationError('cannot create pipe FDs', { cause });
  }
}

/** What goes into a pipe as long as somebody reads it, and then its end. */
class Input implements Disposable {
  readonly #socket: Socket;

  constructor(fd: number, text: string | Buffer) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.end(text);
  }

  /** Why not all is in the pipe, or has been; undefined if it is. Who still has the pipe does not read it in time. */
  get unwritten(): number | undefined {
    const { errored, writableLength } = this.#socket;
    if (errored !== null) return errnoOf(errored) ?? EPIPE;
    return writableLength === 0 ? undefined : EPIPE;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** What comes out of a pipe until the one who fills it has ended. */
class Output implements Disposable {
  readonly #fd: number;
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('data', (chunk: Buffer) => this.#keep(chunk));
    this.#socket.on('error', () => {});
  }

  /** Takes what is still in the pipe, without waiting for its end, and gives all as text. */
  finish(): string {
    this.#socket.pause();
    for (let rest = this.#socket.read(); rest !== null; rest = this.#socket.read()) this.#keep(rest);
    const chunk = Buffer.allocUnsafe(OUTPUT_LIMIT);
    try {
      // The socket has made the descriptor non-blocking.
      for (let got = -1; got !== 0 && !this.#socket.destroyed; ) {
        got = readSync(this.#fd, chunk);
        this.#keep(Buffer.from(chunk.subarray(0, got)));
      }
    } catch (error) {
      if (errnoOf(error) !== EAGAIN) throw error;
    }
    // For C a text ends at its first NUL.
    return Buffer.concat(this.#chunks).toString().replace(/\0.*$/s, '');
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #keep(chunk: Buffer): void {
    const kept = chunk.subarray(0, OUTPUT_LIMIT - this.#length);
    this.#chunks.push(kept);
    this.#length += kept.length;
  }
}
