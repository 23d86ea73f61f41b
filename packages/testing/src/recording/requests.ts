import { Double, isText, parseRequest, WireObject, type WireValue } from '@guestwire/protocol';
import type { MessageReader } from '@guestwire/protocol/wire';

/** A request in a recording, or one of a host that is compared with it. */
export interface ComparedRequest {
  /** The part that must be equal: `guest-file-read {"handle":1000}`; the whole message if it is not a request. */
  readonly text: string;
  /** May differ. */
  readonly id: WireValue | undefined;
  /** The argument of `guest-sync` and `guest-sync-delimited`; may differ. */
  readonly syncId: WireValue | undefined;
}

/** Returns JSON with the members of objects sorted by name. */
function canonicalJson(value: WireValue): string {
  if (isText(value)) return JSON.stringify(value.toString());
  if (value instanceof Double) return String(value.value);
  if (value instanceof WireObject) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return typeof value === 'object' && value !== null
    ? `[${value.map(canonicalJson).join(',')}]`
    : String(value);
}

const SYNC_COMMANDS: ReadonlySet<string> = new Set(['guest-sync-delimited', 'guest-sync']);

function comparedRequest(message: WireValue): ComparedRequest {
  const request = parseRequest(message);
  if (!request.ok) return { text: canonicalJson(message), id: request.id, syncId: undefined };
  const { name, args, id } = request;
  const syncId = SYNC_COMMANDS.has(name) ? args.get('id') : undefined;
  const compared =
    syncId === undefined ? args : WireObject.of([...args].filter(([member]) => member !== 'id'));
  return { text: compared.size === 0 ? name : `${name} ${canonicalJson(compared)}`, id, syncId };
}

/** Yields the requests that end in these bytes of a host. Skips what is not JSON, such as a byte `0xFF`. */
export function* requestsIn(bytes: Uint8Array, reader: MessageReader): Generator<ComparedRequest, void> {
  reader.push(bytes);
  for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
    if (incoming.kind === 'value') yield comparedRequest(incoming.value);
  }
}

/** Returns an id as JSON; `undefined` if it is neither a number nor a string. */
function jsonOf(id?: WireValue): string | undefined {
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

function addPair(map: Map<string, string>, recorded?: WireValue, sent?: WireValue): void {
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
