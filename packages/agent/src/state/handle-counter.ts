import { randomBytes } from 'node:crypto';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { EACCES, ENOENT, errnoOf, errnoText } from '@guestwire/posix';
import type { Int64 } from '@guestwire/schema';
import { AgentError } from '../agent-error.js';
import { parseKeyFile } from '../key-file.js';
import type { Logger } from '../log/logger.js';
import { OperationError } from '../operation-error.js';

/** Default state folder (qemu-ga §8.2). */
export const STATE_DIRECTORY = '/var/run';

const FIRST_HANDLE = 1000n;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** What an operator can do about a state file. */
const NOT_WRITABLE = 'the state folder must exist and be writable; --statedir names another';
const NOT_READABLE = 'run guestd as the user who owns it, as a rule root; --statedir names another folder';
const NOT_UNDERSTOOD = 'repair the file, or remove it if no host holds a file handle of an earlier run';

/** What the counter needs to know when it is opened. */
export interface HandleCounterOptions {
  readonly log: Logger;
  /** The folder of `qga.state`. */
  readonly statedir: string;
  /** The agent begins in the frozen state: nothing may be written (qemu-ga §6). */
  readonly frozen: boolean;
}

/**
 * The numbers of file handles. The next one to give is kept in the state file and written there before a handle is
 * given, so that none is ever given twice, not even by the next agent (qemu-ga §5.7, §8.3).
 */
export class HandleCounter {
  readonly #path: string;
  readonly #log: Logger;
  #next: bigint;

  private constructor(path: string, log: Logger, next: bigint) {
    this.#path = path;
    this.#log = log;
    this.#next = next;
  }

  /**
   * Reads the state file; makes it if it is missing, unless frozen. A file that cannot be understood is left alone.
   *
   * @throws {AgentError} `state`, in the words of the reference
   */
  static async open({ log, statedir, frozen }: HandleCounterOptions): Promise<HandleCounter> {
    const path = `${statedir}/qga.state`;
    const kept = await readCounter(path);
    const counter = new HandleCounter(path, log, kept ?? FIRST_HANDLE);
    if (kept === undefined && !frozen) {
      const failure = await counter.#write();
      if (failure !== undefined) {
        throw new AgentError('state', failure, {
          advice: NOT_WRITABLE,
        });
      }
    }
    return counter;
  }

  /**
   * Gives the next handle.
   *
   * @throws {OperationError} if the state file cannot be written; the number is skipped then
   */
  async next(): Promise<Int64> {
    const handle = this.#next;
    if (handle >= INT64_MAX) throw new OperationError('no file handle is left to be given');
    this.#next += 1n;
    const failure = await this.#write();
    if (failure !== undefined) {
      this.#log.critical(failure);
      throw new OperationError('failed to commit persistent state to disk');
    }
    const number = Number(handle);
    return Number.isSafeInteger(number) ? number : handle;
  }

  /** Puts the state file in place of the old one, whole or not at all. If it is not at all, says why. */
  async #write(): Promise<string | undefined> {
    const temporary = `${this.#path}.${randomBytes(6).toString('hex')}`;
    try {
      // A new file: the folder may be one in which others can plant links.
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(`[global]\nfd_counter=${this.#next}\n`);
        // Without this a crash could leave an empty file, and numbers would be given again.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
      return undefined;
    } catch (error) {
      await unlink(temporary).catch(() => {});
      return `failed to write persistent state to ${this.#path}: ${errnoText(error)}`;
    }
  }
}

/** The number in the state file; undefined if there is no file. */
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
    return counterOf(group?.get('fd_counter'));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : errnoText(cause);
    throw new AgentError('state', `error loading persistent state from path: ${path}, ${reason}`, {
      advice: errnoOf(cause) === EACCES ? NOT_READABLE : NOT_UNDERSTOOD,
      cause,
    });
  }
}

/** A missing value counts from the start; one that is no number of 64 bits is 0, as GLib has it. */
function counterOf(value: string | undefined): bigint {
  if (value === undefined) return FIRST_HANDLE;
  const digits = /^\s*([+-]?\d+)(?:\s|$)/.exec(value)?.[1];
  const number = digits === undefined ? 0n : BigInt(digits.replace('+', ''));
  return number >= INT64_MIN && number <= INT64_MAX ? number : 0n;
}
