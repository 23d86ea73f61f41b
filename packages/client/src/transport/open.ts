import type { Target } from './target.js';
import type { Transport } from './transport.js';
import { unixTransport } from './unix.js';

/**
 * Connects to a target. What a way takes is loaded when it is gone first: the others need not wait for it.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export async function openTransport(target: Target, signal?: AbortSignal): Promise<Transport> {
  switch (target.kind) {
    case 'unix':
      return await unixTransport(target.path, signal);
    case 'tcp': {
      const { tcpTransport } = await import('./tcp.js');
      return await tcpTransport(target.host, target.port, signal);
    }
    case 'vsock': {
      const { vsockTransport } = await import('./vsock.js');
      return await vsockTransport(target.cid, target.port, signal);
    }
    case 'pty': {
      const { ptyTransport } = await import('./pty.js');
      return await ptyTransport(target.path, signal);
    }
    case 'libvirt': {
      const { libvirtTransport } = await import('./libvirt/libvirt.js');
      return await libvirtTransport(target.uri, target.domain, signal);
    }
    case 'exec': {
      const { execTransport } = await import('./exec.js');
      return await execTransport(target.command, signal);
    }
  }
}
