import { readdirSync } from 'node:fs';
import { systemError } from './errno.js';
import { CFunction, keepAlive, koffi } from './library.js';

/** A program to start, in the bytes that the kernel gets. None of them may hold a NUL. */
export interface SpawnRequest {
  /** The file to execute; no path is searched. */
  readonly file: Buffer;
  /** The program's arguments, its own name first. */
  readonly argv: readonly Buffer[];
  /** The whole environment, usually as `NAME=value`. */
  readonly envp: readonly Buffer[];
  /** The program's descriptors 0, 1 and 2; `null` for `/dev/null`. It gets no others. */
  readonly stdio: readonly [input: number | null, output: number | null, error: number | null];
}

const WNOHANG = 1;
const O_RDONLY = 0;
const O_WRONLY = 1;

const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;

/** More than `posix_spawnattr_t`, `posix_spawn_file_actions_t` and `sigset_t` take in any C library. */
const OPAQUE_SIZE_BYTES = 512;

const cPosixSpawn = new CFunction(
  'int posix_spawn(void *pid, void *file, void *actions, void *attributes, void *argv, void *envp)',
);
const cInitActions = new CFunction('int posix_spawn_file_actions_init(void *actions)');
const cDestroyActions = new CFunction('int posix_spawn_file_actions_destroy(void *actions)');
const cAddDup2 = new CFunction('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const cAddOpen = new CFunction(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
);
const cAddClose = new CFunction('int posix_spawn_file_actions_addclose(void *actions, int fd)');
const cAddCloseFrom = new CFunction('int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)');
const cInitAttributes = new CFunction('int posix_spawnattr_init(void *attributes)');
const cSetSignalDefaults = new CFunction(
  'int posix_spawnattr_setsigdefault(void *attributes, void *signals)',
);
const cSetSignalMask = new CFunction('int posix_spawnattr_setsigmask(void *attributes, void *signals)');
const cSetFlags = new CFunction('int posix_spawnattr_setflags(void *attributes, short flags)');
const cSigfillset = new CFunction('int sigfillset(void *signals)');
const cSigemptyset = new CFunction('int sigemptyset(void *signals)');
const cWaitpid = new CFunction('int waitpid(int pid, void *status, int options)');
const cExit = new CFunction('void _exit(int status)');

let attributes: ArrayBuffer | undefined;

/**
 * Starts a program in the thread pool, and returns its process number once the kernel has loaded it. It inherits session,
 * working directory, umask and limits; signals are at their default and unblocked. The caller has to collect it with
 * {@link waitpid}. Rejects with a system error if it cannot be executed.
 *
 * This is `posix_spawn` rather than `fork`: it does not copy page tables, and says at once why a program cannot run.
 */
export async function spawn(request: SpawnRequest): Promise<number> {
  attributes ??= makeAttributes();
  const actions = makeActions(request.stdio);
  const { memory, pid, file, argv, envp } = layOut(request);
  try {
    checkErrno(await cPosixSpawn.callAsync(pid, file, actions, attributes, argv, envp));
    return new Int32Array(memory, 0, 1)[0] ?? -1;
  } finally {
    cDestroyActions.raw(actions);
    keepAlive(memory);
  }
}

/**
 * Collects a child if it has ended, without waiting, and returns its wait status; `running` if it has not ended,
 * `unknown` if the child does not exist.
 */
export function waitpid(pid: number): number | 'running' | 'unknown' {
  const status = new Int32Array(1);
  const result = cWaitpid.raw(pid, status, WNOHANG);
  if (result === 0) return 'running';
  return result === pid ? (status[0] ?? 0) : 'unknown';
}

/** Ends this process without waiting for its threads and without running exit handlers. */
export function exitNow(status: number): void {
  cExit.raw(status);
}

function makeActions(stdio: SpawnRequest['stdio']): ArrayBuffer {
  const actions = new ArrayBuffer(OPAQUE_SIZE_BYTES);
  checkErrno(cInitActions.raw(actions));
  for (const [to, from] of stdio.entries()) {
    if (from === null) checkErrno(cAddOpen.raw(actions, to, '/dev/null', to === 0 ? O_RDONLY : O_WRONLY, 0));
    else checkErrno(cAddDup2.raw(actions, from, to));
  }
  // Our own descriptors are not inherited, but those are that this process has inherited itself.
  if (cAddCloseFrom.isAvailable) checkErrno(cAddCloseFrom.raw(actions, 3));
  else {
    // glibc before 2.34, and other C libraries: they ignore descriptors that are no longer open.
    for (const fd of readdirSync('/proc/self/fd').map(Number)) {
      if (fd > 2) checkErrno(cAddClose.raw(actions, fd));
    }
  }
  return actions;
}

/** All signals at their default and none blocked: Node ignores some, and its threads block others. */
function makeAttributes(): ArrayBuffer {
  const signals = new ArrayBuffer(OPAQUE_SIZE_BYTES);
  const attributes = new ArrayBuffer(OPAQUE_SIZE_BYTES);
  checkErrno(cInitAttributes.raw(attributes));
  cSigfillset.raw(signals);
  checkErrno(cSetSignalDefaults.raw(attributes, signals));
  cSigemptyset.raw(signals);
  checkErrno(cSetSignalMask.raw(attributes, signals));
  checkErrno(cSetFlags.raw(attributes, SETSIGDEF | SETSIGMASK));
  return attributes;
}

/** These functions return an error number instead of setting it. */
function checkErrno(errno: number): void {
  if (errno !== 0) throw systemError(errno, 'posix_spawn');
}

/** Puts all that the kernel reads into one piece of memory: room for the pid, two tables of pointers, and the texts. */
function layOut({ file, argv, envp }: SpawnRequest) {
  const texts = [file, ...argv, ...envp];
  const size = koffi().sizeof('void *');
  const pointers = argv.length + 1 + envp.length + 1;
  const head = (pointers + 1) * size;
  const memory = new ArrayBuffer(texts.reduce((sum, text) => sum + text.length + 1, head + size));
  const bytes = Buffer.from(memory);
  const base = koffi().address(memory);

  let end = head;
  const addresses = texts.map((text) => {
    const at = end;
    end += text.copy(bytes, at) + 1;
    return base + BigInt(at);
  });
  const slots =
    size === 8 ? new BigUint64Array(memory, 0, pointers + 1) : new Uint32Array(memory, 0, pointers + 1);
  const put = (slot: number, address: bigint): void => {
    if (slots instanceof BigUint64Array) slots[slot] = address;
    else slots[slot] = Number(address);
  };
  // Slot 0 is for the pid; the last slot of each table stays a null pointer.
  const [path = base, ...rest] = addresses;
  for (const [index, address] of rest.entries()) put(1 + index + (index < argv.length ? 0 : 1), address);
  return {
    memory,
    pid: base,
    file: path,
    argv: base + BigInt(size),
    envp: base + BigInt((argv.length + 2) * size),
  };
}
