import process from 'node:process';
import type { Logger } from '../log/logger.js';
import type { Peer } from './peer.js';

/** The context id of the host, for its guests (`VMADDR_CID_HOST`). */
export const HOST_CID = 2;

/** At most one message about refused peers is logged in this time, whatever a peer does. */
const LOG_INTERVAL_MS = 10_000;

/** The numbers that are allowed, or any. */
export type AllowedIds = readonly number[] | 'any';

/** The peers that listening transports serve; others are disconnected before a byte is read. */
export interface PeerOptions {
  /**
   * Context ids of vsock peers; only the host, 2, by default. Local processes have 1, virtual machines of this machine
   * and of the host have others.
   */
  readonly vsockPeers?: AllowedIds | undefined;
  /**
   * User ids of unix socket peers, beside root and the agent's own user. If absent, these two only on inherited and
   * abstract sockets; on a socket in a folder the file permissions decide.
   */
  readonly socketUsers?: AllowedIds | undefined;
  /** Receives messages about refused peers. */
  readonly log?: Logger | undefined;
}

/** Decides which peers a transport serves, and logs those that it refuses. */
export class PeerFilter {
  readonly #allows: (peer: Peer | undefined) => boolean;
  readonly #advice: string;
  readonly #log: Logger | undefined;
  readonly #now: () => number;
  #nextMessage = Number.NEGATIVE_INFINITY;
  /** Refused peers without a message. */
  #unreported = 0;

  /** @param now returns the time in milliseconds */
  constructor(
    allows: (peer: Peer | undefined) => boolean,
    advice: string,
    log: Logger | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#allows = allows;
    this.#advice = advice;
    this.#log = log;
    this.#now = now;
  }

  /** @param peer undefined if the kernel does not report it */
  admits(peer: Peer | undefined): boolean {
    if (this.#allows(peer)) return true;
    const now = this.#now();
    if (now < this.#nextMessage) {
      this.#unreported += 1;
      return false;
    }
    const others = this.#unreported === 0 ? '' : `; ${this.#unreported} more since the last message`;
    this.#log?.error(`refused a connection from ${describe(peer)}: ${this.#advice}${others}`);
    this.#nextMessage = now + LOG_INTERVAL_MS;
    this.#unreported = 0;
    return false;
  }
}

/** Returns the filter of a vsock. */
export function vsockFilter({ vsockPeers = [HOST_CID], log }: PeerOptions): PeerFilter {
  const allows = (peer: Peer | undefined): boolean =>
    vsockPeers === 'any' || (peer?.kind === 'vsock' && vsockPeers.includes(peer.cid));
  return new PeerFilter(allows, 'vsock-peers does not list this context id', log);
}

/**
 * Returns the filter of a unix socket.
 * @param hasPermissions true if the socket is a file that was made with the configured mode
 */
export function unixFilter({ socketUsers, log }: PeerOptions, hasPermissions: boolean): PeerFilter {
  const users = socketUsers ?? (hasPermissions ? 'any' : []);
  const own = process.geteuid?.();
  const allows = (peer: Peer | undefined): boolean => {
    if (users === 'any') return true;
    if (peer?.kind !== 'unix') return false;
    return peer.uid === 0 || peer.uid === own || users.includes(peer.uid);
  };
  return new PeerFilter(allows, 'socket-users does not list this user', log);
}

function describe(peer: Peer | undefined): string {
  switch (peer?.kind) {
    case 'vsock':
      return `vsock context id ${peer.cid}, port ${peer.port}`;
    case 'unix':
      return `user ${peer.uid}, process ${peer.pid}`;
    default:
      return 'an unknown peer';
  }
}
