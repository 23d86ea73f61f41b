import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { systemError } from '../linux/errno.js';
import { POLLOUT } from '../linux/ffi.js';
import { ready } from '../linux/poller.js';
import { loadLibc, overDescriptor } from './descriptor.js';
import { type Advice, refused } from './refused.js';
import { formatTarget, parseTarget } from './target.js';
import type { Transport } from './transport.js';

/** The address family (Linux, all architectures alike). */
const AF_VSOCK = 40;

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

/** `struct sockaddr_vm`. */
function socketAddress(cid: number, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new Uint16Array(bytes.buffer).set([AF_VSOCK]);
  new Uint32Array(bytes.buffer).set([port, cid], 1);
  return bytes;
}

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
  const libc = loadLibc(target);
  const fd = libc.socket(AF_VSOCK);
  if (fd < 0) throw refused(target, systemError('socket', fd), advice);
  try {
    let result = libc.connect(fd, socketAddress(cid, port));
    if (result === -constants.errno.EINPROGRESS) {
      await ready(fd, POLLOUT, signal);
      signal.throwIfAborted();
      result = libc.socketError(fd);
    }
    if (result < 0) throw refused(target, systemError('connect', result), advice);
    return overDescriptor(target, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
