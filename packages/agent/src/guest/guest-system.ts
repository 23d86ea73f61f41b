import type { HelperOptions } from '../exec/helper.js';
import type { Logger } from '../log/logger.js';

/** The guest that commands read and change; `env` is also the environment of programs that hosts start. */
export interface GuestSystem extends HelperOptions {
  /** The folder that contains the guest's files: an absolute path without a slash at its end; `''` for the real root. */
  readonly root: string;
  readonly log: Logger;
}
