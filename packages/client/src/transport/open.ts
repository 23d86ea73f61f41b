import { execTransport } from './exec.js';
import { libvirtTransport } from './libvirt/libvirt.js';
import { ptyTransport } from './pty.js';
import type { Target } from './target.js';
import { tcpTransport } from './tcp.js';
import type { Transport } from './transport.js';
import { unixTransport } from './unix.js';
import { vsockTransport } from './vsock.js';

/**
 * Connects to a target.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export const openTransport = async (target: Target, signal?: AbortSignal): Promise<Transport> => {
  switch (target.kind) {
    case 'unix':
      return await unixTransport(target.path, signal);
    case 'tcp':
      return await tcpTransport(target.host, target.port, signal);
    case 'exec':
      return await execTransport(target.command, signal);
    case 'libvirt':
      return await libvirtTransport(target.uri, target.domain, signal);
    case 'vsock':
      return await vsockTransport(target.cid, target.port, signal);
    case 'pty':
      return await ptyTransport(target.path, signal);
  }
};
