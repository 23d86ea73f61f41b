import { accountCommands, CommandError, decodeText, encodeText } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { type KeyOwner, readKeys, writeKeys } from '../linux/authorized-keys.js';
import { errnoText } from '../linux/errno.js';
import { runHelper } from '../linux/process.js';
import { type UserDatabase, userDatabase } from '../linux/user-database.js';
import type { Services } from '../services.js';

/** What GLib takes for white space. */
const OUTER_SPACE = /^[\t\n\f\r ]+|[\t\n\f\r ]+$/g;

/** Passwords and SSH keys of the guest's users (qemu-ga §5.19, §5.20). */
export function accountModule(
  services: Pick<Services, 'settings' | 'system'>,
  users: UserDatabase = userDatabase(services.system.root),
): CommandModule<typeof accountCommands> {
  const { root } = services.system;
  const ownerOf = async (name: string): Promise<KeyOwner> => {
    const user = await users.find(name).catch((cause) => {
      throw new CommandError(`failed to lookup user '${name}': ${errnoText(cause)}`, { cause });
    });
    if (user === undefined) throw new CommandError(`failed to lookup user '${name}': Success`);
    return { root, user };
  };

  return commandModule({
    schema: accountCommands,
    handlers: {
      async 'guest-set-user-password'({ username, password, crypted }) {
        const secret = untilNul(password.decode());
        if (secret.includes('\n')) throw new CommandError('forbidden characters in raw password');
        if (/[\n:]/.test(username)) throw new CommandError('forbidden characters in username');
        const input = Buffer.concat([encodeText(`${username}:`), secret, Buffer.from('\n')]);
        const args = crypted ? ['-e'] : [];
        await runHelper({ name: 'chpasswd', args, input, action: 'set user password' }, services);
      },

      async 'guest-ssh-get-authorized-keys'({ username }) {
        const content = await readKeys(await ownerOf(username), false);
        const lines = linesOf(content).map((line) => line.replace(OUTER_SPACE, ''));
        const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
        // As in the reference, the last one first.
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

/** Keys that may stand in the file, as bytes in Latin-1: what is there already need not be UTF-8. */
function checked(keys: readonly string[]): string[] {
  for (const key of keys) {
    if (key.startsWith('#') || key.includes('\n')) {
      throw new CommandError(`invalid OpenSSH public key: '${key}'`);
    }
  }
  return keys.map((key) => encodeText(key).toString('latin1'));
}

/** Lines in Latin-1; what ends with a newline has an empty last line, and nothing has none. */
function linesOf(content: Buffer): string[] {
  return content.length === 0 ? [] : content.toString('latin1').split('\n');
}

function contentOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** The C agent takes it for a string of C. */
function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
