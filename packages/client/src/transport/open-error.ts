import { GuestError, isGuestError } from '../guest-error.js';

/** What is wrong and what to check, by the code of a system error. */
export type Advice = Readonly<Record<string, string>>;

/** Returns the code of a system error, such as `ECONNREFUSED`; empty for any other value. */
export function systemErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Runs `open`, and converts its errors to `closed` with advice; throws the signal's reason if that has fired. */
export async function openWith<T>(
  target: string,
  advice: Advice,
  signal: AbortSignal | undefined,
  open: () => Promise<T> | T,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await open();
  } catch (cause) {
    signal?.throwIfAborted();
    if (isGuestError(cause)) throw cause;
    const code = systemErrorCode(cause);
    const reason = advice[code] ?? (cause instanceof Error && cause.message !== '' ? cause.message : code);
    throw new GuestError('closed', `cannot open ${target}: ${reason}`, { cause });
  }
}
