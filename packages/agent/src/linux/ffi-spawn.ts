import { readdirSync } from 'node:fs';
import { systemError } from './errno.js';

/** A program to start, in the bytes that the kernel gets. None of them may hold a NUL. */
export interface SpawnRequest {
  /** The file to execute; nothing is searched. */
  readonly file: Buffer;
  /** What the program sees as its arguments, its own name first. */
  readonly argv: readonly Buffer[];
  /** All of its environment, usually as `NAME=value`. */
  readonly envp: readonly Buffer[];
  /** What it gets as descriptors 0, 1 and 2; `null` for `/dev/null`. It gets no others. */
  readonly stdio: readonly [input: number | null, output: number | null, error: number | null];
}

/** The system calls about child processes that `Libc` offers. */
export interface ProcessCalls {
  /**
   * Starts a program in the thread pool, and gives the number of its process once the kernel has loaded it. It
   * inherits session, working directory, umask and limits; signals are all at their default and unblocked.
   * The caller has to collect it with {@link ProcessCalls.waitpid}. Rejects with a system error if it cannot be
   * executed.
   */
  spawn(request: SpawnRequest): Promise<number>;
  /**
   * Collects a child if it has ended, without waiting: its wait status. `running` if it has not, `unknown` if there
   * is no such child (any more).
   */
  waitpid(pid: number): number | 'running' | 'unknown';
}

/** What of the FFI is needed here. */
export type Koffi = Pick<typeof import('koffi'), 'address' | 'errno' | 'sizeof'>;
type Library = Pick<ReturnType<typeof import('koffi')['load']>, 'func'>;

const WNOHANG = 1;
const O_RDONLY = 0;
const O_WRONLY = 1;

const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;

/** More than `posix_spawnattr_t`, `posix_spawn_file_actions_t` and `sigset_t` take in any C library. */
const OPAQUE_BYTES = 512;

/** `posix_spawn` rather than `fork`: it does not copy page tables, and tells at once why a program cannot run. */
export function loadProcessCalls(koffi: Koffi, library: Library): ProcessCalls {
  const posixSpawn = library.func(
    'int posix_spawn(void *pid, void *file, void *actions, void *attributes, void *argv, void *envp)',
  );
  const initActions = library.func('int posix_spawn_file_actions_init(void *actions)');
  const destroyActions = library.func('int posix_spawn_file_actions_destroy(void *actions)');
  const addDup2 = library.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
  const addOpen = library.func(
    'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
  );
  const closeOthers = loadCloseOthers(library);
  const waitpid = library.func('int waitpid(int pid, void *status, int options)');
  const attributes = loadAttributes(library);

  const actionsFor = ({ stdio }: SpawnRequest): ArrayBuffer => {
    const actions = new ArrayBuffer(OPAQUE_BYTES);
    check(initActions(actions));
    for (const [to, from] of stdio.entries()) {
      if (from === null) check(addOpen(actions, to, '/dev/null', to === 0 ? O_RDONLY : O_WRONLY, 0));
      else check(addDup2(actions, from, to));
    }
    closeOthers(actions);
    return actions;
  };

  return {
    spawn: (request) =>
      new Promise((resolve, reject) => {
        const actions = actionsFor(request);
        const image = layOut(koffi, request);
        posixSpawn.async(
          image.pid,
          image.file,
          actions,
          attributes,
          image.argv,
          image.envp,
          (error: unknown, errno: number) => {
            // That the callback uses these two keeps them in place while the thread does.
            destroyActions(actions);
            const pid = new Int32Array(image.memory, 0, 1)[0] ?? -1;
            if (error !== null) reject(error);
            else if (errno !== 0) reject(systemError(errno, 'posix_spawn'));
            else resolve(pid);
          },
        );
      }),
    waitpid(pid) {
      const status = new Int32Array(1);
      const result: number = waitpid(pid, status, WNOHANG);
      if (result === 0) return 'running';
      return result === pid ? (status[0] ?? 0) : 'unknown';
    },
  };
}

/** All signals at their default and none blocked: Node ignores some, and its threads block others. */
function loadAttributes(library: Library): ArrayBuffer {
  const signals = new ArrayBuffer(OPAQUE_BYTES);
  const attributes = new ArrayBuffer(OPAQUE_BYTES);
  const call = (name: string, ...args: readonly ('void *' | 'short')[]) =>
    library.func(name, 'int', [...args]);
  check(call('posix_spawnattr_init', 'void *')(attributes));
  call('sigfillset', 'void *')(signals);
  check(call('posix_spawnattr_setsigdefault', 'void *', 'void *')(attributes, signals));
  call('sigemptyset', 'void *')(signals);
  check(call('posix_spawnattr_setsigmask', 'void *', 'void *')(attributes, signals));
  check(call('posix_spawnattr_setflags', 'void *', 'short')(attributes, SETSIGDEF | SETSIGMASK));
  return attributes;
}

/** Closes everything from 3 up in the child: our own descriptors close by themselves, but not what we inherited. */
function loadCloseOthers(library: Library): (actions: ArrayBuffer) => void {
  try {
    const closeFrom = library.func('int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)');
    return (actions) => check(closeFrom(actions, 3));
  } catch {
    // glibc before 2.34, and other C libraries: they forgive what is no longer open.
    const addClose = library.func('int posix_spawn_file_actions_addclose(void *actions, int fd)');
    return (actions) => {
      for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > 2) check(addClose(actions, fd));
    };
  }
}

/** These functions return an error number instead of setting it. */
function check(errno: number): void {
  if (errno !== 0) throw systemError(errno, 'posix_spawn');
}

/** One piece of memory with all that the kernel reads: room for the pid, two tables of pointers, and the texts. */
function layOut(koffi: Koffi, { file, argv, envp }: SpawnRequest) {
  const texts = [file, ...argv, ...envp];
  const size = koffi.sizeof('void *');
  const pointers = argv.length + 1 + envp.length + 1;
  const head = (pointers + 1) * size;
  const memory = new ArrayBuffer(texts.reduce((sum, text) => sum + text.length + 1, head + size));
  const bytes = Buffer.from(memory);
  const base = koffi.address(memory);

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
  // Slot 0 is for the pid; the last of each table stays a null pointer.
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
