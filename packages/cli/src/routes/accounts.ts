import { buildCommand, buildRouteMap, type Command } from '@stricli/core';
import type { CliContext } from '../context.js';
import { flag, type GuestFlags, guestFlags, localFile, word } from '../parameters.js';

const user = word('user', 'User name in the guest');

function keysCommand(
  loader: () => Promise<(this: CliContext, flags: GuestFlags, user: string, file?: string) => Promise<void>>,
  brief: string,
): Command<CliContext> {
  const file = word('file', 'File with one key per line (default: -, standard input)', localFile);
  return buildCommand({
    loader,
    parameters: {
      flags: guestFlags,
      positional: { kind: 'tuple', parameters: [user, { ...file, optional: true }] },
    },
    docs: { brief },
  });
}

/** Users of the guest. */
export const accountRoutes = {
  passwd: buildCommand({
    loader: async () => (await import('../commands/passwd.js')).default,
    parameters: {
      flags: { ...guestFlags, crypted: flag('The password is already hashed, see crypt(3)') },
      positional: { kind: 'tuple', parameters: [user] },
    },
    docs: { brief: "Set a user's password, prompted for or read from standard input" },
  }),
  keys: buildRouteMap({
    routes: {
      list: buildCommand({
        loader: async () => (await import('../commands/keys.js')).list,
        parameters: { flags: guestFlags, positional: { kind: 'tuple', parameters: [user] } },
        docs: { brief: "List a user's authorized SSH keys" },
      }),
      add: keysCommand(async () => (await import('../commands/keys.js')).add, 'Add keys'),
      remove: keysCommand(async () => (await import('../commands/keys.js')).remove, 'Remove keys'),
      replace: keysCommand(async () => (await import('../commands/keys.js')).replace, 'Replace all keys'),
    },
    docs: { brief: "Manage a user's authorized SSH keys" },
  }),
};
