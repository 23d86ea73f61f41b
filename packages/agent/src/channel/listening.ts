import { closeSync } from 'node:fs';
import { accept } from '@guestwire/posix';
import type { Channel } from './channel.js';
import { DescriptorChannel } from './descriptor-channel.js';
import type { InheritedSocket } from './inherited.js';

/**
 * A channel over a listening descriptor of any family that has streams. One client is served at a time; the next ones
 * wait in the kernel (qemu-ga §8.8).
 *
 * @param listen gives a listening, non-blocking descriptor, which is closed with the channel; may throw an `AgentError`
 */
export function listeningChannel(name: string, listen: () => number): Channel {
  let fd = -1;
  return new DescriptorChannel({
    name,
    lasting: false,
    get bell() {
      return fd;
    },
    open() {
      fd = listen();
    },
    next() {
      // A client that has given up meanwhile, or no descriptor left for it: neither is an end of ours.
      const client = accept(fd);
      return client < 0 ? undefined : client;
    },
    close() {
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  });
}

/** A channel over a socket that a service manager listens on for us (qemu-ga §8.8). It is closed with the channel. */
export function inheritedListener({ method, descriptor }: InheritedSocket): Channel {
  return listeningChannel(`${method}, descriptor ${descriptor}`, () => descriptor);
}
