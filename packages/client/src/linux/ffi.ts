import { createRequire } from 'node:module';

/**
 * The few system calls that Node has no function for and that a vsock or a terminal needs, straight from the C
 * library. This module alone knows the FFI. A result below 0 is a negated error number.
 *
 * Descriptors are plain numbers; who opened one closes it.
 */
export interface Libc {
  /**
   * Waits in a thread until a descriptor is ready, and says how many are. `set` is not to be touched until then.
   */
  poll(set: PollSet): Promise<number>;
  /** A counter to wake a poll with; non-blocking, not inherited. */
  eventfd(): number;
  /** A stream socket of a family, non-blocking, not inherited. */
  socket(family: number): number;
  /** Begins to connect a socket to a `struct sockaddr` of its family; `-EINPROGRESS` if it goes on. */
  connect(fd: number, address: Uint8Array): number;
  /** The negated number of the error that a socket has had since this was last asked; 0 if none. */
  socketError(fd: number): number;
  /** Fills in the `struct termios` of a terminal, which takes less than {@link TERMIOS_SIZE} bytes. */
  tcgetattr(fd: number, termios: Uint8Array): number;
  /** Sets a terminal's attributes at once. */
  tcsetattr(fd: number, termios: Uint8Array): number;
  /** Changes a `struct termios` to one that passes every byte as it is. */
  cfmakeraw(termios: Uint8Array): void;
}

/** Bits of `poll` (Linux, all architectures alike). */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;

/** Larger than `struct termios` is anywhere. */
export const TERMIOS_SIZE = 256;

const SOCK_STREAM = 1;
const SOCK_FLAGS = 0o2000000 | 0o4000; // SOCK_CLOEXEC | SOCK_NONBLOCK
const EFD_FLAGS = 0o2000000 | 0o4000; // EFD_CLOEXEC | EFD_NONBLOCK
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const TCSANOW = 0;
const FOR_EVER = -1;

/** The array of `struct pollfd` that the kernel reads and writes. */
export class PollSet {
  // A buffer of its own: the engine may move small typed arrays, and a thread writes here meanwhile.
  readonly bytes: ArrayBuffer;
  readonly length: number;
  readonly #events: Int16Array;

  /** @param watched descriptors, and what each is watched for */
  constructor(watched: readonly { readonly fd: number; readonly events: number }[]) {
    this.bytes = new ArrayBuffer(watched.length * 8);
    this.length = watched.length;
    this.#events = new Int16Array(this.bytes);
    const descriptors = new Int32Array(this.bytes);
    for (const [index, { fd, events }] of watched.entries()) {
      descriptors[index * 2] = fd;
      this.#events[index * 4 + 2] = events;
    }
  }

  /** What the poll found at a place. */
  found(index: number): number {
    return this.#events[index * 4 + 3] ?? 0;
  }
}

let loaded: Libc | undefined;

/**
 * The C library. The first call loads the FFI, which takes some milliseconds and memory that other ways to a
 * guest need not pay.
 *
 * @throws {Error} if there is no FFI for this system
 */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  const poll = library.func('int poll(void *fds, unsigned long count, int timeout)');
  const eventfd = library.func('int eventfd(unsigned int value, int flags)');
  const socket = library.func('int socket(int family, int type, int protocol)');
  const connect = library.func('int connect(int fd, void *address, unsigned int length)');
  const getsockopt = library.func('int getsockopt(int fd, int level, int option, void *value, void *length)');
  const tcgetattr = library.func('int tcgetattr(int fd, void *termios)');
  const tcsetattr = library.func('int tcsetattr(int fd, int when, void *termios)');
  const cfmakeraw = library.func('void cfmakeraw(void *termios)');
  const orErrno = (result: number): number => (result === -1 ? -koffi.errno() : result);
  return {
    poll: (set) =>
      new Promise((resolve, reject) => {
        poll.async(set.bytes, set.length, FOR_EVER, (error: unknown, ready: number) =>
          error === null ? resolve(ready) : reject(error),
        );
      }),
    eventfd: () => orErrno(eventfd(0, EFD_FLAGS)),
    socket: (family) => orErrno(socket(family, SOCK_STREAM | SOCK_FLAGS, 0)),
    connect: (fd, address) => orErrno(connect(fd, address, address.length)),
    socketError(fd) {
      const value = new Int32Array(1);
      const length = new Uint32Array([value.byteLength]);
      const result = orErrno(getsockopt(fd, SOL_SOCKET, SO_ERROR, value, length));
      return result < 0 ? result : -(value[0] ?? 0);
    },
    tcgetattr: (fd, termios) => orErrno(tcgetattr(fd, termios)),
    tcsetattr: (fd, termios) => orErrno(tcsetattr(fd, TCSANOW, termios)),
    cfmakeraw: (termios) => void cfmakeraw(termios),
  };
}
