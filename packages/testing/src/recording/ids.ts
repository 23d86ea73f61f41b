import { isText, type WireValue } from '@guestwire/protocol';
import type { ComparedRequest } from './requests.js';

/** An id as it stands in JSON; `undefined` for one that cannot be found again in text. */
function textOf(id: WireValue | undefined): string | undefined {
  if (typeof id === 'number' || typeof id === 'bigint') return String(id);
  return isText(id) ? JSON.stringify(id.toString()) : undefined;
}

/** Where an id may stand in a reply: behind the member's name. */
const PLACES = /("(id|return)"\s*:\s*)(-?\d+(?![\d.eE])|"(?:[^"\\]|\\.)*")/g;

/** Where a piece ends, in what the guest said and in what it is to say. */
interface End {
  readonly old: number;
  now: number;
}

/** Puts what a host has chosen in the places of what was recorded. */
export class IdMap {
  readonly #ids = new Map<string, string>();
  /** Numbers of synchronisations; each is given back once, and the same number may be a result afterwards. */
  readonly #numbers = new Map<string, string>();

  /** The host has sent this request in the place of that one. */
  learn(recorded: ComparedRequest, sent: ComparedRequest): void {
    const note = (
      known: Map<string, string>,
      old: WireValue | undefined,
      now: WireValue | undefined,
    ): void => {
      const [from, to] = [textOf(old), textOf(now)];
      if (from !== undefined && to !== undefined) known.set(from, to);
    };
    note(this.#ids, recorded.id, sent.id);
    note(this.#numbers, recorded.number, sent.number);
  }

  /** What the guest is to say, in pieces that end at the same places as those that it said. */
  apply(pieces: readonly Buffer[]): readonly Buffer[] {
    const ends: End[] = [];
    for (const { length } of pieces) {
      const old = (ends.at(-1)?.old ?? 0) + length;
      ends.push({ old, now: old });
    }
    const text = Buffer.concat(pieces)
      .toString('latin1')
      .replace(PLACES, (all: string, before: string, member: string, id: string, at: number) => {
        const chosen = this.#chosen(member, id);
        if (chosen === undefined) return all;
        move(ends, at + before.length, id.length, chosen.length);
        return before + chosen;
      });
    const bytes = Buffer.from(text, 'latin1');
    return ends.map(({ now }, i) => bytes.subarray(ends[i - 1]?.now ?? 0, now));
  }

  #chosen(member: string, id: string): string | undefined {
    if (member === 'id') return this.#ids.get(id);
    const number = this.#numbers.get(id);
    this.#numbers.delete(id);
    return number;
  }
}

/** Bytes from `from` on are replaced by more or fewer. A piece that ended among them still does. */
function move(ends: readonly End[], from: number, oldLength: number, newLength: number): void {
  for (const end of ends) {
    const within = end.old - from;
    if (within >= oldLength) end.now += newLength - oldLength;
    else if (within > newLength) end.now += newLength - within;
  }
}
