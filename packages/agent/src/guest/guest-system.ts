import type { Environment } from '../exec/helper.js';

/** The guest that commands read and change. */
export interface GuestSystem {
  /** The folder that contains the guest's files: an absolute path without a slash at its end; `''` for the real root. */
  readonly root: string;
  /** The environment of helper programs and of programs that hosts start. */
  readonly env: Environment;
}
