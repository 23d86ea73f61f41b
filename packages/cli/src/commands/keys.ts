import { readFile } from 'node:fs/promises';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { forEachGuest, type GuestContext, guestCommand, textAnswer } from '../for-each-guest.js';
import { printable } from '../output/escape.js';
import { count } from '../output/format.js';
import type { GuestFlags } from '../parameters.js';

/** Reads the keys of an authorized_keys file without its comments; `-` is standard input. */
async function readKeys({ input }: CliContext, file: string): Promise<string[]> {
  let text: string;
  try {
    text = file === '-' ? await input.text() : await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new UsageError(`no keys in ${file === '-' ? 'standard input' : file}`);
  return keys;
}

/** `guestctl keys list USER`: lists the authorized SSH keys of a user. */
export const list = guestCommand(async ({ guest, options }, _: GuestFlags, username: string) => {
  const { keys } = await guest.call('guest-ssh-get-authorized-keys', { username }, options);
  return textAnswer({ keys }, keys.map(printable).join('\n'));
});

type Change = (context: GuestContext, username: string, keys: readonly string[]) => Promise<string>;

/** Makes a command that reads keys and passes them to `change`, which returns the text of the answer. */
function keysCommand(change: Change) {
  return async function (this: CliContext, flags: GuestFlags, username: string, file = '-'): Promise<void> {
    const keys = await readKeys(this, file);
    await forEachGuest(this, flags, async (guestContext) =>
      textAnswer({ username, keys: keys.length }, await change(guestContext, username, keys)),
    );
  };
}

/** `guestctl keys add USER FILE`: adds the keys in a file. */
export const add = keysCommand(async ({ guest, options }, username, keys) => {
  await guest.call('guest-ssh-add-authorized-keys', { username, keys, reset: false }, options);
  return `added ${count(keys.length, 'key')} of ${username}, except those already present`;
});

/** `guestctl keys replace USER FILE`: replaces all keys with those in a file. */
export const replace = keysCommand(async ({ guest, options }, username, keys) => {
  await guest.call('guest-ssh-add-authorized-keys', { username, keys, reset: true }, options);
  return `replaced the keys of ${username} with ${count(keys.length, 'key')}`;
});

/** `guestctl keys remove USER FILE`: removes the keys in a file. */
export const remove = keysCommand(async ({ guest, options }, username, keys) => {
  await guest.call('guest-ssh-remove-authorized-keys', { username, keys }, options);
  return `removed ${count(keys.length, 'key')} of ${username}`;
});
