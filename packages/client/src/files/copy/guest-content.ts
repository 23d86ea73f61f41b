import { GuestError } from '../../guest-error.js';
import { type ChunkSize, maxWriteBytes } from '../chunk-size.js';
import { scriptError } from '../guest-shell.js';
import { batches, type GuestFolder } from './guest-folder.js';
import { displayPath, pathList, type RawPath, relativeArgument } from './raw-path.js';

/** Hashes the files below `$1` whose names are read from the input; skips unreadable ones. */
const HASH_FILES = `
cd -- "$1" || exit 1
xargs -0 sha256sum 2>/dev/null || :
`;

/**
 * Hashes a range of the file below `$1` whose name is read from the input: `$3` bytes, or all, from the offset `$2` on. OpenSSL is
 * several times as fast as some implementations of `sha256sum`.
 */
const HASH_RANGE = `
cd -- "$1" || exit 1
xargs -0 sh -c '
if command -v openssl >/dev/null; then
  hash() { openssl dgst -sha256 -r; }
else
  hash() { sha256sum; }
fi
if [ "$1" -eq 0 ] && [ -z "$2" ]; then hash <"$3"
elif [ "$1" -eq 0 ]; then head -c "$2" "$3" | hash
elif [ -z "$2" ]; then tail -c "+$(($1 + 1))" "$3" | hash
else tail -c "+$(($1 + 1))" "$3" | head -c "$2" | hash
fi' sh "$2" "$3"
`;

const CONCATENATE = `
cd -- "$1" && xargs -0 cat
`;

const READ_RANGE = `
cd -- "$1" && xargs -0 sh -c 'tail -c "+$(($1 + 1))" "$3" | head -c "$2"' sh "$2" "$3"
`;

const MAX_NAMES_BYTES = 2 ** 20;
const MAX_NAMES = 4096;
/** Less than the 16 MiB of output that an agent captures (qemu-ga §5.8). */
const MAX_SHELL_READ_BYTES = 8 * 2 ** 20;

/** Returns a name as GNU `sha256sum` escapes it, marked by a `\` before the hash. */
function escapeName(name: RawPath): RawPath {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** Parses the output of `sha256sum` for known names, in order. */
function parseHashes(output: string, names: readonly RawPath[]): Map<RawPath, string> {
  const hashes = new Map<RawPath, string>();
  const line = /(\\?)([0-9a-f]{64}) [ *]/y;
  let at = 0;
  for (const name of names) {
    line.lastIndex = at;
    const [all, mark, hash] = line.exec(output) ?? [];
    if (all === undefined || hash === undefined) continue;
    const plain = relativeArgument(name);
    const escaped = escapeName(plain);
    // Older releases do not escape a carriage return.
    const spellings = mark === '' ? [plain] : [plain, escaped, escaped.replaceAll('\\r', '\r')];
    const found = spellings.find((text) => output.startsWith(`${text}\n`, at + all.length));
    if (found === undefined) continue;
    hashes.set(name, hash);
    at += all.length + found.length + 1;
  }
  return hashes;
}

/** Returns the hexadecimal SHA-256 of files in a guest's folder; leaves out missing and unreadable ones. */
export async function guestHashes(
  folder: GuestFolder,
  files: readonly RawPath[],
): Promise<ReadonlyMap<RawPath, string>> {
  const hashes = new Map<RawPath, string>();
  const { messageLimits } = folder.shell.guest;
  const limit = { size: Math.min(maxWriteBytes(messageLimits), MAX_NAMES_BYTES), count: MAX_NAMES };
  for (const batch of batches(files, (path) => path.length + 3, limit)) {
    const { stdout } = await folder.run('hash files', HASH_FILES, pathList(batch));
    for (const [path, hash] of parseHashes(stdout.toString('latin1'), batch)) hashes.set(path, hash);
  }
  return hashes;
}

/** A range of a file below a folder. */
export interface FileRange {
  readonly path: RawPath;
  readonly offset: number;
  /** Length in bytes; to the end of the file if absent. */
  readonly length?: number | undefined;
}

/** Returns the hexadecimal SHA-256 of a range of a file in the guest, or of the part of it that exists. */
export async function guestRangeHash(folder: GuestFolder, range: FileRange): Promise<string> {
  const { path, offset, length } = range;
  const what = `hash ${displayPath(path)}`;
  const args = [String(offset), length === undefined ? '' : String(length)];
  const { stdout, stderr } = await folder.run(what, HASH_RANGE, pathList([path]), args);
  const hash = /^([0-9a-f]{64}) /.exec(stdout.toString('latin1'))?.[1];
  if (hash !== undefined) return hash;
  throw scriptError(`${what} in ${folder.root}`, stderr || 'cannot read it');
}

/** Resolves to whether a range has this SHA-256. The promise may be awaited late. */
export type RangeVerifier = (range: FileRange, hash: string) => Promise<boolean>;

/** Returns a function that compares ranges one after the other, while other ranges are transferred. */
export function rangeVerifier(folder: GuestFolder): RangeVerifier {
  let last: Promise<unknown> = Promise.resolve();
  return (range, hash) => {
    const matches = last.then(async () => (await guestRangeHash(folder, range)) === hash);
    last = matches.catch(() => {});
    return matches;
  };
}

/** Returns the concatenated bytes of files below a folder of the guest, 16 MiB at most. */
export async function readFiles(folder: GuestFolder, files: readonly RawPath[]): Promise<Buffer> {
  return (await folder.run('read files', CONCATENATE, pathList(files))).stdout;
}

/** Yields the bytes of a file that the agent cannot open, since a request cannot contain its name. */
export async function* readThroughShell(
  folder: GuestFolder,
  file: RawPath,
  { offset, length, chunk }: { offset: number; length: number; chunk: ChunkSize },
): AsyncIterable<Buffer> {
  const { clock } = folder.shell.guest;
  const what = `read ${displayPath(file)}`;
  for (let at = offset; at < offset + length; ) {
    const count = Math.min(chunk.bytes, MAX_SHELL_READ_BYTES, offset + length - at);
    const start = clock.now();
    const args = [String(at), String(count)];
    const { stdout: data } = await folder.run(what, READ_RANGE, pathList([file]), args);
    chunk.record(data.length, clock.now() - start);
    if (data.length > count) {
      const message = `${what}: the guest returned more bytes than requested`;
      throw new GuestError('protocol', message, { command: 'guest-exec' });
    }
    if (data.length === 0) return;
    at += data.length;
    yield data;
  }
}
