import { UsageError } from '../exit-status.js';

/** The sources and the destination of a copy. */
export interface CopyPaths {
  readonly sources: readonly string[];
  readonly destination: string;
  /** The side of the sources. */
  readonly from: 'host' | 'guest';
  /** The name before the colon, if it is one of the targets file. */
  readonly guest: string | undefined;
}

/** Prefixes of a path in the guest that the flags select. */
const SELECTED_GUEST: readonly (string | undefined)[] = ['guest', ''];

/** `guest:PATH`, `NAME:PATH` or `:PATH`. A path with a slash before the colon is on the host. */
const GUEST_PATH = /^(?<guest>[A-Za-z0-9_][A-Za-z0-9._-]*|):(?<path>.*)$/s;

/** Parses one path; `guest` is the text before the colon. */
function parseCopyPath(word: string): { guest: string | undefined; path: string } {
  const { guest, path } = GUEST_PATH.exec(word)?.groups ?? {};
  if (path === undefined) return { guest: undefined, path: word };
  if (path === '') throw new UsageError(`"${word}": missing path in the guest`);
  return { guest: guest ?? '', path };
}

/**
 * Parses the arguments of a copy: sources, then the destination.
 *
 * @throws {UsageError} unless exactly one side is in a guest, and all its paths in the same guest
 */
export function parseCopyPaths(words: readonly string[]): CopyPaths {
  const sources = words.slice(0, -1).map(parseCopyPath);
  const [destination] = words.slice(-1).map(parseCopyPath);
  if (destination === undefined || sources.length === 0) {
    throw new UsageError('missing source or destination; example: guestctl cp file guest:/tmp/');
  }
  const guests = new Set(sources.map(({ guest }) => guest));
  const [source] = guests;
  if (guests.size !== 1) throw new UsageError('all sources must be on this host, or all in the same guest');
  if ((source === undefined) === (destination.guest === undefined)) {
    throw new UsageError(
      source === undefined
        ? 'neither side is in a guest: write guest:PATH, or ./PATH for a path on this host with a colon'
        : 'both sides are in a guest: copy to this host first',
    );
  }
  const named = source ?? destination.guest;
  return {
    sources: sources.map(({ path }) => path),
    // Several sources need a directory.
    destination: sources.length > 1 ? `${destination.path.replace(/\/$/, '')}/` : destination.path,
    from: source === undefined ? 'host' : 'guest',
    guest: SELECTED_GUEST.includes(named) ? undefined : named,
  };
}
