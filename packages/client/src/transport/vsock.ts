import { closeSync } from 'node:fs';
import {
  AF_VSOCK,
  check,
  connect,
  EINPROGRESS,
  POLLOUT,
  SO_ERROR,
  socket,
  socketOption,
  vsockAddress,
  waitReady,
} from '@guestwire/posix';
import { descriptorTransport, requireFfi } from './descriptor.js';
import { type Advice, openWith } from './open-error.js';
import { formatTarget, parseTarget } from './target.js';
import type { Transport } from './transport.js';

const NO_GUEST = 'no guest with this context id; is it running, with a vhost-vsock device of this guest-cid?';
const NO_PORT = 'connection refused; does an agent in the guest listen on this port (--method vsock-listen)?';
const NOT_PERMITTED = "permission denied by this machine's security policy";

const ADVICE: Advice = {
  EAFNOSUPPORT: 'this kernel has no vsock; run "modprobe vhost_vsock" as root',
  ENODEV: NO_GUEST,
  ENETUNREACH: NO_GUEST,
  EHOSTUNREACH: NO_GUEST,
  ETIMEDOUT: NO_GUEST,
  ECONNREFUSED: NO_PORT,
  ECONNRESET: NO_PORT,
  EADDRNOTAVAIL: 'this machine has no vsock device for this context id; run "modprobe vhost_vsock" as root',
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
};

/** Connects to a vsock on which an agent in a guest of this machine listens (`vsock-listen`). Linux only. */
export async function vsockTransport(
  cid: number,
  port: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Transport> {
  const target = formatTarget({ kind: 'vsock', cid, port });
  parseTarget(target);
  return await openWith(target, ADVICE, signal, async () => {
    requireFfi(target);
    const fd = check(socket(AF_VSOCK), 'socket');
    try {
      const result = connect(fd, vsockAddress(cid, port));
      if (result === -EINPROGRESS) {
        await waitReady(fd, POLLOUT, signal);
        signal.throwIfAborted();
        check(-Math.abs(socketOption(fd, SO_ERROR)), 'connect');
      } else {
        check(result, 'connect');
      }
      return descriptorTransport(target, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  });
}
