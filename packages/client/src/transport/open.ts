import type { Target } from './target.js';
import type { Transport } from './transport.js';
import { unixTransport } from './unix.js';

/**
 * Opens a transport to a target. All kinds but `unix` are loaded on first use.
 *
 * @throws {GuestError} `closed`, whose message says what to check, or the signal's reason
 */
export async function openTransport(target: Target, signal?: AbortSignal): Promise<Transport> {
  switch (target.kind) {
    case 'unix':
      return await unixTransport(target.path, signal);
    case 'tcp':
      return await (await import('./tcp.js')).tcpTransport(target.host, target.port, signal);
    case 'vsock':
      return await (await import('./vsock.js')).vsockTransport(target.cid, target.port, signal);
    case 'pty':
      return await (await import('./pty.js')).ptyTransport(target.path, signal);
    case 'libvirt': {
      const { libvirtTransport } = await import('./libvirt/libvirt.js');
      return await libvirtTransport(target.uri, target.domain, signal);
    }
    case 'exec':
      return await (await import('./exec.js')).execTransport(target.command, signal);
  }
}
