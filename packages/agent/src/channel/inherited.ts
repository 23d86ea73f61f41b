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

/** A listening socket, non-blocking and not inherited by programs, that a service manager has opened for us. */
export interface InheritedSocket {
  readonly method: 'unix-listen' | 'vsock-listen';
  readonly descriptor: number;
}

/** The first descriptor that systemd hands over. */
const FIRST_DESCRIPTOR = 3;

const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const;

/**
 * The socket that systemd listens on for us, if it does (qemu-ga §8.8): its method and path count for more than the
 * configured ones. The variables that told so are removed from `env`, since they are not meant for our children.
 *
 * @throws {AgentError} `option` if it is no listening unix socket or vsock, or if there are several
 */
export function inheritedSocket(env: NodeJS.ProcessEnv): InheritedSocket | undefined {
  // A number that cannot be read, or that names another process, means somebody else.
  if (decimal(env['LISTEN_PID']) !== process.pid) return undefined;
  const count = decimal(env['LISTEN_FDS']);
  if (count === undefined) return undefined;
  for (const name of VARIABLES) delete env[name];
  if (count === 0) return undefined;
  const closing = setCloseOnExec(FIRST_DESCRIPTOR);
  if (closing < 0) {
    const problem = `Socket activation failed: invalid file descriptor fd = ${FIRST_DESCRIPTOR}`;
    throw new AgentError('option', `${problem}: ${strerror(-closing)}`);
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
