import { closeSync } from 'node:fs';
import { EAGAIN } from './errno.js';
import { AF_UNIX, SOCK_DGRAM, send, socket, unixAddress } from './socket.js';

/** Sends datagrams to one unix socket. */
export interface DatagramSender extends Disposable {
  /**
   * Sends a datagram without waiting: `full` if the receiver has no space now, `lost` if there is no receiver or the
   * datagram is too long. Never throws.
   */
  send(bytes: Buffer): 'sent' | 'full' | 'lost';
}

/**
 * Returns a sender to the socket at a path, or in the abstract namespace if it begins with `@`. The receiver may start
 * later, and may restart.
 *
 * @returns undefined if the path is no address, or if there is no descriptor left
 */
export function datagramSender(path: string): DatagramSender | undefined {
  const address = unixAddress(path);
  if (address === undefined) return undefined;
  const fd = socket(AF_UNIX, SOCK_DGRAM);
  if (fd < 0) return undefined;
  return {
    send(bytes) {
      const result = send(fd, bytes, address);
      if (result === bytes.length) return 'sent';
      return result === -EAGAIN ? 'full' : 'lost';
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
