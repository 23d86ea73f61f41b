import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { embeddedAddon } from './embedded-addon.js';
import { systemError } from './errno.js';
import { loadProcessCalls, type ProcessCalls } from './ffi-spawn.js';

/**
 * The system calls that Node has no function for, straight from the C library. This module alone knows the FFI.
 *
 * Descriptors are plain numbers; who opened one closes it.
 */
export interface Libc extends ProcessCalls {
  /**
   * Waits in the thread pool until a descriptor is ready, and says how many are; 0 after `timeout` milliseconds, of
   * which a negative number means for ever; −1 if the call failed. `fds` is not to be touched until then.
   */
  poll(fds: PollSet, timeout: number): Promise<number>;
  /** Looks, in this thread and without waiting, for what {@link Libc.poll} waits for. */
  pollNow(fds: PollSet): number;
  /** A counter to wake a poll with; non-blocking, not inherited. Throws if none can be had. */
  eventfd(): number;
  /** `ioctl` with an integer argument, in this thread: 0 or a positive result, or a negated error number. */
  ioctl(fd: number, request: number, argument: number): number;
  /** {@link Libc.ioctl} in the thread pool, for a request that may take long. */
  ioctlAsync(fd: number, request: number, argument: number): Promise<number>;
  /** `ioctl` with bytes that the kernel reads and writes, in the thread pool: 0 or a positive result, or a negated error number. */
  ioctlBytes(fd: number, request: number, bytes: ArrayBufferLike): Promise<number>;
  /** Where bytes lie in memory. They stay there as long as the buffer is in use. */
  addressOf(bytes: ArrayBufferLike): bigint;
  /** How full the filesystem is that has this file, asked in the thread pool; undefined if that fails. */
  statvfs(path: Buffer): Promise<FilesystemSpace | undefined>;
  /** Moves a descriptor's offset, in this thread, and says where it is then. Throws a system error. */
  lseek(fd: number, offset: bigint, whence: number): bigint;
  /** {@link Libc.lseek} in the thread pool, for a file that may make it wait. Rejects with a system error. */
  lseekAsync(fd: number, offset: bigint, whence: number): Promise<bigint>;
  /**
   * Reads at the descriptor's offset what the kernel has in memory, in this thread, and never waits for a disk:
   * how many bytes that were, 0 at the end of the file, or a negated error number. `EAGAIN` if it would have to wait.
   */
  readCached(fd: number, into: Buffer): number;
  /** A pipe, not inherited: the end to read from, then the end to write to. Throws a system error. */
  pipe(): readonly [number, number];
  /** A stream socket of a family, non-blocking and not inherited; or a negated error number. */
  socket(family: number): number;
  /** Gives a socket its address, which is a `struct sockaddr` of its family: 0 or a negated error number. */
  bind(fd: number, address: Uint8Array): number;
  /** 0 or a negated error number. */
  listen(fd: number, backlog: number): number;
  /** The next connection, non-blocking and not inherited; or a negated error number. */
  accept(fd: number): number;
  /** An integer option of the socket level; or a negated error number. */
  socketOption(fd: number, option: number): number;
  /** Makes a descriptor one that is not inherited by programs: 0 or a negated error number. */
  closeOnExec(fd: number): number;
  /** Makes calls on a descriptor fail rather than wait, whoever else has it: 0 or a negated error number. */
  setNonBlocking(fd: number): number;
  /** Fills in the `struct termios` of a terminal: 0 or a negated error number. */
  tcgetattr(fd: number, termios: Uint8Array): number;
  /** Sets a terminal's attributes at once: 0 or a negated error number. */
  tcsetattr(fd: number, termios: Uint8Array): number;
  /** Drops what a terminal has received and nobody has read: 0 or a negated error number. */
  dropInput(fd: number): number;
  /** A socket to ask the kernel for its networks, non-blocking and not inherited. Throws a system error. */
  netlinkSocket(): number;
  /** Sends a datagram to whom a socket is connected with, in this thread. Throws a system error. */
  send(fd: number, bytes: Buffer): void;
  /** Receives a datagram, in this thread: how many bytes of it there are. Throws a system error. */
  recv(fd: number, into: Buffer): number;
  /**
   * Looks a user up, in the thread pool: 0 and the user, 0 and nobody, or an error number; `ERANGE` if what is to be
   * told of the user takes more than `size` bytes.
   */
  getpwnam(
    name: string,
    size: number,
  ): Promise<{ readonly errno: number; readonly user: PasswordEntry | undefined }>;
  /** The clock: microseconds since the beginning of 1970 in UTC. */
  gettimeofday(): bigint;
  /** Sets the clock. The kernel takes no negative numbers. Throws a system error. */
  settimeofday(seconds: bigint, microseconds: bigint): void;
  /** Ends the process without waiting for any of its threads, and without the C library's tidying up. */
  exit(status: number): void;
  /** Makes `to` stand for what `from` stands for, and be inherited. Throws a system error. */
  dup2(from: number, to: number): void;
  /**
   * Locks a whole file for writing, with a POSIX lock that lasts until this process ends or closes any descriptor of
   * that file. Does not wait. Throws a system error; `EAGAIN` if another process has it.
   */
  lockFile(fd: number): void;
  /** A unix socket for datagrams, non-blocking and not inherited. Throws a system error. */
  datagramSocket(): number;
  /** Sends a datagram to a `struct sockaddr`, without waiting: how many bytes were sent, or a negated error number. */
  sendTo(fd: number, bytes: Buffer, address: Buffer): number;
}

/** The room in a filesystem, in blocks. */
export interface FilesystemSpace {
  /** Bytes of a block. */
  readonly blockSize: bigint;
  readonly blocks: bigint;
  readonly free: bigint;
  /** Free blocks that users without privilege can have. */
  readonly available: bigint;
}

/** What the C library tells of a user. */
export interface PasswordEntry {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Bits of `poll` (Linux, all architectures alike). */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;

const ENOSYS = 38;

/** `struct statvfs` of glibc on 64-bit machines begins with eleven words. */
const STATVFS_SIZE = 112;

const RWF_NOWAIT = 0x8;
const OWN_OFFSET = -1;

const NUL = Buffer.alloc(1);

const O_CLOEXEC = 0o2000000;
const SOCK_STREAM = 1;
const SOCK_FLAGS = 0o2000000 | 0o4000; // SOCK_CLOEXEC | SOCK_NONBLOCK
const SOL_SOCKET = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const TCSANOW = 0;
const TCIFLUSH = 0;
const F_SETLK = 6;
const F_WRLCK = 1;
/** `struct flock` of 64-bit Linux: type, whence, start, length, process. */
const FLOCK_SIZE = 32;

const AF_UNIX = 1;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const MSG_FLAGS = 0x40 | 0x4000; // MSG_DONTWAIT | MSG_NOSIGNAL

const EFD_FLAGS = 0o2000000 | 0o4000; // EFD_CLOEXEC | EFD_NONBLOCK

/** The array of `struct pollfd` that the kernel reads and writes. */
export class PollSet {
  // An ArrayBuffer of its own: the engine may move small typed arrays, and a thread writes here meanwhile.
  readonly bytes: ArrayBuffer;
  readonly length: number;
  readonly #descriptors: Int32Array;
  readonly #events: Int16Array;

  constructor(length: number) {
    this.bytes = new ArrayBuffer(length * 8);
    this.length = length;
    this.#descriptors = new Int32Array(this.bytes);
    this.#events = new Int16Array(this.bytes);
  }

  /** Watches `fd` for `events` at a place of the set; a negative descriptor is skipped. */
  watch(index: number, fd: number, events: number): void {
    this.#descriptors[index * 2] = fd;
    this.#events[index * 4 + 2] = events;
    this.#events[index * 4 + 3] = 0;
  }

  /** What the last poll found at a place of the set. */
  found(index: number): number {
    return this.#events[index * 4 + 3] ?? 0;
  }
}

let loaded: Libc | undefined;

/**
 * The C library. The first call loads the FFI, which reads files: it must not happen while filesystems are frozen,
 * and need not happen in an agent that never uses it.
 */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const poll = library.func('int poll(void *fds, unsigned long count, int timeout)');
  const eventfd = library.func('int eventfd(unsigned int value, int flags)');
  const ioctl = library.func('int ioctl(int fd, unsigned long request, ...)');
  // The FFI calls no variadic function in another thread; an integer is passed alike.
  const ioctlAsync = library.func('int ioctl(int fd, unsigned long request, long argument)');
  const ioctlBytes = library.func('int ioctl(int fd, unsigned long request, void *bytes)');
  const statvfs = library.func('int statvfs(const void *path, void *into)');
  const lseek = library.func('int64_t lseek(int fd, int64_t offset, int whence)');
  const pipe2 = library.func('int pipe2(void *fds, int flags)');
  const send = library.func('int64_t send(int fd, const void *bytes, size_t length, int flags)');
  const recv = library.func('int64_t recv(int fd, void *into, size_t length, int flags)');
  const passwd = koffi.struct('passwd', {
    name: 'void *',
    password: 'void *',
    uid: 'uint32_t',
    gid: 'uint32_t',
    gecos: 'void *',
    home: 'str',
    shell: 'void *',
  });
  const getpwnam = library.func(
    'int getpwnam_r(const char *name, void *entry, void *buffer, size_t size, _Out_ void **found)',
  );
  koffi.struct('timeval', { seconds: 'long', microseconds: 'long' });
  const gettimeofday = library.func('int gettimeofday(_Out_ timeval *now, void *zone)');
  const settimeofday = library.func('int settimeofday(timeval *now, void *zone)');
  const socket = library.func('int socket(int family, int type, int protocol)');
  const bind = library.func('int bind(int fd, void *address, unsigned int length)');
  const listen = library.func('int listen(int fd, int backlog)');
  const accept4 = library.func('int accept4(int fd, void *address, void *length, int flags)');
  const getsockopt = library.func('int getsockopt(int fd, int level, int option, void *value, void *length)');
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  const tcgetattr = library.func('int tcgetattr(int fd, void *termios)');
  const tcsetattr = library.func('int tcsetattr(int fd, int when, void *termios)');
  const tcflush = library.func('int tcflush(int fd, int queue)');
  const orErrno = (result: number): number => (result === -1 ? -koffi.errno() : result);
  const exit = library.func('void _exit(int status)');
  const dup2 = library.func('int dup2(int from, int to)');
  const sendto = library.func(
    'int64_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
  );
  koffi.struct('iovec', { base: 'void *', length: 'size_t' });
  const preadv2 = optional(() =>
    library.func('int64_t preadv2(int fd, iovec *vector, int count, int64_t offset, int flags)'),
  );
  return {
    ...loadProcessCalls(koffi, library),
    pollNow: (fds) => poll(fds.bytes, fds.length, 0),
    poll: (fds, timeout) =>
      new Promise((resolve, reject) => {
        poll.async(fds.bytes, fds.length, timeout, (error: unknown, ready: number) =>
          error === null ? resolve(ready) : reject(error),
        );
      }),
    eventfd() {
      const fd: number = eventfd(0, EFD_FLAGS);
      if (fd < 0) throw new Error(`eventfd failed with error number ${koffi.errno()}`);
      return fd;
    },
    ioctl(fd, request, argument) {
      return orErrno(ioctl(fd, request, 'long', argument));
    },
    ioctlAsync: (fd, request, argument) =>
      new Promise((resolve, reject) => {
        ioctlAsync.async(fd, request, argument, (error: unknown, result: number) => {
          if (error !== null) reject(error);
          else resolve(result === -1 ? -koffi.errno() : result);
        });
      }),
    ioctlBytes: (fd, request, bytes) =>
      new Promise((resolve, reject) => {
        ioctlBytes.async(fd, request, bytes, (error: unknown, result: number) => {
          if (error !== null) reject(error);
          else resolve(result === -1 ? -koffi.errno() : result);
        });
      }),
    addressOf: (bytes) => koffi.address(bytes),
    statvfs: (path) =>
      new Promise((resolve, reject) => {
        const words = new BigUint64Array(STATVFS_SIZE / 8);
        const name = Buffer.concat([path, NUL]);
        statvfs.async(name, words.buffer, (error: unknown, result: number) => {
          // A thread reads the name meanwhile. That the callback uses it keeps it in place.
          if (error !== null || name.length === 0) return reject(error);
          const [, blockSize = 0n, blocks = 0n, free = 0n, available = 0n] = words;
          resolve(result === 0 ? { blockSize, blocks, free, available } : undefined);
        });
      }),
    lseek(fd, offset, whence) {
      const result: number | bigint = lseek(fd, offset, whence);
      if (result === -1) throw systemError(koffi.errno(), 'lseek');
      return BigInt(result);
    },
    lseekAsync: (fd, offset, whence) =>
      new Promise((resolve, reject) => {
        lseek.async(fd, offset, whence, (error: unknown, result: number | bigint) => {
          if (error !== null) reject(error);
          else if (result === -1) reject(systemError(koffi.errno(), 'lseek'));
          else resolve(BigInt(result));
        });
      }),
    readCached(fd, into) {
      const vector = { base: into, length: into.length };
      const result: number = preadv2?.(fd, vector, 1, OWN_OFFSET, RWF_NOWAIT) ?? -ENOSYS;
      return result === -1 ? -koffi.errno() : result;
    },
    pipe() {
      const fds = new Int32Array(2);
      if (pipe2(fds, O_CLOEXEC) === -1) throw systemError(koffi.errno(), 'pipe');
      return [fds[0] ?? -1, fds[1] ?? -1];
    },
    socket: (family) => orErrno(socket(family, SOCK_STREAM | SOCK_FLAGS, 0)),
    bind: (fd, address) => orErrno(bind(fd, address, address.length)),
    listen: (fd, backlog) => orErrno(listen(fd, backlog)),
    accept: (fd) => orErrno(accept4(fd, null, null, SOCK_FLAGS)),
    socketOption(fd, option) {
      const value = new Int32Array(1);
      const length = new Uint32Array([value.byteLength]);
      const result = orErrno(getsockopt(fd, SOL_SOCKET, option, value, length));
      return result < 0 ? result : (value[0] ?? 0);
    },
    closeOnExec: (fd) => orErrno(fcntl(fd, F_SETFD, 'int', FD_CLOEXEC)),
    setNonBlocking(fd) {
      const flags = orErrno(fcntl(fd, F_GETFL, 'int', 0));
      return flags < 0 ? flags : orErrno(fcntl(fd, F_SETFL, 'int', flags | constants.O_NONBLOCK));
    },
    tcgetattr: (fd, termios) => orErrno(tcgetattr(fd, termios)),
    tcsetattr: (fd, termios) => orErrno(tcsetattr(fd, TCSANOW, termios)),
    dropInput: (fd) => orErrno(tcflush(fd, TCIFLUSH)),
    netlinkSocket() {
      const fd: number = socket(AF_NETLINK, SOCK_RAW | SOCK_FLAGS, NETLINK_ROUTE);
      if (fd === -1) throw systemError(koffi.errno(), 'socket');
      return fd;
    },
    send(fd, bytes) {
      if (send(fd, bytes, bytes.length, 0) === -1) throw systemError(koffi.errno(), 'send');
    },
    recv(fd, into) {
      const length: number = recv(fd, into, into.length, 0);
      if (length === -1) throw systemError(koffi.errno(), 'recv');
      return length;
    },
    getpwnam: (name, size) =>
      new Promise((resolve, reject) => {
        // A thread writes there meanwhile. The callback holds on to both, since the entry points into the text.
        const memory = { entry: new ArrayBuffer(koffi.sizeof(passwd)), text: new ArrayBuffer(size) };
        const found: unknown[] = [null];
        getpwnam.async(name, memory.entry, memory.text, size, found, (error: unknown, errno: number) => {
          if (error !== null) {
            reject(error);
          } else if (found[0] === null) {
            resolve({ errno, user: undefined });
          } else {
            const { uid, gid, home }: PasswordEntry = koffi.decode(memory.entry, passwd);
            resolve({ errno, user: { uid, gid, home } });
          }
        });
      }),
    gettimeofday() {
      const now = { seconds: 0, microseconds: 0 };
      gettimeofday(now, null);
      return BigInt(now.seconds) * 1_000_000n + BigInt(now.microseconds);
    },
    settimeofday(seconds, microseconds) {
      if (settimeofday({ seconds, microseconds }, null) === -1) {
        throw systemError(koffi.errno(), 'settimeofday');
      }
    },
    exit: (status) => exit(status),
    dup2(from, to) {
      if (dup2(from, to) === -1) throw systemError(koffi.errno(), 'dup2');
    },
    lockFile(fd) {
      const lock = new Int16Array(FLOCK_SIZE / 2);
      lock[0] = F_WRLCK;
      if (fcntl(fd, F_SETLK, 'void *', lock) === -1) throw systemError(koffi.errno(), 'fcntl');
    },
    datagramSocket() {
      const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_FLAGS, 0);
      if (fd === -1) throw systemError(koffi.errno(), 'socket');
      return fd;
    },
    sendTo(fd, bytes, address) {
      const result: number = sendto(fd, bytes, bytes.length, MSG_FLAGS, address, address.length);
      return result === -1 ? -koffi.errno() : result;
    },
  };
}

/** What `import 'koffi'` gives. The addon alone has all of it that is used here; the rest of the package finds the addon. */
function loadKoffi(): typeof import('koffi') {
  const addon = embeddedAddon('koffi.node') as typeof import('koffi') | undefined;
  return addon ?? createRequire(import.meta.url)('koffi');
}

/** A function that the C library may be too old for, or another than glibc: undefined then. */
function optional<T>(lookUp: () => T): T | undefined {
  try {
    return lookUp();
  } catch {
    return undefined;
  }
}
