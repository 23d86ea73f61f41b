import { buildRouteMap } from '@stricli/core';
import { command, flag, guestFlags, localFile, tuple, word } from '../parameters.js';

const user = word('user', 'User name in the guest');
const file = word('file', 'File with one key per line (default: -, standard input)', localFile);
const keyParameters = { flags: guestFlags, positional: tuple(user, { ...file, optional: true }) } as const;

/** Users of the guest. */
export const accountRoutes = {
  passwd: command(
    "Set a user's password, prompted for or read from standard input",
    () => import('../commands/passwd.js'),
    {
      flags: { ...guestFlags, crypted: flag('The password is already hashed, see crypt(3)') },
      positional: tuple(user),
    },
  ),
  keys: buildRouteMap({
    routes: {
      list: command(
        "List a user's authorized SSH keys",
        async () => (await import('../commands/keys.js')).list,
        { flags: guestFlags, positional: tuple(user) },
      ),
      add: command('Add keys', async () => (await import('../commands/keys.js')).add, keyParameters),
      remove: command('Remove keys', async () => (await import('../commands/keys.js')).remove, keyParameters),
      replace: command(
        'Replace all keys',
        async () => (await import('../commands/keys.js')).replace,
        keyParameters,
      ),
    },
    docs: { brief: "Manage a user's authorized SSH keys" },
  }),
};
