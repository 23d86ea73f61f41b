import { closeSync } from 'node:fs';
import {
  AF_VSOCK,
  bind,
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  listen,
  socket,
  strerror,
  type VsockAddress,
  vsockAddress,
} from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { acceptFromVsock, listeningTransport } from './listening.js';
import { type PeerOptions, vsockFilter } from './peer-filter.js';
import type { Transport } from './transport.js';

/** Clients that may wait in the kernel to be accepted. qemu-ga has 1, which refused peers would fill. */
const BACKLOG = 16;

const UINT32_MAX = 0xffff_ffff;

/**
 * Parses `CID:PORT`, two unsigned decimal numbers of 32 bits (qemu-ga §8.8). The context id is the machine's own, or
 * 4294967295 for any.
 *
 * @throws {AgentError} `option`
 */
export function parseVsockAddress(text: string): VsockAddress {
  const [, cid, port, rest] = /^([^:]{1,32}):([^,]{1,32})(.*)$/s.exec(text) ?? [];
  if (cid === undefined || port === undefined) throw syntaxError(`error parsing address '${text}'`);
  if (rest !== '') throw syntaxError(`trailing characters in address '${text}'`);
  return { cid: parseUint32('cid', cid), port: parseUint32('port', port) };
}

/**
 * Returns a transport that listens on a vsock (qemu-ga §8.8) and serves the host only, unless `peers` allows others: any
 * local process can connect through the context id 1, whatever its user, and so can virtual machines.
 *
 * @param address `CID:PORT`
 * @throws {AgentError} `option` if that is no address
 */
export function vsockListen(address: string, peers: PeerOptions = {}): Transport {
  const parsed = parseVsockAddress(address);
  const options = { accept: acceptFromVsock, filter: vsockFilter(peers) };
  return listeningTransport(() => listenAt(parsed), options);
}

function listenAt({ cid, port }: VsockAddress): number {
  const fd = socket(AF_VSOCK);
  if (fd < 0) {
    const advice = 'is the kernel module vsock loaded? --method names another kind of channel';
    throw listenError('Failed to create socket', -fd, advice);
  }
  const bound = bind(fd, vsockAddress(cid, port));
  const result = bound < 0 ? bound : listen(fd, BACKLOG);
  if (result === 0) return fd;
  closeSync(fd);
  const step = bound < 0 ? 'Failed to bind socket' : 'Failed to listen on socket';
  throw listenError(step, -result, ADVICE[-result] ?? '--path=CID:PORT names another address');
}

const ADVICE: Readonly<Record<number, string>> = {
  [EACCES]: 'run guestd as root, or use a port above 1023',
  [EADDRINUSE]: 'another program listens on this port; --path=CID:PORT names another',
  [EADDRNOTAVAIL]: 'this machine has another context id; 4294967295 stands for any',
};

/** Accepts what `strtoull` accepts in full; a minus sign is not accepted. */
function parseUint32(name: string, text: string): number {
  const value = /^[ \t\n\v\f\r]*\+?\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (value <= UINT32_MAX) return value;
  throw syntaxError(`Failed to parse ${name} '${text}'`);
}

function syntaxError(message: string): AgentError {
  return new AgentError('option', message, {
    advice: '--path=CID:PORT, two unsigned decimal numbers; CID 4294967295 stands for any',
  });
}

function listenError(step: string, errno: number, advice: string): AgentError {
  return new AgentError('transport', `${step}: ${strerror(errno)}`, { advice });
}
