import { GuestError } from '../../guest-error.js';
import { maxReadBytes } from '../chunk-size.js';
import { type GuestShell, scriptError } from '../guest-shell.js';
import { displayPath, parentOf, pathList, type RawPath } from './raw-path.js';
import { type Entry, kindOf, type Tree } from './tree.js';

/**
 * Prints entries: their names and an empty name; the output of `stat`, a line for each, as one word; names and targets of the
 * links, and an empty name. Each word ends with NUL.
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
 * Prints what `$1` is and, for a folder, all entries or those named in the input. The last word tells whether the listing is
 * complete. The output is cut after `$3` bytes.
 */
const LIST = `
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
const MAX_PATH_BYTES = 4096;
/** Less than the 16 MiB of output that an agent captures (qemu-ga §5.8). */
const MAX_LISTING_BYTES = 15 * 2 ** 20;

function malformed(reason: string): GuestError {
  const message = `the guest returned a malformed list of files: ${reason}`;
  return new GuestError('protocol', message, { command: 'guest-exec' });
}

/** Reads words that end with NUL. */
function wordReader(bytes: Buffer): { next(): RawPath; nextList(): RawPath[] } {
  let at = 0;
  const next = (): RawPath => {
    const end = bytes.indexOf(0, at);
    if (end < 0) throw malformed('it is incomplete');
    const word = bytes.toString('latin1', at, end);
    at = end + 1;
    return word;
  };
  /** Returns the words before the next empty one. */
  const nextList = (): RawPath[] => {
    const words: RawPath[] = [];
    for (let word = next(); word !== ''; word = next()) words.push(word);
    return words;
  };
  return { next, nextList };
}

/** Returns the path for a name from `find`, such as `./a/b`, and rejects names outside the folder. */
function checkedPath(name: RawPath): RawPath {
  const path = name.slice(2);
  const hasInvalidPart = path.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (!name.startsWith('./') || path.length > MAX_PATH_BYTES || hasInvalidPart) {
    throw malformed(`"${displayPath(name).slice(0, 100)}" is not a path inside the folder`);
  }
  return path;
}

type EntryStat = Pick<Entry, 'kind' | 'mode' | 'size'>;

function parseStat(hex: string | undefined, size: string | undefined): EntryStat {
  const bits = Number.parseInt(hex ?? '', 16);
  const bytes = Number(size);
  if (!Number.isSafeInteger(bits) || !Number.isSafeInteger(bytes)) throw malformed('a size is out of range');
  return { kind: kindOf(bits), mode: bits & 0o7777, size: bytes };
}

/** Parses the output of `stat`, which has no line for a file that was removed meanwhile. */
function parseStats(names: readonly RawPath[], text: string): Map<RawPath, EntryStat> {
  const stats = new Map<RawPath, EntryStat>();
  let at = 0;
  const numbers = /([0-9a-f]{1,8}) (\d{1,16}) /y;
  for (const name of names) {
    numbers.lastIndex = at;
    const [all = '', mode, size] = numbers.exec(text) ?? [];
    const end = at + all.length + name.length;
    if (all === '' || !text.startsWith(name, at + all.length) || text.charCodeAt(end) !== LINE_FEED) continue;
    stats.set(name, parseStat(mode, size));
    at = end + 1;
  }
  if (at !== text.length) throw malformed('it describes a file that it does not list');
  return stats;
}

/** Sorts entries after the folders that contain them, and rejects duplicates and entries outside folders. */
function sortByDepth(entries: readonly Entry[]): Entry[] {
  const kinds = new Map<RawPath, Entry['kind']>([['', 'folder']]);
  for (const { path, kind } of entries) {
    if (kinds.has(path)) throw malformed(`"${displayPath(path)}" is listed twice`);
    kinds.set(path, kind);
  }
  for (const { path } of entries) {
    if (kinds.get(parentOf(path)) !== 'folder') throw malformed(`"${displayPath(path)}" is not in a folder`);
  }
  return entries
    .map((entry) => [entry.path.split('/').length, entry] as const)
    .sort(([a], [b]) => a - b)
    .map(([, entry]) => entry);
}

/** The entries of a folder to list: all, none, or those with these names. */
type Scope = 'all' | 'none' | readonly RawPath[];

async function listGuest(shell: GuestShell, path: string, scope: Scope): Promise<Tree | undefined> {
  const [mode, input] = typeof scope === 'string' ? [scope, undefined] : ['these', pathList(scope)];
  const max = Math.min(maxReadBytes(shell.guest.messageLimits), MAX_LISTING_BYTES);
  const what = `list ${path}`;
  const { stdout, stderr } = await shell.run(what, LIST, [path, mode, String(max)], input);
  if (stdout.length >= max) throw scriptError(what, 'the list of files is too long; copy it in parts');
  const words = wordReader(stdout);
  const head = words.next();
  if (head === 'absent') return undefined;
  const [, bits, size] = /^([0-9a-f]{1,8}) (\d{1,16})\n$/.exec(head) ?? [];
  const root = { path: '', target: '', ...parseStat(bits, size) };
  const entries: Entry[] = [];
  for (let word = words.next(); word !== 'end'; word = words.next()) {
    if (word === 'failed') throw scriptError(what, stderr || 'cannot read it');
    const names = word === '' ? [] : [word, ...words.nextList()];
    const stats = parseStats(names, words.next());
    const links = words.nextList();
    const targets = new Map<RawPath, RawPath>();
    for (let i = 0; i < links.length; i += 2) targets.set(links[i] ?? '', (links[i + 1] ?? '').slice(1));
    for (const name of names) {
      const stat = stats.get(name);
      const target = targets.get(name) ?? '';
      // Removed while it was listed.
      if (stat === undefined || (stat.kind === 'link' && target === '')) continue;
      entries.push({ path: checkedPath(name), target, ...stat });
    }
  }
  return { root, entries };
}

/**
 * Lists a file or folder of the guest; `undefined` if it does not exist. A link at `path` is followed, those below are
 * not. Each entry is inside the folder, and after the folder that contains it. The listing takes about 100 bytes for
 * each entry; it must fit in the 16 MiB that an agent captures, and in a message of the transport.
 */
export async function guestTree(
  shell: GuestShell,
  path: string,
  recursive: boolean,
): Promise<Tree | undefined> {
  const tree = await listGuest(shell, path, recursive ? 'all' : 'none');
  return tree && { root: tree.root, entries: sortByDepth(tree.entries) };
}

/** Returns the entries of a folder that exist among these names. */
export async function guestEntries(
  shell: GuestShell,
  folder: string,
  names: readonly RawPath[],
): Promise<readonly Entry[]> {
  return (await listGuest(shell, folder, names))?.entries ?? [];
}
