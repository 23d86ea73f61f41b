import { readFile, stat } from 'node:fs/promises';
import { EACCES, ENOENT, errnoOf, errnoText } from '@guestwire/posix';
import type { Int64 } from '@guestwire/schema';
import { AgentError } from '../agent-error.js';
import { parseKeyFile } from '../key-file.js';
import type { Logger } from '../log/logger.js';
import { OperationError } from '../operation-error.js';
import { removeReplacements, replaceFile } from '../replace-file.js';

/** Default state folder (qemu-ga §8.2). */
export const STATE_DIRECTORY = '/var/run';

const FIRST_HANDLE = 1000n;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const NOT_WRITABLE = 'the state folder must exist and be writable; --statedir names another';
const NOT_READABLE = 'run guestd as the user who owns it, usually root; --statedir names another folder';
const NOT_PARSED = 'repair the file, or remove it if no host holds a file handle of an earlier run';

/** Options of {@link HandleCounter.open}; if `frozen`, nothing may be written (qemu-ga §6). */
export interface HandleCounterOptions {
  readonly log: Logger;
  readonly statedir: string;
  readonly frozen: boolean;
}

/**
 * Numbers file handles. The next number is written to the state file before a handle is returned, so that no number is
 * used twice, not even after a restart (qemu-ga §5.7, §8.3).
 */
export class HandleCounter {
  readonly #path: string;
  readonly #log: Logger;
  #next: bigint;
  /** Never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(path: string, log: Logger, next: bigint) {
    this.#path = path;
    this.#log = log;
    this.#next = next;
  }

  /**
   * Reads the state file, or makes it if it is missing, unless frozen. A file that cannot be parsed is not changed.
   * @throws {AgentError} `state`, with the text of qemu-ga
   */
  static async open({ log, statedir, frozen }: HandleCounterOptions): Promise<HandleCounter> {
    const path = `${statedir}/qga.state`;
    const kept = await readCounter(path);
    if (!frozen) await removeReplacements(path);
    const counter = new HandleCounter(path, log, kept ?? FIRST_HANDLE);
    if (kept === undefined && !frozen) {
      const failure = await counter.#write();
      if (failure !== undefined) throw new AgentError('state', failure, { advice: NOT_WRITABLE });
    }
    return counter;
  }

  /**
   * Returns the next handle.
   * @throws {OperationError} if the state file cannot be written; the number is skipped then
   */
  async next(): Promise<Int64> {
    const handle = this.#next;
    if (handle >= INT64_MAX) throw new OperationError('no file handle is left');
    this.#next += 1n;
    // One after the other: an earlier number must not replace a later one.
    const write = this.#lastWrite.then(() => this.#write());
    this.#lastWrite = write;
    const failure = await write;
    if (failure !== undefined) {
      this.#log.critical(failure);
      throw new OperationError('failed to commit persistent state to disk');
    }
    const number = Number(handle);
    return Number.isSafeInteger(number) ? number : handle;
  }

  /** Replaces the state file. Returns the reason if that fails. */
  async #write(): Promise<string | undefined> {
    try {
      const file = await replaceFile(this.#path, `[global]\nfd_counter=${this.#next}\n`);
      await file.close();
      return undefined;
    } catch (error) {
      return `failed to write persistent state to ${this.#path}: ${errnoText(error)}`;
    }
  }
}

/** Returns the number in the state file; undefined if there is no file. */
async function readCounter(path: string): Promise<bigint | undefined> {
  try {
    await stat(path);
  } catch (error) {
    if (errnoOf(error) === ENOENT) return undefined;
    throw new AgentError('state', `unable to access state file at path ${path}: ${errnoText(error)}`, {
      advice: errnoOf(error) === EACCES ? NOT_READABLE : NOT_WRITABLE,
      cause: error,
    });
  }
  try {
    const group = parseKeyFile(await readFile(path, 'utf8')).get('global');
    return counterOf(group?.get('fd_counter')?.value);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : errnoText(cause);
    throw new AgentError('state', `error loading persistent state from path: ${path}, ${reason}`, {
      advice: errnoOf(cause) === EACCES ? NOT_READABLE : NOT_PARSED,
      cause,
    });
  }
}

/** A missing value means the first handle; a value that is no 64-bit number is 0, like in GLib. */
function counterOf(value: string | undefined): bigint {
  if (value === undefined) return FIRST_HANDLE;
  const digits = /^\s*([+-]?\d+)(?:\s|$)/.exec(value)?.[1];
  const number = digits === undefined ? 0n : BigInt(digits.replace('+', ''));
  return number >= INT64_MIN && number <= INT64_MAX ? number : 0n;
}
