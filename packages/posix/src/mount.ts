import { closeSync, constants } from 'node:fs';
import { check } from './errno.js';
import { closeFd, openFd } from './file.js';
import { CFunction } from './library.js';

// The same numbers on all architectures. The C library has these functions since glibc 2.36 only.
const SYS_FSOPEN = 430;
const SYS_FSCONFIG = 431;
const SYS_FSMOUNT = 432;

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

// The FFI calls no variadic function in another thread; integers and pointers are passed the same way.
const cFsopen = new CFunction('long syscall(long number, const char *type, unsigned int flags)');
const cFsconfig = new CFunction(
  'long syscall(long number, int fd, unsigned int command, const char *key, const char *value, int aux)',
);
const cFsmount = new CFunction(
  'long syscall(long number, int fd, unsigned int flags, unsigned int attributes)',
);

/** What {@link openDetached} mounts. */
export interface DetachedMount {
  /** The filesystem's type: `ext4`. */
  readonly type: string;
  /** The device node. */
  readonly source: string;
  readonly readOnly: boolean;
}

/**
 * Opens the top folder of a filesystem that is mounted for this descriptor only, without a mount point, in the thread
 * pool. If the filesystem is mounted elsewhere, or is frozen, it is the same one. The caller closes the descriptor, which
 * also unmounts. Rejects with a system error.
 */
export async function openDetached({ type, source, readOnly }: DetachedMount): Promise<number> {
  const context = check(Number(await cFsopen.callAsync(SYS_FSOPEN, type, FSOPEN_CLOEXEC)), 'fsopen');
  let mount: number;
  try {
    const configure = async (command: number, key: string | null, value: string | null): Promise<void> => {
      check(await cFsconfig.callAsync(SYS_FSCONFIG, context, command, key, value, 0), 'fsconfig');
    };
    await configure(FSCONFIG_SET_STRING, 'source', source);
    if (readOnly) await configure(FSCONFIG_SET_FLAG, 'ro', null);
    await configure(FSCONFIG_CMD_CREATE, null, null);
    mount = check(Number(await cFsmount.callAsync(SYS_FSMOUNT, context, FSMOUNT_CLOEXEC, 0)), 'fsmount');
  } finally {
    closeSync(context);
  }
  try {
    // The descriptor of the mount itself allows no ioctl.
    return await openFd(`/proc/self/fd/${mount}`, constants.O_RDONLY | constants.O_DIRECTORY);
  } finally {
    await closeFd(mount);
  }
}
