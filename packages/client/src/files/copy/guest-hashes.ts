import type { Limits } from '../../deadline.js';
import type { Guest } from '../../guest.js';
import { GuestError } from '../../guest-error.js';
import { mostPerWrite } from '../chunk-size.js';
import { runScript } from '../guest-shell.js';
import { batches } from './batches.js';
import { bytesOfPath, nulList, type RawPath } from './raw-path.js';

/** Hashes the files below `$1` whose names it reads; leaves out what cannot be read. */
const hashAll = `
command -v sha256sum >/dev/null || { echo 'sha256sum is missing; leave out the verification' >&2; exit 1; }
cd -- "$1" || exit 1
xargs -0 sha256sum 2>/dev/null || :
`;

/** Hashes the first `$2` bytes of the one file below `$1` whose name it reads. */
const hashBeginning = `
command -v sha256sum >/dev/null || { echo 'sha256sum is missing; leave out the verification' >&2; exit 1; }
cd -- "$1" || exit 1
xargs -0 sh -c 'head -c "$1" -- "$2" | sha256sum' sh "$2"
`;

const lineFeed = '\n';

/** A name as GNU's `sha256sum` writes it when it has to escape something, which it shows by a `\` before the hash. */
const escaped = (name: RawPath): RawPath =>
  name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');

/** The hashes in the output of `sha256sum`, whose names are known, and in order. */
const hashesIn = (output: string, names: readonly RawPath[]): Map<RawPath, string> => {
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
      .map((text) => text + lineFeed)
      .find((text) => output.startsWith(text, at + all.length));
    if (found === undefined) continue;
    hashes.set(name, hash);
    at += all.length + found.length;
  }
  return hashes;
};

/** Names that fit in one question: the way is to carry it, and a guest should answer before long. */
const mostNames = (guest: Guest): { readonly size: number; readonly count: number } => ({
  size: Math.min(mostPerWrite(guest.messageLimits), 2 ** 20),
  count: 4096,
});

/**
 * The SHA-256 of files in the guest, in hexadecimal, by their paths below a folder. Those that are not there, or cannot be read, are
 * left out.
 *
 * @throws {GuestError} as {@link runScript}
 */
export const guestHashes = async (
  guest: Guest,
  folder: string,
  files: readonly RawPath[],
  limits: Limits,
): Promise<ReadonlyMap<RawPath, string>> => {
  const all = new Map<RawPath, string>();
  for (const batch of batches(files, (path) => path.length + 3, mostNames(guest))) {
    const options = { ...limits, args: [folder], input: nulList(batch) };
    const { stdout } = await runScript(guest, `hash files in ${folder}`, hashAll, options);
    for (const [path, hash] of hashesIn(stdout.toString('latin1'), batch)) all.set(path, hash);
  }
  return all;
};

/** The SHA-256 of the first bytes of a file in the guest, or of all of them where it is shorter. */
export const guestHashOfBeginning = async (
  guest: Guest,
  folder: string,
  file: RawPath,
  length: number,
  limits: Limits,
): Promise<string> => {
  const options = { ...limits, args: [folder, String(length)], input: nulList([file]) };
  const { stdout } = await runScript(guest, `hash ${bytesOfPath(file)} in ${folder}`, hashBeginning, options);
  const hash = /^([0-9a-f]{64}) /.exec(stdout.toString('latin1'))?.[1];
  if (hash !== undefined) return hash;
  throw new GuestError('command', `${bytesOfPath(file)} in ${folder} cannot be read`, {
    command: 'guest-exec',
  });
};
