import type { GuestCalls } from '../../calls.js';
import type { CallOptions } from '../../deadline.js';
import { mostPerWrite } from '../chunk-size.js';
import { runScript, scriptFailed } from '../guest-shell.js';
import { MAKE_OWN_FOLDER, octal, PARTIAL_FOLDER } from '../partial.js';
import { batches } from './batches.js';
import { nameOf, parentOf, type RawPath, within } from './raw-path.js';

/** Where a file grows that is to be put at `path`. */
export function partialOf(path: RawPath): RawPath {
  return within(within(parentOf(path), PARTIAL_FOLDER), nameOf(path));
}

/** What a script reads: words that each end with NUL. */
type Words = readonly string[];

const MAKE_ALL = `
cd -- "$1" && xargs -0 sh -c 'for d do [ -d "$d" ] || mkdir -- "$d" || exit 255; done' sh
`;

const makePartials = `
cd -- "$1" && xargs -0 sh -c '${MAKE_OWN_FOLDER} for d do own "$d" || exit 255; done' sh
`;

const LINK_ALL = `
cd -- "$1" && xargs -0 sh -c '
while [ $# -gt 1 ]; do
  rm -f -- "$2" && ln -s -- "$1" "$2" || exit 255
  shift 2
done' sh
`;

const MODE_ALL = `
cd -- "$1" && xargs -0 sh -c '
while [ $# -gt 1 ]; do
  chmod "$1" "$2" || exit 255
  shift 2
done' sh
`;

/**
 * Moves each file out of its \`.guestwire-partial\` into the folder that holds that. Neighbours are moved by one \`mv\`,
 * whose arguments are named by their numbers: no name becomes part of a command. Into a folder, \`mv\` never follows a link
 * that bears the name of the file.
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

const RENAME_ALL = `
cd -- "$1" && xargs -0 sh -c '
while [ $# -gt 1 ]; do
  mv -f -- "$1" "$2" || exit 255
  shift 2
done' sh
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

/** Bytes of names for one script: `xargs` of BusyBox gives a command 32 KiB, and must not tear pairs apart. */
const MOST_OF_NAMES = 16 * 1024;

/** Which of the programs that a copy can do without the guest has. */
export interface Programs {
  /** Small files travel together. */
  readonly tar: boolean;
  /** Files can be compared. */
  readonly sha256sum: boolean;
}

/**
 * Looks for programs in the guest.
 *
 * @param verify whether files are to be compared
 * @throws {GuestError} `command` if they cannot
 */
export async function programsOf(guest: GuestCalls, verify: boolean, limits: CallOptions): Promise<Programs> {
  const { stdout } = await runScript(guest, 'look for programs', WHICH, limits);
  const found = stdout.toString('latin1').split('\n');
  const programs = { tar: found.includes('tar'), sha256sum: found.includes('sha256sum') };
  if (programs.sha256sum || !verify) return programs;
  throw scriptFailed('compare files', 'the guest has no sha256sum; copy without comparing (verify: false)');
}

/** A folder in the guest that is copied to, and what is done in it by programs of the guest. */
export class GuestFolder {
  readonly root: string;
  readonly #guest: GuestCalls;
  readonly #limits: CallOptions;

  constructor(guest: GuestCalls, root: string, limits: CallOptions) {
    this.#guest = guest;
    this.root = root;
    this.#limits = limits;
  }

  /** Makes folders, each after the one that it lies in. */
  make(folders: readonly RawPath[]): Promise<void> {
    return this.#each(
      'make folders',
      MAKE_ALL,
      folders.map((path) => [at(path)]),
    );
  }

  /** Makes the folders in which files grow that are to be put into these folders. */
  makePartials(folders: readonly RawPath[]): Promise<void> {
    return this.#each(
      'make folders',
      makePartials,
      folders.map((path) => [at(within(path, PARTIAL_FOLDER))]),
    );
  }

  /** Removes those of them that are empty. */
  removePartials(folders: readonly RawPath[]): Promise<void> {
    return this.#each(
      'remove folders',
      REMOVE_EMPTY,
      folders.map((path) => [at(within(path, PARTIAL_FOLDER))]),
    );
  }

  /** Makes links where files grow that are to be put at these paths. */
  link(links: readonly { readonly path: RawPath; readonly target: RawPath }[]): Promise<void> {
    return this.#each(
      'make links',
      LINK_ALL,
      links.map(({ path, target }) => [target, at(partialOf(path))]),
    );
  }

  /** Puts what has grown in place. */
  putInPlace(paths: readonly RawPath[]): Promise<void> {
    return this.#each(
      'put files in place',
      MOVE_ALL,
      paths.map((path) => [at(partialOf(path))]),
    );
  }

  /** Gives files and folders their permissions, in this order. */
  changeModes(modes: readonly { readonly path: RawPath; readonly mode: number }[]): Promise<void> {
    return this.#each(
      'change permissions',
      MODE_ALL,
      modes.map(({ path, mode }) => [octal(mode), at(path)]),
    );
  }

  /** Gives a file another name. */
  rename(from: RawPath, to: RawPath): Promise<void> {
    return this.#each('rename a file', RENAME_ALL, [[at(from), at(to)]]);
  }

  /** Unpacks an archive. */
  unpack(archive: Buffer): Promise<void> {
    return this.#run('unpack files', UNPACK, archive);
  }

  async #each(what: string, script: string, items: readonly Words[]): Promise<void> {
    const size = (words: Words): number => words.reduce((sum, word) => sum + word.length + 1, 0);
    const most = { size: Math.min(mostPerWrite(this.#guest.messageLimits), MOST_OF_NAMES), count: 4096 };
    for (const batch of batches(items, size, most)) {
      await this.#run(
        what,
        script,
        Buffer.from(
          batch
            .flat()
            .map((word) => `${word}\0`)
            .join(''),
          'latin1',
        ),
      );
    }
  }

  async #run(what: string, script: string, input: Buffer): Promise<void> {
    await runScript(this.#guest, `${what} in ${this.root}`, script, {
      ...this.#limits,
      args: [this.root],
      input,
    });
  }
}

/** A path as our scripts take it: never an option. */
function at(path: RawPath): RawPath {
  return `./${path}`;
}
