import type { GuestCalls } from '../../calls.js';
import type { CallOptions } from '../../deadline.js';
import { mostPerWrite } from '../chunk-size.js';
import { runScript, scriptFailed } from '../guest-shell.js';
import { batches } from './batches.js';
import { nulList, type RawPath, shown } from './raw-path.js';

/** Hashes the files below `$1` whose names it reads; leaves out what cannot be read. */
const HASH_ALL = `
cd -- "$1" || exit 1
xargs -0 sha256sum 2>/dev/null || :
`;

/**
 * Hashes a part of the one file below `$1` whose name it reads: from the byte `$2` on, `$3` bytes or to its end. OpenSSL is several
 * times as fast as many a `sha256sum`.
 */
const HASH_PART = `
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

const LINE_FEED = '\n';

/** A name as GNU's `sha256sum` writes it when it has to escape something, which it shows by a `\` before the hash. */
function escaped(name: RawPath): RawPath {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** The hashes in the output of `sha256sum`, whose names are known, and in order. */
function hashesIn(output: string, names: readonly RawPath[]): Map<RawPath, string> {
  const hashes = new Map<RawPath, string>();
  const line = /(\\?)([0-9a-f]{64}) [ *]/y;
  let at = 0;
  for (const name of names) {
    line.lastIndex = at;
    const [all, mark, hash] = line.exec(output) ?? [];
    if (all === undefined || hash === undefined) continue;
    const found = [
      `./${name}`,
      ...(mark === '' ? [] : [escaped(`./${name}`), escaped(`./${name}`).replaceAll('\\r', '\r')]),
    ]
      .map((text) => text + LINE_FEED)
      .find((text) => output.startsWith(text, at + all.length));
    if (found === undefined) continue;
    hashes.set(name, hash);
    at += all.length + found.length;
  }
  return hashes;
}

/** Names that fit in one question: the way is to carry it, and a guest should answer before long. */
function mostNames(guest: GuestCalls): { readonly size: number; readonly count: number } {
  return {
    size: Math.min(mostPerWrite(guest.messageLimits), 2 ** 20),
    count: 4096,
  };
}

/**
 * The SHA-256 of files in the guest, in hexadecimal, by their paths below a folder. Those that are not there, or cannot be read, are
 * left out.
 *
 * @throws {GuestError} as {@link runScript}
 */
export async function guestHashes(
  guest: GuestCalls,
  folder: string,
  files: readonly RawPath[],
  limits: CallOptions,
): Promise<ReadonlyMap<RawPath, string>> {
  const all = new Map<RawPath, string>();
  for (const batch of batches(files, (path) => path.length + 3, mostNames(guest))) {
    const options = { ...limits, args: [folder], input: nulList(batch) };
    const { stdout } = await runScript(guest, `hash files in ${folder}`, HASH_ALL, options);
    for (const [path, hash] of hashesIn(stdout.toString('latin1'), batch)) all.set(path, hash);
  }
  return all;
}

/** A part of a file below a folder. */
export interface Part {
  readonly path: RawPath;
  /** Where it begins. */
  readonly from: number;
  /** Its bytes; to the end of the file if absent. */
  readonly length?: number;
}

/**
 * The SHA-256 of a part of a file in the guest, or of as much of it as there is.
 *
 * @throws {GuestError} as {@link runScript}; `command` if it cannot be read
 */
export async function guestHashOfPart(
  guest: GuestCalls,
  folder: string,
  { path, from, length }: Part,
  limits: CallOptions,
): Promise<string> {
  const args = [folder, String(from), length === undefined ? '' : String(length)];
  const what = `hash ${shown(path)} in ${folder}`;
  const { stdout, said } = await runScript(guest, what, HASH_PART, {
    ...limits,
    args,
    input: nulList([path]),
  });
  const hash = /^([0-9a-f]{64}) /.exec(stdout.toString('latin1'))?.[1];
  if (hash !== undefined) return hash;
  throw scriptFailed(what, said || 'it cannot be read');
}
