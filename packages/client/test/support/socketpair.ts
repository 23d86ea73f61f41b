import { closeSync, readSync, writeSync } from 'node:fs';
import { AF_UNIX, CFunction, check } from '@guestwire/posix';

const STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;

const cSocketpair = new CFunction('int socketpair(int family, int type, int protocol, void *descriptors)');

/** A raw descriptor and its peer. */
export interface SocketPair extends Disposable {
  /** Non-blocking; for the user to close. */
  readonly fd: number;
  /** Returns the bytes that the peer has received, which may be none. */
  take(): Buffer;
  /** Sends bytes from the peer; returns the number that fit. */
  say(bytes: Buffer): number;
  /** Closes the other end. */
  hangUp(): void;
}

/** Returns a pair of raw sockets, which behave like a vsock. */
export function socketPair(): SocketPair {
  const descriptors = new Int32Array(2);
  check(cSocketpair.call(AF_UNIX, STREAM_NONBLOCK_CLOEXEC, 0, descriptors), 'socketpair');
  const [fd = -1, other = -1] = descriptors;
  let open = true;
  const hangUp = (): void => {
    if (open) closeSync(other);
    open = false;
  };
  return {
    fd,
    take() {
      const bytes = Buffer.alloc(1 << 20);
      try {
        return bytes.subarray(0, readSync(other, bytes));
      } catch {
        return Buffer.alloc(0);
      }
    },
    say: (bytes) => writeSync(other, bytes),
    hangUp,
    [Symbol.dispose]: hangUp,
  };
}
