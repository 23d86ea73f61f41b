import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { EAGAIN } from './errno.js';
import { CFunction } from './library.js';

/**
 * Sockets of families that Node does not have. Each function returns its result or a negated error number; `check` turns
 * that into an exception.
 */

/** Address families, the same on all architectures. */
export const AF_UNIX = 1;
const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_VSOCK = 40;

/** Types of sockets, of all architectures but MIPS. */
const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

/** Options of the socket level, of all architectures but Alpha, MIPS, PA-RISC and SPARC. */
export const SO_ERROR = 4;
const SO_SNDBUF = 7;
const SO_PEERCRED = 17;
export const SO_ACCEPTCONN = 30;
const SO_SNDBUFFORCE = 32;
export const SO_DOMAIN = 39;

const SOL_SOCKET = 1;
const SOCK_FLAGS = 0o2000000 | 0o4000; // SOCK_CLOEXEC | SOCK_NONBLOCK
const MSG_FLAGS = 0x40 | 0x4000; // MSG_DONTWAIT | MSG_NOSIGNAL

/** The space for a path in `struct sockaddr_un`. */
const PATH_SIZE_BYTES = 108;

const cSocket = new CFunction('int socket(int family, int type, int protocol)');
const cBind = new CFunction('int bind(int fd, void *address, unsigned int length)');
const cListen = new CFunction('int listen(int fd, int backlog)');
const cAccept4 = new CFunction('int accept4(int fd, void *address, void *length, int flags)');
const cConnect = new CFunction('int connect(int fd, void *address, unsigned int length)');
const cGetsockopt = new CFunction('int getsockopt(int fd, int level, int option, void *value, void *length)');
const cSetsockopt = new CFunction(
  'int setsockopt(int fd, int level, int option, const void *value, unsigned int length)',
);
const cRecv = new CFunction('int64_t recv(int fd, void *into, size_t length, int flags)');
const cSendto = new CFunction(
  'int64_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
);

const cInetNtop = new CFunction<string>(
  'const char *inet_ntop(int family, const void *address, void *into, uint32_t size)',
);

/** Where `inet_ntop` writes: the longest text of an IPv6 address with its NUL. */
const ADDRESS_TEXT = Buffer.alloc(46);

/** Makes a socket, non-blocking and not inherited. */
export function socket(family: number, type = SOCK_STREAM, protocol = 0): number {
  return cSocket.call(family, type | SOCK_FLAGS, protocol);
}

/** @param address a `struct sockaddr` of the socket's family */
export function bind(fd: number, address: Uint8Array): number {
  return cBind.call(fd, address, address.length);
}

export function listen(fd: number, backlog: number): number {
  return cListen.call(fd, backlog);
}

/**
 * Returns the next connection, non-blocking and not inherited.
 * @param peer receives the peer's `struct sockaddr`; what it is too short for is cut off
 */
export function accept(fd: number, peer: Uint8Array | null = null): number {
  const length = peer === null ? null : new Uint32Array([peer.length]);
  return cAccept4.call(fd, peer, length, SOCK_FLAGS);
}

/** Starts to connect a socket; `-EINPROGRESS` if that takes longer. */
export function connect(fd: number, address: Uint8Array): number {
  return cConnect.call(fd, address, address.length);
}

/** Returns an integer option of the socket level. */
export function socketOption(fd: number, option: number): number {
  const value = new Int32Array(1);
  const length = new Uint32Array([value.byteLength]);
  const result = cGetsockopt.call(fd, SOL_SOCKET, option, value, length);
  return result < 0 ? result : (value[0] ?? 0);
}

/**
 * Sets the size of a socket's buffer for output, in bytes, beyond the system's limit for a process with CAP_NET_ADMIN. The kernel doubles it
 * for its own needs. Does nothing without the FFI.
 */
export function setSendBuffer(fd: number, bytes: number): void {
  if (!cSetsockopt.isAvailable) return;
  const value = new Int32Array([bytes]);
  const isForced = cSetsockopt.call(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, value.byteLength) === 0;
  if (!isForced) cSetsockopt.call(fd, SOL_SOCKET, SO_SNDBUF, value, value.byteLength);
}

/** The process that has connected a unix socket, as it was at that moment. */
export interface Credentials {
  /** 0 for a process outside of this process's pid namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Returns the credentials of the peer of a connected unix socket; undefined for any other descriptor, and without the FFI. */
export function peerCredentials(fd: number): Credentials | undefined {
  if (!cGetsockopt.isAvailable) return undefined;
  const fields = new Uint32Array(3);
  const result = cGetsockopt.call(fd, SOL_SOCKET, SO_PEERCRED, fields, new Uint32Array([fields.byteLength]));
  const [pid = 0, uid = 0, gid = 0] = fields;
  return result < 0 ? undefined : { pid, uid, gid };
}

/** Receives a datagram in this thread, and returns its length. */
export function recv(fd: number, into: Buffer): number {
  return cRecv.call(fd, into, into.length, 0);
}

/**
 * Sends a datagram without waiting, and returns the number of bytes sent.
 * @param address a `struct sockaddr`; null for a connected socket, and for the kernel
 */
export function send(fd: number, bytes: Buffer, address: Uint8Array | null = null): number {
  return cSendto.call(fd, bytes, bytes.length, MSG_FLAGS, address, address?.length ?? 0);
}

const VSOCK_ADDRESS_SIZE_BYTES = 16;

/** The address of a vsock: a context id and a port. */
export interface VsockAddress {
  readonly cid: number;
  readonly port: number;
}

/** Accepts the next connection of a listening vsock as {@link accept} does, with the address of its peer. */
export function acceptVsock(fd: number): { readonly fd: number; readonly peer: VsockAddress } {
  const bytes = new Uint8Array(VSOCK_ADDRESS_SIZE_BYTES);
  const client = accept(fd, bytes);
  const [, port = 0, cid = 0] = new Uint32Array(bytes.buffer);
  return { fd: client, peer: { cid, port } };
}

/** Returns a `struct sockaddr_vm`. */
export function vsockAddress(cid: number, port: number): Uint8Array {
  const bytes = new Uint8Array(VSOCK_ADDRESS_SIZE_BYTES);
  new Uint16Array(bytes.buffer).set([AF_VSOCK]);
  new Uint32Array(bytes.buffer).set([port, cid], 1);
  return bytes;
}

/**
 * Returns a `struct sockaddr_un` for a path, or for a name in the abstract namespace if it begins with `@`; undefined if
 * the path is neither absolute nor abstract, or too long.
 */
export function unixAddress(path: string): Buffer | undefined {
  const name = Buffer.from(path);
  const abstract = path.startsWith('@');
  // A path needs room for its NUL, an abstract name does not.
  const longest = abstract ? PATH_SIZE_BYTES : PATH_SIZE_BYTES - 1;
  if ((!abstract && !path.startsWith('/')) || name.includes(0) || name.length > longest) return undefined;
  if (!abstract) return unixPathAddress(path);
  name[0] = 0;
  // The length of an abstract name is significant.
  return Buffer.concat([unixFamily(), name]);
}

/** Returns a `struct sockaddr_un` for a path of at most 107 bytes, absolute or relative, without a NUL. */
export function unixPathAddress(path: string): Buffer {
  return Buffer.concat([unixFamily(), Buffer.from(path), Buffer.alloc(1)]);
}

function unixFamily(): Buffer {
  return Buffer.from(endianness() === 'LE' ? [AF_UNIX, 0] : [0, AF_UNIX]);
}

/** Returns the text of an internet address as `inet_ntop` writes it; undefined unless it has four or sixteen bytes. */
export function ipAddressText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  return bytes.length === 16 ? cInetNtop.raw(AF_INET6, bytes, ADDRESS_TEXT, ADDRESS_TEXT.length) : undefined;
}

export interface DatagramSender extends Disposable {
  /**
   * Sends a datagram without waiting: `full` if the receiver has no space now, `lost` if there is no receiver or the
   * datagram is too long. Never throws.
   */
  send(bytes: Buffer): 'sent' | 'full' | 'lost';
}

/**
 * Returns a sender to the socket at a path, or in the abstract namespace if it begins with `@`. The receiver may start
 * later, and may restart.
 * @returns undefined if the path is no address, or if there is no descriptor left
 */
export function datagramSender(path: string): DatagramSender | undefined {
  const address = unixAddress(path);
  if (address === undefined) return undefined;
  const fd = socket(AF_UNIX, SOCK_DGRAM);
  if (fd < 0) return undefined;
  return {
    send(bytes) {
      const result = send(fd, bytes, address);
      if (result === bytes.length) return 'sent';
      return result === -EAGAIN ? 'full' : 'lost';
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
