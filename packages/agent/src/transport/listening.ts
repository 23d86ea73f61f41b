import { closeSync } from 'node:fs';
import { accept, acceptVsock, peerCredentials, setSendBuffer } from '@guestwire/posix';
import { type AcceptedClient, DescriptorAcceptor } from './descriptor-acceptor.js';
import { DescriptorConnection } from './descriptor-connection.js';
import { ListeningTransport } from './listening-transport.js';
import { type PeerFilter, unixFilter } from './peer-filter.js';
import type { Transport } from './transport.js';

/**
 * The kernel's memory for replies to a client, half of what it counts. With its default, a fifth of this, the agent and a client that reads a
 * large reply wait for each other.
 */
const SEND_BUFFER_BYTES = 512 * 1024;

/** How {@link listeningTransport} accepts clients. */
export interface ListeningOptions {
  /** Accepts the next client; `fd` may be a negated error number. That of a unix socket by default. */
  readonly accept?: (listenFd: number) => AcceptedClient;
  /** By default, root and the agent's own user on a unix socket. */
  readonly filter?: PeerFilter;
}

/**
 * Returns a transport over a listening socket of any stream family, with the rules of {@link ListeningTransport}.
 * @param listen returns a listening, non-blocking descriptor, which the transport closes; may throw an `AgentError`
 */
export function listeningTransport(
  listen: () => number,
  { accept = acceptUnix, filter = unixFilter({}, false) }: ListeningOptions = {},
): Transport {
  const acceptor = new DescriptorAcceptor({
    filter,
    listen,
    accept,
    connect: (fd, onRelease) => new DescriptorConnection(fd, onRelease),
    close: closeSync,
  });
  return new ListeningTransport(acceptor);
}

/** Accepts the next client of a unix socket; `fd` may be a negated error number. */
export function acceptUnix(listenFd: number): AcceptedClient {
  const fd = accept(listenFd);
  if (fd < 0) return { fd };
  setSendBuffer(fd, SEND_BUFFER_BYTES);
  const credentials = peerCredentials(fd);
  return { fd, peer: credentials && { kind: 'unix', ...credentials } };
}

/** Accepts the next client of a vsock; `fd` may be a negated error number. */
export function acceptFromVsock(listenFd: number): AcceptedClient {
  const { fd, peer } = acceptVsock(listenFd);
  return { fd, peer: { kind: 'vsock', ...peer } };
}
