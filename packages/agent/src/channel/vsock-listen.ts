import { closeSync } from 'node:fs';
import { AgentError } from '../agent-error.js';
import { strerror } from '../linux/errno.js';
import { libc } from '../linux/ffi.js';
import type { Channel } from './channel.js';
import { listeningChannel } from './listening.js';

/** The address family (Linux, all architectures alike). */
export const AF_VSOCK = 40;

/** Clients that may wait in the kernel for their turn. */
const BACKLOG = 1;

const UINT32_MAX = 0xffff_ffff;

const EACCES = 13;
const EADDRINUSE = 98;
const EADDRNOTAVAIL = 99;

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
  return listeningChannel(address, () => listen(where));
}

function listen(address: VsockAddress): number {
  const fd = libc().socket(AF_VSOCK);
  if (fd < 0) {
    throw failed(
      'Failed to create socket',
      -fd,
      'is there the kernel module vsock? --method gives another way',
    );
  }
  const bound = libc().bind(fd, socketAddress(address));
  const listening = bound < 0 ? bound : libc().listen(fd, BACKLOG);
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

/** `struct sockaddr_vm`. */
function socketAddress({ cid, port }: VsockAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  new Uint16Array(bytes.buffer).set([AF_VSOCK]);
  new Uint32Array(bytes.buffer).set([port, cid], 1);
  return bytes;
}

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
