import { CommandError } from '@guestwire/protocol';
import { accountCommands } from '@guestwire/protocol/contract';
import { decodeText, encodeText } from '@guestwire/protocol/wire';
import { runHelper } from '../exec/helper.js';
import { type KeyOwner, readKeys, writeKeys } from '../guest/account/authorized-keys.js';
import { type UserDatabase, userDatabase } from '../guest/account/user-database.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { untilNul } from '../guest/system-file.js';
import { attemptAsync } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** White space according to GLib. */
const OUTER_SPACE = /^[\t\n\f\r ]+|[\t\n\f\r ]+$/g;

/** What the account commands need of the guest. */
export interface AccountSystem extends Omit<GuestSystem, 'log'> {
  /** Returns true while filesystems are frozen, so that no file may be written; never by default. */
  readonly isFrozen?: () => boolean;
}

/** Returns the commands on passwords and SSH keys of the guest's users (qemu-ga §5.19, §5.20). */
export function accountModule(
  { root, isFrozen = () => false, ...helpers }: AccountSystem,
  users: UserDatabase = userDatabase(root),
): CommandModule<typeof accountCommands> {
  const ownerOf = async (name: string): Promise<KeyOwner> => {
    const failed = `failed to lookup user '${name}'`;
    const user = await attemptAsync(failed, () => users.find(name));
    if (user === undefined) throw new CommandError(`${failed}: Success`);
    return { root, user, isFrozen };
  };

  return builtInModule({
    schema: accountCommands,
    traits: {
      'guest-set-user-password': { timeLimit: 'own' },
      // Home folders may be on another machine.
      'guest-ssh-get-authorized-keys': { mayBlock: true },
      'guest-ssh-add-authorized-keys': { mayBlock: true },
      'guest-ssh-remove-authorized-keys': { mayBlock: true },
    },
    handlers: {
      async 'guest-set-user-password'({ username, password, crypted }) {
        // qemu-ga treats the password as a C string.
        const secret = untilNul(password.decode());
        if (secret.includes('\n')) throw new CommandError('forbidden characters in raw password');
        if (/[\n:]/.test(username)) throw new CommandError('forbidden characters in username');
        const input = Buffer.concat([encodeText(`${username}:`), secret, Buffer.from('\n')]);
        const args = crypted ? ['-e'] : [];
        await runHelper({ name: 'chpasswd', args, input, action: 'set user password' }, helpers);
      },

      async 'guest-ssh-get-authorized-keys'({ username }) {
        const content = await readKeys(await ownerOf(username), false);
        const lines = linesOf(content).map((line) => line.replace(OUTER_SPACE, ''));
        const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
        // As in qemu-ga, the last one first.
        return { keys: keys.reverse().map((key) => decodeText(Buffer.from(key, 'latin1'))) };
      },

      async 'guest-ssh-add-authorized-keys'({ username, keys, reset = false }) {
        const added = checked(keys);
        const owner = await ownerOf(username);
        const content = reset ? undefined : await readKeys(owner, true);
        const lines = new Set(added);
        const kept = content === undefined ? [] : linesOf(content);
        for (const line of kept) lines.delete(line);
        await writeKeys(owner, contentOf([...kept, ...lines]));
      },

      async 'guest-ssh-remove-authorized-keys'({ username, keys }) {
        const removed = new Set(checked(keys));
        const owner = await ownerOf(username);
        const content = await readKeys(owner, true);
        if (content === undefined) return;
        await writeKeys(owner, contentOf(linesOf(content).filter((line) => !removed.has(line))));
      },
    },
  });
}

/** Returns valid keys as Latin-1, since the lines of the file need not be UTF-8. */
function checked(keys: readonly string[]): string[] {
  const invalid = keys.find((key) => key.startsWith('#') || key.includes('\n'));
  if (invalid !== undefined) throw new CommandError(`invalid OpenSSH public key: '${invalid}'`);
  return keys.map((key) => encodeText(key).toString('latin1'));
}

/** Splits into lines in Latin-1. Text that ends with a newline has an empty last line; an empty file has no line. */
function linesOf(content: Buffer): string[] {
  return content.length === 0 ? [] : content.toString('latin1').split('\n');
}

function contentOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join('\n'), 'latin1');
}
