import { maxWriteBytes } from '../chunk-size.js';
import { type GuestShell, scriptError } from '../guest-shell.js';
import { MAKE_OWN_FOLDER, octal, PARTIAL_FOLDER } from '../partial.js';
import { joinPath, nameOf, nulTerminated, parentOf, type RawPath, relativeArgument } from './raw-path.js';

/** Returns the path of the partial file for a destination. */
export function partialOf(path: RawPath): RawPath {
  return joinPath(joinPath(parentOf(path), PARTIAL_FOLDER), nameOf(path));
}

/** Returns a script that runs a command for each pair of words. */
function eachPair(command: string): string {
  return `
cd -- "$1" && xargs -0 sh -c '
while [ $# -gt 1 ]; do
  ${command} || exit 255
  shift 2
done' sh
`;
}

const LINK_ALL = eachPair('rm -f -- "$2" && ln -s -- "$1" "$2"');
const MODE_ALL = eachPair('chmod "$1" "$2"');
const RENAME_ALL = eachPair('mv -f -- "$1" "$2"');

const MAKE_ALL = `
cd -- "$1" && xargs -0 sh -c 'for d do [ -d "$d" ] || mkdir -- "$d" || exit 255; done' sh
`;

const MAKE_PARTIALS = `
cd -- "$1" && xargs -0 sh -c '${MAKE_OWN_FOLDER} for d do own "$d" || exit 255; done' sh
`;

/**
 * Moves each partial file to its destination. Files of one folder are moved by one `mv`, whose arguments are positional parameters:
 * names never become part of a command. `mv` into a folder does not follow a link with the name of the file.
 */
const MOVE_ALL = `
cd -- "$1" && xargs -0 sh -c '
i=1
last=
those=
flush() { [ -z "$those" ] || eval "mv -f -- $those \\"\\$last/\\"" || exit 255; }
while [ $i -le $# ]; do
  eval "file=\\\${$i}"
  folder=\${file%/*/*}
  if [ "$folder" != "$last" ]; then
    flush "$@"
    last=$folder
    those=
  fi
  those="$those \\"\\\${$i}\\""
  i=$((i + 1))
done
flush "$@"' sh
`;

const REMOVE_EMPTY = `
cd -- "$1" && xargs -0 rmdir 2>/dev/null || :
`;

const UNPACK = `
cd -- "$1" && tar -x -p -o -f -
`;

const WHICH = `
for program in tar sha256sum; do
  if command -v "$program" >/dev/null; then echo "$program"; fi
done
`;

/** Bytes of names for one run: BusyBox `xargs` passes a command 32 KiB, and must not separate pairs. */
const MAX_NAMES_BYTES = 16 * 1024;
const MAX_NAMES = 4096;

/** Optional programs of the guest. */
export interface Programs {
  /** Small files can be sent together. */
  readonly tar: boolean;
  /** Files can be compared. */
  readonly sha256sum: boolean;
}

/** Finds the optional programs of the guest; throws `command` if files are to be compared and cannot be. */
export async function findPrograms(shell: GuestShell, verify: boolean): Promise<Programs> {
  const { stdout } = await shell.run('look for programs', WHICH, []);
  const found = stdout.toString('latin1').split('\n');
  const programs = { tar: found.includes('tar'), sha256sum: found.includes('sha256sum') };
  if (programs.sha256sum || !verify) return programs;
  throw scriptError('compare files', 'the guest has no sha256sum; copy without comparing (verify: false)');
}

/**
 * Groups items, in order, into batches with at most `max.size` in total and `max.count` items. An item that exceeds the size alone
 * forms its own batch.
 */
export function* batches<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  max: { readonly size: number; readonly count: number },
): Iterable<readonly T[]> {
  let batch: T[] = [];
  let total = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (batch.length > 0 && (total + size > max.size || batch.length >= max.count)) {
      yield batch;
      batch = [];
      total = 0;
    }
    batch.push(item);
    total += size;
  }
  if (batch.length > 0) yield batch;
}

/** A folder in the guest, as the source or destination of a copy. */
export class GuestFolder {
  readonly shell: GuestShell;
  readonly root: string;

  constructor(shell: GuestShell, root: string) {
    this.shell = shell;
    this.root = root;
  }

  /** Runs a script with the folder as `$1`, and `args` as `$2` and so on. */
  run(
    what: string,
    script: string,
    input: Uint8Array,
    args: readonly string[] = [],
  ): ReturnType<GuestShell['run']> {
    return this.shell.run(`${what} in ${this.root}`, script, [this.root, ...args], input);
  }

  /** Creates folders in this order. */
  make(folders: readonly RawPath[]): Promise<void> {
    return this.#runAll('make folders', MAKE_ALL, folders, (path) => [relativeArgument(path)]);
  }

  /** Creates the folders for partial files inside these folders. */
  makePartials(folders: readonly RawPath[]): Promise<void> {
    return this.#runAll('make folders', MAKE_PARTIALS, folders, partialFolderOf);
  }

  /** Removes the folders for partial files that are empty. */
  removePartials(folders: readonly RawPath[]): Promise<void> {
    return this.#runAll('remove folders', REMOVE_EMPTY, folders, partialFolderOf);
  }

  /** Creates links as partial files of these paths. */
  link(links: readonly { readonly path: RawPath; readonly target: RawPath }[]): Promise<void> {
    return this.#runAll('make links', LINK_ALL, links, ({ path, target }) => [
      target,
      relativeArgument(partialOf(path)),
    ]);
  }

  /** Moves the partial files of these paths to their destinations. */
  commit(paths: readonly RawPath[]): Promise<void> {
    return this.#runAll('put files in place', MOVE_ALL, paths, (path) => [relativeArgument(partialOf(path))]);
  }

  /** Changes permissions, in this order. */
  changeModes(modes: readonly { readonly path: RawPath; readonly mode: number }[]): Promise<void> {
    return this.#runAll('change permissions', MODE_ALL, modes, ({ path, mode }) => [
      octal(mode),
      relativeArgument(path),
    ]);
  }

  rename(from: RawPath, to: RawPath): Promise<void> {
    return this.#runAll('rename a file', RENAME_ALL, [[from, to]], (paths) => paths.map(relativeArgument));
  }

  async unpack(archive: Buffer): Promise<void> {
    await this.run('unpack files', UNPACK, archive);
  }

  /** Runs a script whose input are the words of all items, each ended by NUL. */
  async #runAll<T>(
    what: string,
    script: string,
    items: readonly T[],
    wordsOf: (item: T) => readonly string[],
  ): Promise<void> {
    const { messageLimits } = this.shell.guest;
    const limit = { size: Math.min(maxWriteBytes(messageLimits), MAX_NAMES_BYTES), count: MAX_NAMES };
    const size = (words: readonly string[]): number => words.reduce((sum, word) => sum + word.length + 1, 0);
    for (const batch of batches(items.map(wordsOf), size, limit)) {
      await this.run(what, script, nulTerminated(batch.flat()));
    }
  }
}

function partialFolderOf(folder: RawPath): readonly string[] {
  return [relativeArgument(joinPath(folder, PARTIAL_FOLDER))];
}
