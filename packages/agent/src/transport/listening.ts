import { closeSync } from 'node:fs';
import { accept } from '@guestwire/posix';
import { DescriptorTransport } from './descriptor-transport.js';
import type { Transport } from './transport.js';

/**
 * Returns a transport over a listening socket of any stream family. One client is served at a time; the next ones wait in
 * the kernel (qemu-ga §8.8).
 * @param listen returns a listening, non-blocking descriptor, which the transport closes; may throw an `AgentError`
 */
export function listeningTransport(name: string, listen: () => number): Transport {
  let fd = -1;
  return new DescriptorTransport({
    name,
    persistent: false,
    get listenFd() {
      return fd;
    },
    open() {
      fd = listen();
    },
    next() {
      // The client may have given up, or no descriptor may be left: neither breaks the transport.
      const client = accept(fd);
      return client < 0 ? undefined : client;
    },
    close() {
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  });
}
