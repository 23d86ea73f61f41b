import type { GuestCalls } from '../../calls.js';
import type { GuestFiles } from '../guest-files.js';
import type { CopyOptions } from './options.js';
import type { Progress } from './progress.js';

/** What all parts of one copy share. */
export interface Job {
  readonly guest: GuestCalls;
  readonly files: GuestFiles;
  /** Ends when the time of the copy is over, or its caller gives up. */
  readonly limits: { readonly signal: AbortSignal };
  readonly options: CopyOptions;
  readonly progress: Progress;
}

/** Whether the SHA-256 of each copy is compared. */
export function verifies({ options }: Job): boolean {
  return options.verify ?? true;
}
