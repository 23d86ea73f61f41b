import { ERANGE, systemError } from './errno.js';
import { CFunction, keepAlive, koffi } from './library.js';

/** A user, as the C library knows it: from `/etc/passwd`, a directory on the network, or systemd. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** More than `struct passwd` takes. */
const ENTRY_SIZE_BYTES = 128;
const FIRST_BUFFER_BYTES = 4 * 1024;
const LAST_BUFFER_BYTES = 1 << 20;

const cGetpwnam = new CFunction(
  'int getpwnam_r(const char *name, void *entry, void *buffer, size_t size, _Out_ void **found)',
  {
    passwd: {
      name: 'void *',
      password: 'void *',
      uid: 'uint32_t',
      gid: 'uint32_t',
      gecos: 'void *',
      home: 'str',
      shell: 'void *',
    },
  },
);

/** Looks a user up, in the thread pool; undefined if the name is unknown. Rejects with a system error. */
export async function getpwnam(name: string): Promise<User | undefined> {
  // The C library would ignore what follows a NUL.
  if (name.includes('\0')) return undefined;
  for (let size = FIRST_BUFFER_BYTES; ; size *= 4) {
    const entry = new ArrayBuffer(ENTRY_SIZE_BYTES);
    const text = new ArrayBuffer(size);
    const found: unknown[] = [null];
    const errno = await cGetpwnam.callAsync(name, entry, text, size, found);
    if (errno === 0) {
      if (found[0] === null) return undefined;
      const { uid, gid, home } = koffi().decode<User>(entry, 'passwd');
      keepAlive(text);
      return { uid, gid, home };
    }
    if (errno !== ERANGE || size >= LAST_BUFFER_BYTES) throw systemError(errno, 'getpwnam_r');
  }
}
