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

/** What a host wants, or why that cannot be told. */
export type Request =
  | {
      readonly ok: true;
      readonly name: string;
      readonly args: WireObject;
      /** To be echoed in the reply. */
      readonly id: WireValue | undefined;
    }
  | { readonly ok: false; readonly error: CommandError; readonly id: WireValue | undefined };

/**
 * Takes a message for a request (qemu-ga §1.5). Whatever is wrong with it, an `id` is found if it is an object.
 */
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

function refuse(desc: string, id?: WireValue): Request {
  return { ok: false, error: new CommandError(desc), id };
}

/** Members are examined in hash order; the first problem wins. */
function firstProblem(message: WireObject): string {
  for (const [member, value] of inHashOrder([...message])) {
    switch (member) {
      case 'execute':
        if (!isText(value)) return "QMP input member 'execute' must be a string";
        break;
      case 'arguments':
        if (!(value instanceof WireObject)) return "QMP input member 'arguments' must be an object";
        break;
      case 'id':
        break;
      default:
        return `QMP input member '${member}' is unexpected`;
    }
  }
  return "QMP input lacks member 'execute'";
}

/** What an error looks like on the wire. */
export interface ErrorBody {
  readonly class: ErrorClass;
  readonly desc: Text;
}

/** An answer to a request, or to a mistake in the input (qemu-ga §2). */
export type Reply =
  | {
      readonly return: unknown;
      readonly id: WireValue | undefined;
      /** Put the byte `0xFF` before it. */
      readonly delimited: boolean;
    }
  | { readonly error: ErrorBody; readonly id: WireValue | undefined };

/** The answer to a command that succeeded. A command that returns nothing answers `{}`. */
export function success(value: unknown, id?: WireValue, delimited = false): Reply {
  return { return: value ?? (value === undefined ? {} : null), id, delimited };
}

/** The answer to a command that failed, or to a mistake in the input, which never has an `id`. */
export function failure(error: ErrorBody, id?: WireValue): Reply {
  return { error: { class: error.class, desc: error.desc }, id };
}

/** The byte before the reply to a successful `guest-sync-delimited` (qemu-ga §1.1). */
export const SENTINEL = 0xff;

/**
 * A reply as QEMU writes it, its newline included.
 *
 * A small one is an array of one buffer. A big one is encoded while it is iterated, one window of some 64 KiB
 * at a time, so that the data of a large read is never in memory as text.
 *
 * @throws {WireError} `unencodable` if a handler returned what cannot be sent
 */
export function encodeReply(reply: Reply): Iterable<Buffer> {
  const { id } = reply;
  // Hash order: an error comes after the `id`, a result before it.
  if ('error' in reply) {
    const error = ['error', reply.error] as const;
    return encodeObject(id === undefined ? [error] : [['id', id], error], replyOptions, '', '\n');
  }
  const result = ['return', reply.return] as const;
  const before = reply.delimited ? SENTINEL_TEXT : '';
  return encodeObject(id === undefined ? [result] : [result, ['id', id]], replyOptions, before, '\n');
}

/** As text, in the encoding of the writer: Latin-1. */
const SENTINEL_TEXT = String.fromCharCode(SENTINEL);
const replyOptions: WriterOptions = { order: 'hash', malformed: 'replace', doubles: 'printf' };
const requestOptions: WriterOptions = { order: 'given', malformed: 'throw', doubles: 'exact' };

/**
 * A request as a host sends it: ASCII, ending in a newline. Arguments that are `undefined` are left out.
 * Data of any size is encoded while it is iterated, one window at a time.
 *
 * @throws {WireError} `unencodable` if an argument cannot be sent
 */
export function encodeRequest(name: string, args?: object, id?: WireValue): Iterable<Buffer> {
  const members: [string, unknown][] = [['execute', name]];
  if (args !== undefined) members.push(['arguments', args]);
  if (id !== undefined) members.push(['id', id]);
  return encodeObject(members, requestOptions, '', '\n');
}
