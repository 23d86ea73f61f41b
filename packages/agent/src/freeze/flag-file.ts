import { constants } from 'node:fs';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { ENOENT, errnoOf, errnoText } from '@guestwire/posix';
import type { Logger } from '../log/logger.js';
import { within } from '../timer.js';
import { lockFile } from './file-lock.js';

/** Links are not followed: other users may be able to create them in the folder. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/** Without O_NONBLOCK, a FIFO at the path would block. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A freeze or thaw does not wait longer than this for the disk of the state folder. */
const WRITE_TIMEOUT_MS = 5_000;

/**
 * The file that shows the next agent that this one was killed while filesystems were frozen: empty, mode 0600
 * (qemu-ga §6, §8.3). Failures to write or remove it are warnings: the freeze must not depend on it.
 */
export class FlagFile implements Disposable {
  readonly #path: string;
  readonly #log: Logger;
  /** The file, open while it exists: its lock shows that an agent works with it. */
  #file: FileHandle | undefined;

  constructor(statedir: string, log: Logger) {
    this.#path = `${statedir}/qga.state.isfrozen`;
    this.#log = log;
  }

  /** Returns what distinguishes this file from later ones; undefined without a file, `unknown` if it cannot be checked. */
  async identity(): Promise<string | undefined> {
    try {
      const { ino, mtimeNs } = await stat(this.#path, { bigint: true });
      return `${ino}:${mtimeNs}`;
    } catch (error) {
      if (errnoOf(error) === ENOENT) return undefined;
      this.#log.critical(`unable to access state file at path ${this.#path}: ${errnoText(error)}`);
      return 'unknown';
    }
  }

  /** Opens the file that an agent before this one has left, if there is one, so that {@link lock} can lock it. */
  async reopen(): Promise<void> {
    this.#hold(await open(this.#path, READ_FLAGS).catch(() => undefined));
  }

  /** Locks the file, if it is open, and returns true if that succeeds: `RecordFile.lock`, if no record can be written. */
  lock(): boolean {
    return this.#file === undefined || lockFile(this.#file);
  }

  /** Lets another agent lock the file. */
  [Symbol.dispose](): void {
    this.#hold(undefined);
  }

  /** Logs that the agent starts frozen. */
  reportCrash(): void {
    this.#log.critical(
      `the last agent ended while filesystems were frozen: only a thaw is accepted until guest-fsfreeze-thaw ` +
        `has been called, and no log or pid file is opened before; if they are thawed already, remove ${this.#path}`,
    );
  }

  /** Creates the file, and returns its {@link identity}. */
  async write(): Promise<string | undefined> {
    try {
      const identity = await within(WRITE_TIMEOUT_MS, this.#create());
      if (identity !== undefined) return identity;
    } catch {
      // The warning follows.
    }
    this.#log.warning(`unable to create ${this.#path}, fsfreeze may not function properly`);
    return undefined;
  }

  async remove(): Promise<void> {
    this.#hold(undefined);
    try {
      const done = unlink(this.#path).then(() => true);
      if (await within(WRITE_TIMEOUT_MS, done)) return;
    } catch {
      // The warning follows.
    }
    this.#log.warning(`unable to delete ${this.#path}, fsfreeze may not function properly`);
  }

  async #create(): Promise<string | undefined> {
    const file = await open(this.#path, FLAGS, 0o600);
    this.#hold(file);
    this.lock();
    return this.identity();
  }

  #hold(file: FileHandle | undefined): void {
    void this.#file?.close().catch(() => {});
    this.#file = file;
  }
}
