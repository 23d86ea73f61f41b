import { Base64Data } from '@guestwire/protocol';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { forEachGuest, textAnswer } from '../for-each-guest.js';
import type { GuestFlags } from '../parameters.js';

interface PasswdFlags extends GuestFlags {
  readonly crypted: boolean;
}

/** The password is never an argument, which all users of the host could read. */
async function readPassword({ input, interrupts }: CliContext, user: string): Promise<string> {
  if (!input.isTTY) return (await input.text()).replace(/\r?\n$/, '');
  const password = await input.secret(`New password of ${user}: `, interrupts.signal);
  if (password !== (await input.secret('Again: ', interrupts.signal))) {
    throw new UsageError('the passwords do not match; nothing was changed');
  }
  return password;
}

/** `guestctl passwd USER`: sets a user's password. */
export default async function passwd(this: CliContext, flags: PasswdFlags, username: string): Promise<void> {
  const password = await readPassword(this, username);
  if (password === '') throw new UsageError('the password is empty; nothing was changed');
  if (password.includes('\n')) {
    throw new UsageError('the password has more than one line; nothing was changed');
  }
  await forEachGuest(this, flags, async ({ guest, options }) => {
    await guest.call(
      'guest-set-user-password',
      { username, password: Base64Data.fromBytes(Buffer.from(password)), crypted: flags.crypted },
      options,
    );
    return textAnswer({ username }, `password of ${username} set`);
  });
}
