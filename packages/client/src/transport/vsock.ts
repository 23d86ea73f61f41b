import { closeSync } from 'node:fs';
import {
  AF_VSOCK,
  connect,
  EINPROGRESS,
  POLLOUT,
  SO_ERROR,
  socket,
  socketOption,
  systemError,
  vsockAddress,
  waitReady,
} from '@guestwire/posix';
import { overDescriptor, requireFfi } from './descriptor.js';
import { type Advice, refused } from './refused.js';
import { formatTarget, parseTarget } from './target.js';
import type { Transport } from './transport.js';

const NO_GUEST =
  'no guest with this context id answers. Is it running, and does it have a vhost-vsock device with this guest-cid?';
const NO_PORT =
  'nobody listens on this port in the guest. Is an agent running there with --method vsock-listen and this port?';

const advice: Advice = {
  EAFNOSUPPORT: 'this kernel has no vsock. As root, "modprobe vhost_vsock" brings it',
  ENODEV: NO_GUEST,
  ENETUNREACH: NO_GUEST,
  EHOSTUNREACH: NO_GUEST,
  ETIMEDOUT: NO_GUEST,
  ECONNREFUSED: NO_PORT,
  ECONNRESET: NO_PORT,
  EADDRNOTAVAIL:
    'this machine has no vsock device that leads to this context id. As root, "modprobe vhost_vsock" brings it',
  EACCES: 'permission denied by this machine’s security policy',
  EPERM: 'permission denied by this machine’s security policy',
};

/**
 * Connects to a vsock on which an agent of a guest on this machine listens (`vsock-listen`). Linux only.
 *
 * @param cid the guest's context id; below 2³² − 1
 * @param port below 2³² − 1
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 * @throws {TypeError} if the numbers are not in their ranges
 */
export async function vsockTransport(
  cid: number,
  port: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Transport> {
  const target = formatTarget({ kind: 'vsock', cid, port });
  parseTarget(target);
  signal.throwIfAborted();
  requireFfi(target);
  const fd = socket(AF_VSOCK);
  if (fd < 0) throw refused(target, systemError(-fd, 'socket'), advice);
  try {
    let result = connect(fd, vsockAddress(cid, port));
    if (result === -EINPROGRESS) {
      await waitReady(fd, POLLOUT, signal);
      signal.throwIfAborted();
      result = -Math.abs(socketOption(fd, SO_ERROR));
    }
    if (result < 0) throw refused(target, systemError(-result, 'connect'), advice);
    return overDescriptor(target, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
