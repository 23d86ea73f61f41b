import { isGuestError } from '@guestwire/client/errors';

/** What a command returns; `undefined` if the guest's agent does not have it, or may not carry it out. */
export async function ifKnown<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGuestError(error, 'unsupported') || isGuestError(error, 'disabled')) return undefined;
    throw error;
  }
}
