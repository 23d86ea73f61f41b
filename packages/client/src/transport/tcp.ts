import { connect } from 'node:net';
import { type Advice, openWith } from './open-error.js';
import { socketTransport } from './socket.js';
import { formatTarget } from './target.js';
import type { Transport } from './transport.js';

const UNREACHABLE = 'host unreachable; is it up, and does no firewall block the port?';

const ADVICE: Advice = {
  ECONNREFUSED:
    'connection refused; is the VM running, and is this the port of its agent channel? QEMU listens with -chardev socket,server=on,wait=off',
  ENOTFOUND: 'unknown host; is the name correct?',
  EAI_AGAIN: 'temporary failure in name resolution; does the name server answer?',
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EADDRNOTAVAIL: 'this machine has no address of that family',
};

const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * Connects to a TCP port, such as a chardev of QEMU that listens there. The connection is unencrypted and
 * unauthenticated: anyone who reaches the port controls the guest.
 */
export function tcpTransport(host: string, port: number, signal?: AbortSignal): Promise<Transport> {
  const target = formatTarget({ kind: 'tcp', host, port });
  // Requests are small, and each waits for its reply: none must wait for a full segment.
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS };
  return openWith(target, ADVICE, signal, () =>
    socketTransport(target, (onread) => connect({ ...options, onread }), signal),
  );
}
