import { isText, type WireValue } from '@guestwire/protocol';
import type { ComparedRequest } from './requests.js';

/** Returns an id as JSON; `undefined` if it is neither a number nor a string. */
function jsonOf(id: WireValue | undefined): string | undefined {
  if (typeof id === 'number' || typeof id === 'bigint') return String(id);
  return isText(id) ? JSON.stringify(id.toString()) : undefined;
}

/** A member of a reply that may hold an id. */
const ID_MEMBER = /("(id|return)"\s*:\s*)(-?\d+(?![\d.eE])|"(?:[^"\\]|\\.)*")/g;

/** The offset at which a piece ends, in the recorded and in the replayed bytes. */
interface PieceEnd {
  readonly recorded: number;
  replayed: number;
}

/** Replaces recorded ids with those of the host. */
export class IdMap {
  readonly #ids = new Map<string, string>();
  /** Each is replaced once: the same number may be an ordinary result afterwards. */
  readonly #syncIds = new Map<string, string>();

  /** Records that the host sent `sent` where the recording has `recorded`. */
  add(recorded: ComparedRequest, sent: ComparedRequest): void {
    addPair(this.#ids, recorded.id, sent.id);
    addPair(this.#syncIds, recorded.syncId, sent.syncId);
  }

  /** Returns the recorded bytes with the host's ids, in pieces that are cut at the same places. */
  apply(pieces: readonly Buffer[]): readonly Buffer[] {
    const ends: PieceEnd[] = [];
    for (const { length } of pieces) {
      const end = (ends.at(-1)?.recorded ?? 0) + length;
      ends.push({ recorded: end, replayed: end });
    }
    const text = Buffer.concat(pieces)
      .toString('latin1')
      .replace(ID_MEMBER, (all: string, before: string, member: string, id: string, at: number) => {
        const replacement = this.#replacement(member, id);
        if (replacement === undefined) return all;
        moveEnds(ends, at + before.length, id.length, replacement.length);
        return before + replacement;
      });
    const bytes = Buffer.from(text, 'latin1');
    return ends.map(({ replayed }, i) => bytes.subarray(ends[i - 1]?.replayed ?? 0, replayed));
  }

  #replacement(member: string, id: string): string | undefined {
    if (member === 'id') return this.#ids.get(id);
    const syncId = this.#syncIds.get(id);
    this.#syncIds.delete(id);
    return syncId;
  }
}

function addPair(
  map: Map<string, string>,
  recorded: WireValue | undefined,
  sent: WireValue | undefined,
): void {
  const [from, to] = [jsonOf(recorded), jsonOf(sent)];
  if (from !== undefined && to !== undefined) map.set(from, to);
}

/** Adjusts the ends for a replacement at `from`. A piece that ended inside the old bytes ends inside the new ones. */
function moveEnds(ends: readonly PieceEnd[], from: number, oldLength: number, newLength: number): void {
  for (const end of ends) {
    const within = end.recorded - from;
    if (within >= oldLength) end.replayed += newLength - oldLength;
    else if (within > newLength) end.replayed += newLength - within;
  }
}
