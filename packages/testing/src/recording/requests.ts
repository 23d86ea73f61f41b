import { Double, isText, MessageReader, parseRequest, WireObject, type WireValue } from '@guestwire/protocol';

/** A request in a recording, or of a host that is compared with it. */
export interface ComparedRequest {
  /** What must be the same: `guest-file-read {"handle":1000}`. A message that is no request stands for itself. */
  readonly text: string;
  /** May differ, since hosts choose it as they like. */
  readonly id: WireValue | undefined;
  /** The number of a synchronisation; may differ too. */
  readonly number: WireValue | undefined;
}

/** JSON with the members of objects in the order of their names. */
function canonical(value: WireValue): string {
  if (isText(value)) return JSON.stringify(value.toString());
  if (value instanceof Double) return String(value.value);
  if (value instanceof WireObject) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
  }
  return typeof value === 'object' && value !== null ? `[${value.map(canonical).join(',')}]` : String(value);
}

const synchronisations: ReadonlySet<string> = new Set(['guest-sync-delimited', 'guest-sync']);

function comparedRequest(message: WireValue): ComparedRequest {
  const request = parseRequest(message);
  if (!request.ok) return { text: canonical(message), id: request.id, number: undefined };
  const { name, args, id } = request;
  const number = synchronisations.has(name) ? args.get('id') : undefined;
  const compared =
    number === undefined ? args : WireObject.of([...args].filter(([member]) => member !== 'id'));
  return { text: compared.size === 0 ? name : `${name} ${canonical(compared)}`, id, number };
}

/** Bytes of a host to its requests. What is no JSON, such as a byte `0xFF`, is passed over. */
export class RequestReader {
  readonly #reader = new MessageReader();

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  /** The next request; `undefined` if it takes more input to know. */
  next(): ComparedRequest | undefined {
    for (;;) {
      const incoming = this.#reader.next();
      if (incoming === undefined) return undefined;
      if (incoming.kind === 'value') return comparedRequest(incoming.value);
    }
  }
}
