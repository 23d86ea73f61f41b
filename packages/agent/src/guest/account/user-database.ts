import { readFile } from 'node:fs/promises';
import { systemError } from '../../linux/errno.js';
import { libc } from '../../linux/ffi.js';

/** A user of the guest. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** The home folder, as the guest sees it. */
  readonly home: string;
}

/** Where users are looked up; tests put another in its place. */
export interface UserDatabase {
  /**
   * The user of a name; undefined if there is none.
   *
   * @throws a system error
   */
  find(name: string): Promise<User | undefined>;
}

const ERANGE = 34;
const FIRST_BUFFER = 4 * 1024;
const LAST_BUFFER = 1 << 20;

/**
 * The users that the C library knows: those of `/etc/passwd`, and those of directories on the network and of systemd.
 * The lookup may wait for these, and does so in the thread pool.
 */
const nameService: UserDatabase = {
  async find(name) {
    // For the C library the name would end there.
    if (name.includes('\0')) return undefined;
    for (let size = FIRST_BUFFER; ; size *= 4) {
      const { errno, user } = await libc().getpwnam(name, size);
      if (errno === 0) return user;
      if (errno !== ERANGE || size >= LAST_BUFFER) throw systemError(errno, 'getpwnam_r');
    }
  },
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
