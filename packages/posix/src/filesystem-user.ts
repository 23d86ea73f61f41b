import { arch, geteuid } from 'node:process';
import { check, ENOSYS, EPERM, ERANGE, systemError } from './errno.js';
import { CFunction } from './library.js';

/** A user for access to files: the kernel's filesystem ids, and the supplementary groups. */
export interface FilesystemUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * Numbers of `setgroups` with ids of 32 bits. The C library's function changes all threads of the process, the system call
 * only this one.
 */
const SETGROUPS: Readonly<Record<string, number>> = {
  arm: 206,
  arm64: 159,
  ia32: 206,
  loong64: 159,
  ppc64: 81,
  riscv64: 159,
  s390x: 206,
  x64: 116,
};

/** For {@link cSetfsuid} and {@link cSetfsgid}: no valid id, so that only the current one is returned. */
const QUERY = 0xffff_ffff;

const FIRST_GROUPS = 64;
const MAX_GROUPS = 65_536;

const cSetfsuid = new CFunction('uint32_t setfsuid(uint32_t uid)');
const cSetfsgid = new CFunction('uint32_t setfsgid(uint32_t gid)');
const cSyscall = new CFunction<number | bigint>('int64_t syscall(long number, size_t count, void *list)');
const cGetgroups = new CFunction('int getgroups(int size, void *list)');
const cGetgrouplist = new CFunction(
  'int getgrouplist(const char *name, uint32_t gid, void *groups, void *count)',
);

/**
 * Runs `work` with a user's rights on files, no more and no less, in this thread: files that it opens and creates are
 * those that the user could. It must be synchronous. For root and for the process's own user nothing changes.
 *
 * Throws a system error, `EPERM` if this process may not take the user's rights.
 */
export function asFilesystemUser<Result>(user: FilesystemUser, work: () => Result): Result {
  const own = geteuid?.() ?? 0;
  if (user.uid === own) return work();
  if (own !== 0) throw systemError(EPERM, 'setfsuid');
  const groups = currentGroups();
  const gid = cSetfsgid.raw(QUERY);
  try {
    // The groups and the group first: the user's rights do not allow to change them.
    setThreadGroups(user.groups);
    change(cSetfsgid, user.gid, 'setfsgid');
    change(cSetfsuid, user.uid, 'setfsuid');
    return work();
  } finally {
    // In the opposite order, and each although an earlier one has failed.
    cSetfsuid.raw(own);
    cSetfsgid.raw(gid);
    setThreadGroups(groups);
    change(cSetfsuid, own, 'setfsuid');
  }
}

/** Returns all groups of a user, from the thread pool: the lists of groups may be on a network. */
export async function getgrouplist(name: string, gid: number): Promise<readonly number[]> {
  for (let size = FIRST_GROUPS; size <= MAX_GROUPS; size *= 4) {
    const groups = new Uint32Array(new ArrayBuffer(size * 4));
    const count = new Int32Array(new ArrayBuffer(4));
    count[0] = size;
    // The result is -1 if there are more, without an error number.
    const found = await cGetgrouplist.callAsync(name, gid, groups.buffer, count.buffer);
    if (Number(found) >= 0) return [...groups.subarray(0, count[0])];
  }
  throw systemError(ERANGE, 'getgrouplist');
}

/** The functions return the former id whether they have changed it or not. */
function change(set: CFunction, id: number, name: string): void {
  set.raw(id);
  if (set.raw(QUERY) !== id) throw systemError(EPERM, name);
}

function currentGroups(): readonly number[] {
  const count = check(cGetgroups.call(0, null), 'getgroups');
  const groups = new Uint32Array(count);
  return [...groups.subarray(0, check(cGetgroups.call(count, groups), 'getgroups'))];
}

function setThreadGroups(groups: readonly number[]): void {
  const number = SETGROUPS[arch];
  if (number === undefined) throw systemError(ENOSYS, 'setgroups');
  check(cSyscall.call(number, groups.length, Uint32Array.from(groups)), 'setgroups');
}
