import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { libc } from './ffi.js';

const AF_UNIX = 1;
const EAGAIN = 11;

/** The space for a path in `struct sockaddr_un`. */
const PATH_SIZE = 108;

/** Sends datagrams to one unix socket. */
export interface DatagramSender extends Disposable {
  /**
   * Hands a datagram over, or tells that the receiver has no space for it now, or that it is lost: nobody is there, or
   * it is too long. Never waits, never throws.
   */
  send(bytes: Buffer): 'sent' | 'full' | 'lost';
}

/**
 * A sender to the socket at a path, or, if it begins with `@`, in the abstract namespace. Nothing is remembered of
 * the receiver: it may be restarted, or come to be later. Loads the FFI.
 *
 * @returns undefined if the path is no address, or if there is no socket to be had
 */
export function datagramSender(path: string): DatagramSender | undefined {
  const address = addressOf(path);
  if (address === undefined) return undefined;
  const { datagramSocket, sendTo } = libc();
  let fd: number;
  try {
    fd = datagramSocket();
  } catch {
    return undefined;
  }
  return {
    send(bytes) {
      const result = sendTo(fd, bytes, address);
      if (result === bytes.length) return 'sent';
      return result === -EAGAIN ? 'full' : 'lost';
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** `struct sockaddr_un`; undefined if the path is neither absolute nor abstract, or too long. */
function addressOf(path: string): Buffer | undefined {
  const name = Buffer.from(path);
  const abstract = path.startsWith('@');
  // A path needs room for its NUL, an abstract name does not.
  const longest = abstract ? PATH_SIZE : PATH_SIZE - 1;
  if ((!abstract && !path.startsWith('/')) || name.includes(0) || name.length > longest) return undefined;
  if (abstract) name[0] = 0;
  const family = Buffer.alloc(2);
  if (endianness() === 'LE') family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  // The length of an abstract name counts; a path ends at its NUL.
  return Buffer.concat(abstract ? [family, name] : [family, name, Buffer.alloc(1)]);
}
