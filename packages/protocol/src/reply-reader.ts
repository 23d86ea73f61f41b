import { isText, type Text, WireObject, type WireValue } from '@guestwire/schema';
import { SENTINEL } from './envelope.js';
import { type MessageLimits, MessageReader, type ParsedMessage, REPLY_LIMITS } from './wire/reader.js';

/** A reply that is not checked against the contract yet. At most 64 KiB of an error's text are kept. */
export type GuestReply = { readonly id: WireValue | undefined } & (
  | { readonly return: WireValue; readonly error?: never }
  | { readonly error: { readonly class: string; readonly desc: string }; readonly return?: never }
);

/** A reply, or input that is not one. */
export type ReplyEvent =
  | {
      readonly kind: 'reply';
      readonly reply: GuestReply;
      /** True if the byte `0xFF` came before it. */
      readonly delimited: boolean;
    }
  | {
      readonly kind: 'garbage';
      /** The problem, for a log: at most 1,000 characters. */
      readonly desc: string;
    };

/**
 * Reads replies from the bytes of a guest, on demand. A byte `0xFF` silently ends what stood unfinished before it. Guests are not
 * trusted: everything else is reported as garbage, and no input makes it throw or hold more than its limits allow.
 */
export class ReplyReader {
  readonly #reader: MessageReader;
  #delimited = false;

  constructor(limits: MessageLimits = REPLY_LIMITS) {
    this.#reader = new MessageReader(limits);
  }

  /** Adds input, which must not change before {@link next} has returned `undefined`. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** True if a message has begun and not ended; valid after {@link next} has returned `undefined`. */
  get unfinished(): boolean {
    return this.#reader.unfinished;
  }

  /** Returns the next event; `undefined` if it takes more input. */
  next(): ReplyEvent | undefined {
    for (;;) {
      const message = this.#reader.next();
      if (message === undefined) return undefined;
      if (message.kind === 'error' && message.stray === SENTINEL) {
        this.#delimited = true;
        continue;
      }
      const delimited = this.#delimited;
      this.#delimited = false;
      return toEvent(message, delimited);
    }
  }
}

function toEvent(message: ParsedMessage, delimited: boolean): ReplyEvent {
  if (message.kind === 'error') return { kind: 'garbage', desc: firstBytes(message.desc, GARBAGE_LIMIT) };
  const reply = toReply(message.value);
  return reply === undefined
    ? { kind: 'garbage', desc: 'a JSON value that is not a reply' }
    : { kind: 'reply', reply, delimited };
}

/** The longest errors that agents send quote the output of a program. */
const DESC_LIMIT = 64 * 1024;
const CLASS_LIMIT = 100;
const GARBAGE_LIMIT = 1000;
const LEGACY_DETAILS_LIMIT = 10;

/** Returns the beginning of a text that may be as long as a message. */
function firstBytes(text: Text, length: number): string {
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

function toReply(value: WireValue): GuestReply | undefined {
  if (!(value instanceof WireObject)) return undefined;
  const id = value.get('id');
  const returned = value.get('return');
  const error = value.get('error');
  if (returned !== undefined) return error === undefined ? { id, return: returned } : undefined;
  if (!(error instanceof WireObject)) return undefined;
  const errorClass = error.get('class');
  if (!isText(errorClass)) return undefined;
  const name = firstBytes(errorClass, CLASS_LIMIT);
  const desc = error.get('desc') ?? legacyDesc(name, error.get('data'));
  return isText(desc) ? { id, error: { class: name, desc: firstBytes(desc, DESC_LIMIT) } } : undefined;
}

/** Returns the text for an error of QEMU 1.1 and older: `CommandNotFound: guest-x` for the data `{"name": "guest-x"}`. */
function legacyDesc(errorClass: string, data: WireValue | undefined): string | undefined {
  if (!(data instanceof WireObject)) return undefined;
  const details = [...data].slice(0, LEGACY_DETAILS_LIMIT).flatMap(([, value]) => {
    if (isText(value)) return firstBytes(value, DESC_LIMIT / LEGACY_DETAILS_LIMIT);
    return typeof value === 'number' ? String(value) : [];
  });
  return details.length === 0 ? errorClass : `${errorClass}: ${details.join(', ')}`;
}
