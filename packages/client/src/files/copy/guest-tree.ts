import type { GuestCalls } from '../../calls.js';
import type { CallOptions } from '../../deadline.js';
import { GuestError } from '../../guest-error.js';
import { mostPerRead } from '../chunk-size.js';
import { runScript, scriptFailed } from '../guest-shell.js';
import { type Entry, kindOf, type Tree } from './entries.js';
import { nulList, parentOf, type RawPath, shown } from './raw-path.js';

/**
 * What is said of entries: their names and an empty one; what `stat` says of them, a line each, as one text; names and targets
 * of the links among them and an empty name. Everything ends with NUL.
 */
const DESCRIBE = `
for f do printf "%s\\0" "$f"; done
printf "\\0"
stat -c "%f %s %n" -- "$@" 2>/dev/null
printf "\\0"
for f do
  if [ -L "$f" ]; then printf "%s\\0=" "$f"; readlink -n -- "$f"; printf "\\0"; fi
done
printf "\\0"
`;

/**
 * Says what `$1` is and, if it is a folder, what is in it: all, or those whose names are read. The last word says whether all
 * went well. No more than `$3` bytes are said.
 */
const list = `
if [ ! -e "$1" ]; then printf 'absent\\0'; exit 0; fi
{
  stat -L -c '%f %s' -- "$1"
  printf '\\0'
  if [ -d "$1" ]; then
    cd -- "$1" &&
    case $2 in
      all) find . ! -name . -exec sh -c '${DESCRIBE}' sh {} + ;;
      these) xargs -0 sh -c '${DESCRIBE}' sh ;;
    esac
  fi && printf 'end\\0' || printf 'failed\\0'
} | head -c "$3"
`;

const LINE_FEED = 0x0a;

function broken(what: string): GuestError {
  return new GuestError('protocol', `the guest's list of files cannot be understood: ${what}`, {
    command: 'guest-exec',
  });
}

/** Reads what ends with NUL, piece by piece. */
class Words {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): RawPath {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw broken('it is not complete');
    const word = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return word;
  }

  /** Words up to an empty one. */
  nextList(): RawPath[] {
    const words: RawPath[] = [];
    for (let word = this.next(); word !== ''; word = this.next()) words.push(word);
    return words;
  }
}

const LONGEST_PATH = 4096;

/** A name as `find` gives it, `./a/b`, if it can be trusted to stay below its folder. */
function checked(found: RawPath): RawPath {
  const path = found.slice(2);
  const parts = path.split('/');
  if (
    !found.startsWith('./') ||
    path.length > LONGEST_PATH ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw broken(`"${shown(found).slice(0, 100)}" is no name within it`);
  }
  return path;
}

function statOf(hex: string | undefined, size: string | undefined): Pick<Entry, 'kind' | 'mode' | 'size'> {
  const bits = Number.parseInt(hex ?? '', 16);
  const bytes = Number(size);
  if (!Number.isSafeInteger(bits) || !Number.isSafeInteger(bytes)) throw broken('a size is out of range');
  return { kind: kindOf(bits), mode: bits & 0o7777, size: bytes };
}

/** The entries of which `stat` has told, by name: one that has gone meanwhile has no line. */
function statsOf(names: readonly RawPath[], text: string): Map<RawPath, ReturnType<typeof statOf>> {
  const stats = new Map<RawPath, ReturnType<typeof statOf>>();
  let at = 0;
  const numbers = /([0-9a-f]{1,8}) (\d{1,16}) /y;
  for (const name of names) {
    numbers.lastIndex = at;
    const [all = '', mode, size] = numbers.exec(text) ?? [];
    const end = at + all.length + name.length;
    if (all === '' || !text.startsWith(name, at + all.length) || text.charCodeAt(end) !== LINE_FEED) continue;
    stats.set(name, statOf(mode, size));
    at = end + 1;
  }
  if (at !== text.length) throw broken('it tells of what it does not name');
  return stats;
}

/** Each entry after its folder; what lies in something that is none cannot be. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const kinds = new Map<RawPath, Entry['kind']>([['', 'folder']]);
  for (const { path, kind } of entries) {
    if (kinds.has(path)) throw broken(`"${shown(path)}" is there twice`);
    kinds.set(path, kind);
  }
  const depth = (path: RawPath): number => path.split('/').length;
  for (const { path } of entries) {
    if (kinds.get(parentOf(path)) !== 'folder') throw broken(`"${shown(path)}" lies in no folder`);
  }
  return entries
    .map((entry) => [depth(entry.path), entry] as const)
    .sort(([a], [b]) => a - b)
    .map(([, entry]) => entry);
}

/** Bytes: less than an agent keeps of an output (qemu-ga §5.8). */
const MOST_LISTED = 15 * 2 ** 20;

/** What is looked at within a folder: everything, nothing, or these names. */
type Scope = 'all' | 'none' | readonly RawPath[];

async function look(
  guest: GuestCalls,
  path: string,
  scope: Scope,
  limits: CallOptions,
): Promise<Tree | undefined> {
  const what = typeof scope === 'string' ? scope : 'these';
  const names = typeof scope === 'string' ? {} : { input: nulList(scope) };
  const most = mostPerRead(guest.messageLimits);
  const args = [path, what, String(Math.min(most, MOST_LISTED))];
  const { stdout, said } = await runScript(guest, `look at ${path}`, list, { ...limits, ...names, args });
  if (stdout.length >= Math.min(most, MOST_LISTED)) {
    throw scriptFailed(`look at ${path}`, 'it holds more than can be told at once; copy it in parts');
  }
  const words = new Words(stdout);
  const head = words.next();
  if (head === 'absent') return undefined;
  const [, mode, size] = /^([0-9a-f]{1,8}) (\d{1,16})\n$/.exec(head) ?? [];
  const root = { path: '', target: '', ...statOf(mode, size) };
  const entries: Entry[] = [];
  for (let word = words.next(); word !== 'end'; word = words.next()) {
    if (word === 'failed') throw scriptFailed(`look at ${path}`, said || 'it cannot be read');
    const found = word === '' ? [] : [word, ...words.nextList()];
    const stats = statsOf(found, words.next());
    const links = words.nextList();
    const targets = new Map<RawPath, RawPath>();
    for (let i = 0; i < links.length; i += 2) targets.set(links[i] ?? '', (links[i + 1] ?? '').slice(1));
    for (const name of found) {
      const stat = stats.get(name);
      const target = targets.get(name) ?? '';
      // What has gone meanwhile has no line, or no target.
      if (stat === undefined || (stat.kind === 'link' && target === '')) continue;
      entries.push({ path: checked(name), target, ...stat });
    }
  }
  return { root, entries };
}

/**
 * Looks at a file or a folder in the guest, and at all that it holds if that is asked for; `undefined` if there is nothing. A link
 * at the path itself is followed, those below are not. Names are bytes that a guest has given: each is below the folder,
 * and lies in a folder that is in the list.
 *
 * One question for the whole tree; its answer, with some 100 bytes for each entry, must fit in what an agent keeps of an
 * output, 16 MiB, and in what the way carries.
 *
 * @throws {GuestError} as {@link runScript}; `protocol` if the answer is not to be trusted
 */
export async function guestTree(
  guest: GuestCalls,
  path: string,
  recursive: boolean,
  limits: CallOptions,
): Promise<Tree | undefined> {
  const tree = await look(guest, path, recursive ? 'all' : 'none', limits);
  return tree && { root: tree.root, entries: inOrder(tree.entries) };
}

/** Looks at some names in a folder of the guest; gives those that are there, or nothing if there is no such folder. */
export async function guestEntries(
  guest: GuestCalls,
  folder: string,
  names: readonly RawPath[],
  limits: CallOptions,
): Promise<readonly Entry[]> {
  return (await look(guest, folder, names, limits))?.entries ?? [];
}
