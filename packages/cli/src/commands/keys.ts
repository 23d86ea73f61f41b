import { readFile } from 'node:fs/promises';
import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { printable } from '../output/printable.js';
import { count } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** The keys in a file of keys, without its comments; `-` is standard input. */
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
  if (keys.length === 0) throw new UsageError(`${file === '-' ? 'standard input' : file} has no key in it`);
  return keys;
}

/** `guestctl keys list USER`: the keys with which a user may log in by SSH. */
export async function list(this: CliContext, flags: GuestFlags, username: string): Promise<void> {
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const { keys } = await guest.call('guest-ssh-get-authorized-keys', { username }, limits);
    return said({ keys }, keys.map(printable).join('\n'));
  });
}

async function put(
  context: CliContext,
  flags: GuestFlags,
  username: string,
  file: string,
  reset: boolean,
): Promise<void> {
  const keys = await readKeys(context, file);
  await eachGuest(context, flags, async ({ guest, limits }) => {
    await guest.call('guest-ssh-add-authorized-keys', { username, keys, reset }, limits);
    const text = reset
      ? `${username} has ${count(keys.length, 'key')} now, and no other`
      : `${username} has ${count(keys.length, 'key')} more, as far as they were not there`;
    return said({ username, keys: keys.length }, text);
  });
}

/** `guestctl keys add USER FILE`: adds the keys in a file. */
export async function add(this: CliContext, flags: GuestFlags, user: string, file = '-'): Promise<void> {
  await put(this, flags, user, file, false);
}

/** `guestctl keys replace USER FILE`: puts the keys in a file in the place of all others. */
export async function replace(this: CliContext, flags: GuestFlags, user: string, file = '-'): Promise<void> {
  await put(this, flags, user, file, true);
}

/** `guestctl keys remove USER FILE`: removes the keys in a file. */
export async function remove(
  this: CliContext,
  flags: GuestFlags,
  username: string,
  file = '-',
): Promise<void> {
  const keys = await readKeys(this, file);
  await eachGuest(this, flags, async ({ guest, limits }) => {
    await guest.call('guest-ssh-remove-authorized-keys', { username, keys }, limits);
    return said(
      { username, keys: keys.length },
      `${username} has none of ${count(keys.length, 'key')} any more`,
    );
  });
}
