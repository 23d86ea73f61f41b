import { readFile } from 'node:fs/promises';
import { getgrouplist, getpwnam, type User } from '@guestwire/posix';

/** A user of the guest with all groups, the primary one among them. */
export interface GuestUser extends User {
  readonly groups: readonly number[];
}

/** Looks users up; a test may replace it. */
export interface UserDatabase {
  /** Returns a user; undefined if the name is unknown. Rejects with a system error. */
  find(name: string): Promise<GuestUser | undefined>;
}

/** Returns whether a text is the number of a user or group; the largest of 32 bits means none. */
function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
}

/**
 * Returns the users of the guest: those that the C library knows, or only those of `/etc/passwd`, without further groups,
 * under a root other than `''`.
 */
export function userDatabase(root: string): UserDatabase {
  if (root === '') return { find: findUser };
  return {
    async find(name) {
      const text = await readFile(`${root}/etc/passwd`, 'utf8');
      for (const line of text.split('\n')) {
        const [user, , uid = '', gid = '', , home] = line.split(':');
        if (user !== name || home === undefined || !isId(uid) || !isId(gid)) continue;
        return { uid: Number(uid), gid: Number(gid), groups: [Number(gid)], home };
      }
      return undefined;
    },
  };
}

async function findUser(name: string): Promise<GuestUser | undefined> {
  const user = await getpwnam(name);
  return user && { ...user, groups: await getgrouplist(name, user.gid) };
}
