import { buildCommand, buildRouteMap, type Command } from '@stricli/core';
import type { CliContext } from '../context.js';
import { flag, type GuestFlags, guestFlags } from '../parameters.js';
import { localFile, word } from './build.js';

const user = word('user', 'Name of the user in the guest');

/** A command about the keys in a file. */
function keysCommand(
  loader: () => Promise<(this: CliContext, flags: GuestFlags, user: string, file?: string) => Promise<void>>,
  brief: string,
): Command<CliContext> {
  return buildCommand({
    loader,
    parameters: {
      flags: guestFlags,
      positional: {
        kind: 'tuple',
        parameters: [
          user,
          {
            ...word('file', 'File with the keys, one a line; standard input if absent, or -', localFile),
            optional: true,
          },
        ],
      },
    },
    docs: { brief },
  });
}

/** The guest's users. */
export const accountRoutes = {
  passwd: buildCommand({
    loader: async () => (await import('../commands/passwd.js')).default,
    parameters: {
      flags: { ...guestFlags, crypted: flag('The password is encrypted already, as crypt(3) does it') },
      positional: { kind: 'tuple', parameters: [user] },
    },
    docs: {
      brief: "Set a user's password, which is asked for or read from standard input",
    },
  }),
  keys: buildRouteMap({
    routes: {
      list: buildCommand({
        loader: async () => (await import('../commands/keys.js')).list,
        parameters: { flags: guestFlags, positional: { kind: 'tuple', parameters: [user] } },
        docs: { brief: 'List the keys with which a user may log in by SSH' },
      }),
      add: keysCommand(async () => (await import('../commands/keys.js')).add, 'Add keys'),
      remove: keysCommand(async () => (await import('../commands/keys.js')).remove, 'Remove keys'),
      replace: keysCommand(
        async () => (await import('../commands/keys.js')).replace,
        'Put keys in the place of all that are there',
      ),
    },
    docs: { brief: 'List or change the keys with which a user may log in by SSH' },
  }),
};
