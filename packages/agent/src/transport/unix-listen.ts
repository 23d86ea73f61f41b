import { closeSync } from 'node:fs';
import process from 'node:process';
import { DescriptorAcceptor } from './descriptor-acceptor.js';
import { acceptUnix } from './listening.js';
import { ListeningTransport } from './listening-transport.js';
import { type PeerOptions, unixFilter } from './peer-filter.js';
import { ServerAcceptor } from './server-acceptor.js';
import { SocketConnection } from './socket-connection.js';
import type { Transport } from './transport.js';
import { isAbstract, listenAtPath, removeSocket, temporarySocketPath } from './unix-socket.js';

/** The permissions of a unix socket: only the agent's user, and root, can connect. */
export const DEFAULT_MODE = 0o600;

/** Bun and Deno reject descriptors that they have not opened themselves. */
const HAS_RAW_DESCRIPTORS = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

/** How {@link unixListen} treats the socket. */
export interface UnixListenOptions extends Pick<PeerOptions, 'socketUsers' | 'log'> {
  /** Permissions of the socket, 0600 by default whatever the umask is. Connecting takes the permission to write. */
  readonly mode?: number;
  /**
   * True to leave the socket in its folder when the transport is closed, as the daemon does (qemu-ga §8.8): another agent
   * may have replaced it. The socket stays open, unanswered, until the process ends.
   */
  readonly keepSocket?: boolean;
}

/**
 * Returns a transport that listens on a unix socket and serves one client at a time, in the order of their arrival
 * (qemu-ga §8.8). No byte of a waiting client is read, and most of them wait in the kernel. A client that disconnects in
 * whatever way makes room for the next.
 *
 * @param path if empty, a random name in the folder for temporary files
 */
export function unixListen(path: string, options: UnixListenOptions = {}): Transport {
  const { mode = DEFAULT_MODE, keepSocket = false } = options;
  const chosen = path === '' ? temporarySocketPath() : path;
  const filter = unixFilter(options, !isAbstract(chosen));
  // Node pads an abstract name with NULs, and other runtimes do as they like: hosts must find what Node connects to.
  if (!HAS_RAW_DESCRIPTORS || isAbstract(chosen)) {
    const server = new ServerAcceptor({ path: chosen, mode, filter, keepSocket });
    return new ListeningTransport(server, isAbstract(chosen) ? undefined : chosen);
  }
  const acceptor = new DescriptorAcceptor({
    filter,
    listen: () => listenAtPath(chosen, mode),
    accept: acceptUnix,
    connect: SocketConnection.overDescriptor,
    async close(fd) {
      if (keepSocket) return;
      closeSync(fd);
      await removeSocket(chosen);
    },
  });
  return new ListeningTransport(acceptor, chosen);
}
