import { readFile } from 'node:fs/promises';
import { getpwnam, type User } from '@guestwire/posix';

/** Where users are looked up; tests put another in its place. */
export interface UserDatabase {
  /**
   * The user of a name; undefined if there is none.
   *
   * @throws a system error
   */
  find(name: string): Promise<User | undefined>;
}

/**
 * The users that the C library knows: those of `/etc/passwd`, and those of directories on the network and of systemd.
 * The lookup may wait for these, and does so in the thread pool.
 */
const nameService: UserDatabase = {
  find: getpwnam,
};

/** The users of a captured guest: no more than its `/etc/passwd` tells. */
function passwdFile(root: string): UserDatabase {
  return {
    async find(name) {
      const text = await readFile(`${root}/etc/passwd`, 'utf8');
      for (const line of text.split('\n')) {
        const [user, , uid, gid, , home] = line.split(':');
        if (user === name && home !== undefined) return { uid: Number(uid), gid: Number(gid), home };
      }
      return undefined;
    },
  };
}

/** The users of the guest whose files lie under `root`; `''` for this one. */
export function userDatabase(root: string): UserDatabase {
  return root === '' ? nameService : passwdFile(root);
}
