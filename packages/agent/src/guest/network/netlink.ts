import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { AF_NETLINK, check, EPROTO, recv, SOCK_RAW, send, socket, systemError } from '@guestwire/posix';

export const RTM_GETLINK = 18;
export const RTM_GETADDR = 22;

/** Messages are in the machine's byte order. */
const LITTLE = endianness() === 'LE';

const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const NLM_F_REQUEST_DUMP = 0x301;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Receives one datagram at a time; the kernel sends none that is larger. */
const received = Buffer.allocUnsafeSlow(32 * 1024);

/** A list that changed during the dump is requested again. */
const MAX_ATTEMPTS = 4;

/** A message from the kernel: its type, and the bytes after the header. */
export interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** Requests lists from the kernel; a test may replace it. */
export interface RouteNetlink {
  /** Returns a list. `body` is the fixed part of the request with its attributes. Throws a system error. */
  dump(type: number, body: Buffer): Message[];
}

/** Runs in this thread: lists of interfaces and addresses are short. */
export const kernelNetlink: RouteNetlink = {
  dump(type, body) {
    for (let attempt = 1; ; attempt += 1) {
      const { messages, torn } = dumpOnce(type, body);
      if (!torn || attempt === MAX_ATTEMPTS) return messages;
    }
  },
};

/** `torn` if the list changed during the dump. */
type Dump = { readonly messages: Message[]; readonly torn: boolean };

function dumpOnce(type: number, body: Buffer): Dump {
  const fd = check(socket(AF_NETLINK, SOCK_RAW), 'socket');
  try {
    const header = new ArrayBuffer(HEADER);
    new Uint32Array(header)[0] = HEADER + body.length;
    new Uint16Array(header).set([type, NLM_F_REQUEST_DUMP], 2);
    check(send(fd, Buffer.concat([new Uint8Array(header), body])), 'send');
    const messages: Message[] = [];
    for (let torn = false; ; ) {
      const length = check(recv(fd, received), 'recv');
      const part = readMessages(Buffer.from(received.subarray(0, length)));
      messages.push(...part.messages);
      torn ||= part.torn;
      if (part.done) return { messages, torn };
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Splits a datagram into messages. Throws a system error if the kernel reports one, or if the datagram is malformed.
 * @returns `done` if the list ends with these messages
 */
export function readMessages(datagram: Buffer): Dump & { readonly done: boolean } {
  const messages: Message[] = [];
  let torn = false;
  for (let at = 0; at < datagram.length; ) {
    const length = at + HEADER <= datagram.length ? uint32(datagram, at) : 0;
    if (length < HEADER || at + length > datagram.length) throw systemError(EPROTO, 'netlink');
    const type = uint16(datagram, at + 4);
    torn ||= (uint16(datagram, at + 6) & NLM_F_DUMP_INTR) !== 0;
    const body = datagram.subarray(at + HEADER, at + length);
    if (type === NLMSG_DONE) return { messages, torn, done: true };
    if (type === NLMSG_ERROR) throw systemError(errorOf(body), 'netlink');
    messages.push({ type, body });
    at += aligned(length);
  }
  if (messages.length === 0) throw systemError(EPROTO, 'netlink');
  return { messages, torn, done: false };
}

/** Returns the attribute of a type after the fixed part of a message; undefined if it is absent. */
export function attributeOf(body: Buffer, fixed: number, type: number): Buffer | undefined {
  // A link has about forty, of which few are read.
  for (let at = fixed; at + ATTRIBUTE_HEADER <= body.length; ) {
    const length = uint16(body, at);
    if (length < ATTRIBUTE_HEADER || at + length > body.length) return undefined;
    if (uint16(body, at + 2) === type) return body.subarray(at + ATTRIBUTE_HEADER, at + length);
    at += aligned(length);
  }
  return undefined;
}

export function uint32(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function uint16(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

function errorOf(body: Buffer): number {
  return body.length < 4 ? EPROTO : -(uint32(body, 0) | 0);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
