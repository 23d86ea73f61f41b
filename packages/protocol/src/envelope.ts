import {
  CommandError,
  type ErrorClass,
  isText,
  type Text,
  WireObject,
  type WireValue,
} from '@guestwire/schema';
import { inHashOrder } from './wire/member-order.js';
import { encodeObject, type WriterOptions } from './wire/writer.js';

/** A request, or the error of a message that is not one. */
export type Request =
  | {
      readonly ok: true;
      readonly name: string;
      readonly args: WireObject;
      /** To be repeated in the reply. */
      readonly id: WireValue | undefined;
    }
  | { readonly ok: false; readonly error: CommandError; readonly id: WireValue | undefined };

/** Reads a message as a request (qemu-ga §1.5). Finds the `id` of every object, even if something else is wrong with it. */
export function parseRequest(message: WireValue): Request {
  if (!(message instanceof WireObject)) return refuse('QMP input must be a JSON object');
  const name = message.get('execute');
  const args = message.get('arguments');
  const id = message.get('id');
  const known = 1 + Number(args !== undefined) + Number(id !== undefined);
  if (isText(name) && (args === undefined || args instanceof WireObject) && message.size === known) {
    return { ok: true, name: name.toString(), args: args ?? WireObject.empty, id };
  }
  return refuse(firstProblem(message), id);
}

/** Shared, since an error records its stack, which takes longer than all else for a small message. */
const LACKS_EXECUTE = new CommandError("QMP input lacks member 'execute'");

function refuse(desc: string, id?: WireValue): Request {
  const error = desc === LACKS_EXECUTE.desc ? LACKS_EXECUTE : new CommandError(desc);
  return { ok: false, error, id };
}

/** Examines the members in hash order, as QEMU does. */
function firstProblem(message: WireObject): string {
  for (const [member, value] of inHashOrder([...message])) {
    if (member === 'execute') {
      if (!isText(value)) return "QMP input member 'execute' must be a string";
    } else if (member === 'arguments') {
      if (!(value instanceof WireObject)) return "QMP input member 'arguments' must be an object";
    } else if (member !== 'id') return `QMP input member '${member}' is unexpected`;
  }
  return LACKS_EXECUTE.desc;
}

/** The `error` member of a reply. */
export interface ErrorBody {
  readonly class: ErrorClass;
  readonly desc: Text;
}

/** A reply to a request or to malformed input (qemu-ga §2). */
export type Reply =
  | {
      readonly return: unknown;
      readonly id: WireValue | undefined;
      /** True if the byte `0xFF` goes before the reply. */
      readonly delimited: boolean;
    }
  | { readonly error: ErrorBody; readonly id: WireValue | undefined };

/** Returns the reply of a command that succeeded; `{}` stands for `undefined`. */
export function success(value: unknown, id?: WireValue, delimited = false): Reply {
  return { return: value === undefined ? {} : value, id, delimited };
}

/** Returns the reply of a command that failed, or to malformed input, which never has an `id`. */
export function failure(error: ErrorBody, id?: WireValue): Reply {
  return { error: { class: error.class, desc: error.desc }, id };
}

/** The byte before the reply to a successful `guest-sync-delimited` (qemu-ga §1.1). */
export const SENTINEL = 0xff;

/** In the encoding of the writer: Latin-1. */
const SENTINEL_TEXT = String.fromCharCode(SENTINEL);
const REPLY_OPTIONS: WriterOptions = { order: 'hash', malformed: 'replace', doubles: 'printf' };
const REQUEST_OPTIONS: WriterOptions = { order: 'given', malformed: 'throw', doubles: 'exact' };

/**
 * Encodes a reply byte for byte as QEMU does, including its newline. A small one is an array of one buffer; a large one is encoded
 * while it is iterated, in windows of about 64 KiB, so that the data of a large read is never in memory as text.
 *
 * @throws {WireError} `unencodable` if a handler returned a value that has no JSON form
 */
export function encodeReply(reply: Reply): Iterable<Buffer> {
  const { id } = reply;
  // Hash order: `id` comes before an error, and after a return value.
  if ('error' in reply) {
    const error = ['error', reply.error] as const;
    return encodeObject(id === undefined ? [error] : [['id', id], error], REPLY_OPTIONS, '', '\n');
  }
  const result = ['return', reply.return] as const;
  const before = reply.delimited ? SENTINEL_TEXT : '';
  return encodeObject(id === undefined ? [result] : [result, ['id', id]], REPLY_OPTIONS, before, '\n');
}

/**
 * Encodes a request: ASCII and a newline, without arguments that are `undefined`. Large data is encoded while it is iterated.
 *
 * @throws {WireError} `unencodable` if an argument has no JSON form
 */
export function encodeRequest(name: string, args?: object, id?: WireValue): Iterable<Buffer> {
  const members: [string, unknown][] = [['execute', name]];
  if (args !== undefined) members.push(['arguments', args]);
  if (id !== undefined) members.push(['id', id]);
  return encodeObject(members, REQUEST_OPTIONS, '', '\n');
}
