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
  vsockAddress,
} from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import type { Channel } from './channel.js';
import { listeningChannel } from './listening.js';

/** Clients that may wait in the kernel for their turn. */
const BACKLOG = 1;

const UINT32_MAX = 0xffff_ffff;

/** What tells the operator how to write an address. */
const SYNTAX = '--path=CID:PORT, two unsigned decimal numbers; CID 4294967295 stands for any';

/** Where a vsock listens: the machine's own context id, or 4294967295 for whatever it has, and a port. */
export interface VsockAddress {
  readonly cid: number;
  readonly port: number;
}

/**
 * Reads `CID:PORT`, two unsigned decimal numbers of 32 bits (qemu-ga §8.8).
 *
 * @throws {AgentError} `option`
 */
export function parseVsockAddress(text: string): VsockAddress {
  const [, cid, port, rest] = /^([^:]{1,32}):([^,]{1,32})(.*)$/s.exec(text) ?? [];
  if (cid === undefined || port === undefined) throw unusable(`error parsing address '${text}'`);
  if (rest !== '') throw unusable(`trailing characters in address '${text}'`);
  return { cid: uint32('cid', cid), port: uint32('port', port) };
}

/**
 * A channel that listens on a vsock (qemu-ga §8.8).
 *
 * @param address `CID:PORT`
 * @throws {AgentError} `option` if that is no address
 */
export function vsockListen(address: string): Channel {
  const where = parseVsockAddress(address);
  return listeningChannel(address, () => listenAt(where));
}

function listenAt({ cid, port }: VsockAddress): number {
  const fd = socket(AF_VSOCK);
  if (fd < 0) {
    throw failed(
      'Failed to create socket',
      -fd,
      'is there the kernel module vsock? --method gives another way',
    );
  }
  const bound = bind(fd, vsockAddress(cid, port));
  const listening = bound < 0 ? bound : listen(fd, BACKLOG);
  if (listening === 0) return fd;
  closeSync(fd);
  const step = bound < 0 ? 'Failed to bind socket' : 'Failed to listen on socket';
  throw failed(step, -listening, ADVICE[-listening] ?? '--path=CID:PORT gives another address');
}

const ADVICE: Readonly<Record<number, string>> = {
  [EACCES]: 'run guestd as root, or give a port above 1023',
  [EADDRINUSE]: 'another program listens on this port; give another --path=CID:PORT',
  [EADDRNOTAVAIL]: 'this machine has another context id; 4294967295 stands for whatever it has',
};

/** What `strtoull` takes in full; a sign may stand before it, but makes nothing negative. */
function uint32(name: string, text: string): number {
  const value = /^[ \t\n\v\f\r]*\+?\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (value <= UINT32_MAX) return value;
  throw unusable(`Failed to parse ${name} '${text}'`);
}

function unusable(message: string): AgentError {
  return new AgentError('option', message, { advice: SYNTAX });
}

function failed(step: string, errno: number, advice: string): AgentError {
  return new AgentError('channel', `${step}: ${strerror(errno)}`, { advice });
}
