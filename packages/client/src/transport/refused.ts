import { GuestError } from '../guest-error.js';
import { codeOf } from './error-code.js';

/** What to look at, by the system's name for what went wrong. */
export type Advice = Readonly<Record<string, string>>;

/** A way to a guest that could not be opened: the error that says so, and what to look at. */
export function refused(target: string, cause: unknown, advice: Advice): GuestError {
  const code = codeOf(cause);
  const reason = advice[code] ?? (cause instanceof Error && cause.message !== '' ? cause.message : code);
  return new GuestError('closed', `${target}: ${reason}`, { cause });
}
