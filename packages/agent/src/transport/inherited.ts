import process from 'node:process';
import {
  AF_UNIX,
  AF_VSOCK,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  setCloseOnExec,
  setNonBlocking,
  socketOption,
  strerror,
} from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { acceptFromVsock, listeningTransport } from './listening.js';
import { type PeerOptions, unixFilter, vsockFilter } from './peer-filter.js';
import type { Transport } from './transport.js';

/** A listening socket, non-blocking and not inherited by programs, that a service manager has opened. */
export interface InheritedSocket {
  readonly method: 'unix-listen' | 'vsock-listen';
  readonly descriptor: number;
}

/** The first descriptor that systemd passes. */
const FIRST_DESCRIPTOR = 3;

const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const;

/**
 * Returns a transport over an inherited socket (qemu-ga §8.8), which the transport closes. Its permissions, if it has any,
 * are those that the service manager has given it: so the peers are checked.
 */
export function inheritedListener(
  { method, descriptor }: InheritedSocket,
  peers: PeerOptions = {},
): Transport {
  const options =
    method === 'vsock-listen'
      ? { accept: acceptFromVsock, filter: vsockFilter(peers) }
      : { filter: unixFilter(peers, false) };
  return listeningTransport(() => descriptor, options);
}

/**
 * Returns the socket that systemd has passed to this process, if any (qemu-ga §8.8): its method and path override the
 * configured ones. The variables that announce it are removed from `env`, since they are not for child processes.
 *
 * @throws {AgentError} `option` if it is no listening unix socket or vsock, or if there are several
 */
export function inheritedSocket(env: NodeJS.ProcessEnv): InheritedSocket | undefined {
  // A number that cannot be read, or of another process: the variables are not for this process.
  if (decimal(env['LISTEN_PID']) !== process.pid) return undefined;
  const count = decimal(env['LISTEN_FDS']);
  if (count === undefined) return undefined;
  for (const name of VARIABLES) delete env[name];
  if (count === 0) return undefined;
  const result = setCloseOnExec(FIRST_DESCRIPTOR);
  if (result < 0) {
    const problem = `Socket activation failed: invalid file descriptor fd = ${FIRST_DESCRIPTOR}`;
    throw new AgentError('option', `${problem}: ${strerror(-result)}`);
  }
  if (count > 1) {
    throw new AgentError('option', 'qemu-ga only supports listening on one socket', {
      advice: 'the socket unit may have one Listen line only',
    });
  }
  const method = methodOf(FIRST_DESCRIPTOR);
  setNonBlocking(FIRST_DESCRIPTOR);
  return { method, descriptor: FIRST_DESCRIPTOR };
}

function methodOf(descriptor: number): InheritedSocket['method'] {
  const family = socketOption(descriptor, SO_DOMAIN);
  if (socketOption(descriptor, SO_ACCEPTCONN) === 1) {
    if (family === AF_UNIX) return 'unix-listen';
    if (family === AF_VSOCK) return 'vsock-listen';
  }
  throw new AgentError('option', 'unsupported listen fd type', {
    advice: 'the socket unit needs Accept=no, and ListenStream= with a path or a vsock address',
  });
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
