import { constants } from 'node:fs';
import { open, stat, unlink } from 'node:fs/promises';
import { ENOENT, errnoOf, errnoText } from '@guestwire/posix';
import type { Logger } from '../log/logger.js';

/** Links are not followed: other users may be able to create them in the folder. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * The file that shows the next agent that this one was killed while filesystems were frozen: empty, mode 0600
 * (qemu-ga §6, §8.3). Failures to write or remove it are warnings: the freeze must not depend on it.
 */
export class FlagFile {
  readonly #path: string;
  readonly #log: Logger;

  constructor(statedir: string, log: Logger) {
    this.#path = `${statedir}/qga.state.isfrozen`;
    this.#log = log;
  }

  /** Returns true if the last agent was killed while frozen, or if that cannot be determined. */
  async present(): Promise<boolean> {
    try {
      await stat(this.#path);
    } catch (error) {
      if (errnoOf(error) === ENOENT) return false;
      this.#log.critical(`unable to access state file at path ${this.#path}: ${errnoText(error)}`);
      return true;
    }
    this.#log.critical(
      `the last agent ended while filesystems were frozen: only a thaw is accepted until guest-fsfreeze-thaw ` +
        `has been called, and no log or pid file is opened before; if they are thawed already, remove ${this.#path}`,
    );
    return true;
  }

  async write(): Promise<void> {
    try {
      const file = await open(this.#path, FLAGS, 0o600);
      await file.close();
    } catch {
      this.#log.warning(`unable to create ${this.#path}, fsfreeze may not function properly`);
    }
  }

  async remove(): Promise<void> {
    try {
      await unlink(this.#path);
    } catch {
      this.#log.warning(`unable to delete ${this.#path}, fsfreeze may not function properly`);
    }
  }
}
