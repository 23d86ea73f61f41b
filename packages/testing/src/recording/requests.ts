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
