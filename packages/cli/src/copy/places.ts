import { UsageError } from '../exit-status.js';

/** What is copied, and where to. */
export interface Places {
  readonly sources: readonly string[];
  readonly destination: string;
  /** Which side the sources are on. */
  readonly from: 'host' | 'guest';
  /** The name before the colon, if it is one of the file of targets. */
  readonly guest: string | undefined;
}

/** The guest that the flags name, whatever it is called. */
const anyGuest: readonly (string | undefined)[] = ['guest', ''];

/** `guest:PATH`, `NAME:PATH` or, for short, `:PATH`. A slash before the colon makes it a path of the host. */
const IN_GUEST = /^(?<guest>[A-Za-z0-9_][A-Za-z0-9._-]*|):(?<path>.*)$/s;

interface Place {
  readonly guest: string | undefined;
  readonly path: string;
}

function placeOf(word: string): Place {
  const { guest, path } = IN_GUEST.exec(word)?.groups ?? {};
  if (path === undefined) return { guest: undefined, path: word };
  if (path === '') throw new UsageError(`"${word}": which path in the guest?`);
  return { guest: guest ?? '', path };
}

/**
 * Reads the words of a copy: sources, and the destination at the end.
 *
 * @throws {UsageError} unless one side of it is a guest, and the same guest everywhere
 */
export function placesOf(words: readonly string[]): Places {
  const sources = words.slice(0, -1).map(placeOf);
  const [destination] = words.slice(-1).map(placeOf);
  if (destination === undefined || sources.length === 0) {
    throw new UsageError('copy what, and where to? For instance: guestctl cp file guest:/tmp/');
  }
  const guests = new Set(sources.map(({ guest }) => guest));
  const [source] = guests;
  if (guests.size !== 1) throw new UsageError('all sources must be on this host, or all in one guest');
  if ((source === undefined) === (destination.guest === undefined)) {
    throw new UsageError(
      source === undefined
        ? 'neither side is in a guest: write guest:PATH for the one that is, or ./PATH for one of this host with a colon in it'
        : 'both sides are in a guest: copy to this host first',
    );
  }
  const named = source ?? destination.guest;
  return {
    sources: sources.map(({ path }) => path),
    // Into a folder, where it has to be one.
    destination: sources.length > 1 ? `${destination.path.replace(/\/$/, '')}/` : destination.path,
    from: source === undefined ? 'host' : 'guest',
    guest: anyGuest.includes(named) ? undefined : named,
  };
}
