import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { AF_NETLINK, check, EPROTO, recv, SOCK_RAW, send, socket, systemError } from '@guestwire/posix';

/** What the kernel can be asked to list. */
export const RTM_GETLINK = 18;
export const RTM_GETADDR = 22;

/** Numbers in messages are in the order of the machine. */
const LITTLE = endianness() === 'LE';

const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const NLM_F_REQUEST_DUMP = 0x301;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** Where the kernel's datagrams are received, one at a time; it sends no larger ones. */
const received = Buffer.allocUnsafeSlow(32 * 1024);

/** How often a list is asked for again that changed while it was made. */
const ATTEMPTS = 4;

/** A message of the kernel's: its type, and what follows the header. */
export interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** Asks the kernel for a list. Tests put another in its place. */
export interface RouteNetlink {
  /**
   * @param body the fixed part of the request, and its attributes
   * @throws a system error
   */
  dump(type: number, body: Buffer): Message[];
}

/**
 * The kernel's own. It answers at once, in this thread: lists of interfaces and addresses are short, and neither the
 * freeze watchdog nor another command is waiting while one is made.
 */
export const kernelNetlink: RouteNetlink = {
  dump(type, body) {
    for (let attempt = 1; ; attempt += 1) {
      const { messages, torn } = dumpOnce(type, body);
      if (!torn || attempt === ATTEMPTS) return messages;
    }
  },
};

interface Dump {
  readonly messages: Message[];
  /** The list changed while it was made. */
  readonly torn: boolean;
}

function dumpOnce(type: number, body: Buffer): Dump {
  const fd = check(socket(AF_NETLINK, SOCK_RAW), 'socket');
  try {
    const request = Buffer.alloc(HEADER + body.length);
    const view = viewOf(request);
    view.setUint32(0, request.length, LITTLE);
    view.setUint16(4, type, LITTLE);
    view.setUint16(6, NLM_F_REQUEST_DUMP, LITTLE);
    request.set(body, HEADER);
    check(send(fd, request), 'send');

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
 * Takes a datagram apart.
 *
 * @returns its messages, and whether the list ends with them
 * @throws a system error if the kernel reports one, or if there is nothing to understand
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

/** The attribute of a type after the fixed part of a message; undefined if it has none. */
export function attributeOf(body: Buffer, fixed: number, type: number): Buffer | undefined {
  // A link has some forty, of which few are asked for: the others are not touched.
  for (let at = fixed; at + ATTRIBUTE_HEADER <= body.length; ) {
    const length = uint16(body, at);
    if (length < ATTRIBUTE_HEADER || at + length > body.length) return undefined;
    if (uint16(body, at + 2) === type) return body.subarray(at + ATTRIBUTE_HEADER, at + length);
    at += aligned(length);
  }
  return undefined;
}

/** A number of 32 bits in a message. */
export function uint32(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function uint16(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

/** An attribute that is a number of 32 bits, for a request. */
export function uint32Attribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(ATTRIBUTE_HEADER + 4);
  const view = viewOf(bytes);
  view.setUint16(0, bytes.length, LITTLE);
  view.setUint16(2, type, LITTLE);
  view.setUint32(ATTRIBUTE_HEADER, value, LITTLE);
  return bytes;
}

/** The error number of a message that reports one. */
function errorOf(body: Buffer): number {
  return body.length < 4 ? EPROTO : -(uint32(body, 0) | 0);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
