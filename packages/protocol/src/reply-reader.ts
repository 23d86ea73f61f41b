import { isText, type Text, WireObject, type WireValue } from '@guestwire/schema';
import { SENTINEL } from './envelope.js';
import { type MessageLimits, REPLY_LIMITS } from './wire/limits.js';
import { MessageReader, type ParsedMessage } from './wire/reader.js';

/** A guest's answer, not yet checked against the contract. Of an error, no more than 64 KiB of text are kept. */
export type GuestReply = { readonly id: WireValue | undefined } & (
  | { readonly return: WireValue; readonly error?: never }
  | { readonly error: { readonly class: string; readonly desc: string }; readonly return?: never }
);

/** What a host finds in a guest's bytes. */
export type ReplyEvent =
  | {
      readonly kind: 'reply';
      readonly reply: GuestReply;
      /** True if it is what came next after a byte `0xFF`. */
      readonly delimited: boolean;
    }
  | {
      readonly kind: 'garbage';
      /** What is wrong with it, for a log: its first thousand characters. */
      readonly desc: string;
    };

/**
 * Bytes of a guest to replies, on demand. A byte `0xFF` ends whatever stood unfinished before it, without
 * a word. Guests are not trusted: what is no reply is reported as garbage, and nothing makes it throw or
 * hold more than its limits allow.
 */
export class ReplyReader {
  readonly #reader: MessageReader;
  #delimited = false;

  constructor(limits: MessageLimits = REPLY_LIMITS) {
    this.#reader = new MessageReader(limits);
  }

  /** Adds input, which must not change before {@link next} has found nothing more. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** Has something begun whose end has not come? To be asked when {@link next} has found nothing. */
  get unfinished(): boolean {
    return this.#reader.unfinished;
  }

  /** The next thing found; `undefined` if it takes more input to know. */
  next(): ReplyEvent | undefined {
    for (;;) {
      const incoming = this.#reader.next();
      if (incoming === undefined) return undefined;
      if (incoming.kind === 'error' && incoming.stray === SENTINEL) {
        this.#delimited = true;
        continue;
      }
      const delimited = this.#delimited;
      this.#delimited = false;
      return event(incoming, delimited);
    }
  }
}

function event(incoming: ParsedMessage, delimited: boolean): ReplyEvent {
  if (incoming.kind === 'error') return { kind: 'garbage', desc: beginning(incoming.desc, LONGEST_GARBAGE) };
  const reply = asReply(incoming.value);
  return reply === undefined
    ? { kind: 'garbage', desc: 'a JSON value that is no reply' }
    : { kind: 'reply', reply, delimited };
}

/** More of a guest's error than anybody wants to read. The longest that agents send quote a program's output. */
const LONGEST_DESC = 64 * 1024;
const LONGEST_CLASS = 100;
const LONGEST_GARBAGE = 1000;

/** The beginning of a text that may be as long as a message. */
function beginning(text: Text, length: number): string {
  if (typeof text === 'string') return text.slice(0, length);
  const pieces: Buffer[] = [];
  let left = length;
  for (const chunk of text.chunks()) {
    pieces.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  return Buffer.concat(pieces).toString();
}

function asReply(value: WireValue): GuestReply | undefined {
  if (!(value instanceof WireObject)) return undefined;
  const id = value.get('id');
  const returned = value.get('return');
  const error = value.get('error');
  if (returned !== undefined) return error === undefined ? { id, return: returned } : undefined;
  if (!(error instanceof WireObject)) return undefined;
  const errorClass = error.get('class');
  if (!isText(errorClass)) return undefined;
  const name = beginning(errorClass, LONGEST_CLASS);
  const desc = error.get('desc') ?? oldDesc(name, error.get('data'));
  return isText(desc) ? { id, error: { class: name, desc: beginning(desc, LONGEST_DESC) } } : undefined;
}

/**
 * Until QEMU 1.1 an error had no text, but data: `{"class": "CommandNotFound", "data": {"name": "guest-x"}}`.
 * The text that is made of it is `CommandNotFound: guest-x`.
 */
function oldDesc(errorClass: string, data: WireValue | undefined): string | undefined {
  if (!(data instanceof WireObject)) return undefined;
  const details = [...data]
    .slice(0, 10)
    .flatMap(([, value]) =>
      isText(value)
        ? [beginning(value, LONGEST_DESC / 10)]
        : typeof value === 'number'
          ? [String(value)]
          : [],
    );
  return details.length === 0 ? errorClass : `${errorClass}: ${details.join(', ')}`;
}
