import type { RawPath } from './raw-path.js';

/** What a folder holds, as far as a copy looks at it. */
export interface Entry {
  readonly path: RawPath;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permissions, without the bits of the kind. */
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Where a link leads, in bytes as a path has them. */
  readonly target: RawPath;
}

const kinds: ReadonlyMap<number, Entry['kind']> = new Map([
  [0o10, 'file'],
  [0o4, 'folder'],
  [0o12, 'link'],
]);

/** The kind of thing that a mode with all of its bits tells of. */
export function kindOf(mode: number): Entry['kind'] {
  return kinds.get((mode >> 12) & 0o17) ?? 'other';
}

/** A folder, or a single file, that is copied or copied to. */
export interface Tree {
  readonly root: Entry;
  /** All that a folder holds, each after the folder that it lies in. */
  readonly entries: readonly Entry[];
}
