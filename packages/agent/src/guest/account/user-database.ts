import { readFile } from 'node:fs/promises';
import { getpwnam, type User } from '@guestwire/posix';

/** Looks users up; a test may replace it. */
export interface UserDatabase {
  /** Returns a user; undefined if the name is unknown. Rejects with a system error. */
  find(name: string): Promise<User | undefined>;
}

/**
 * Returns the users of the guest: those that the C library knows, or only those of `/etc/passwd` under a root other
 * than `''`.
 */
export function userDatabase(root: string): UserDatabase {
  if (root === '') return { find: getpwnam };
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
