/** Actions of a conversation outside of the channel: they prepare and inspect files. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The FIFOs that a conversation keeps open, to be closed at its end. */
export interface Held {
  readonly fifos: Map<string, number>;
}

type Action = (path: string, rest: string, held: Held) => string | undefined;

function withLineFeeds(text: string): string {
  return text.replaceAll('\\n', '\n');
}

function heldFifo(path: string, held: Held): number {
  const known = held.fifos.get(path);
  if (known !== undefined) return known;
  // For reading and writing, so that the open neither waits nor fails without a peer.
  const opened = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  held.fifos.set(path, opened);
  return opened;
}

function show(bytes: Buffer): string {
  return `= ${JSON.stringify(bytes.toString('latin1'))}`;
}

const actions: Readonly<Record<string, Action>> = {
  /** `file NAME TEXT` writes a file; `\n` in the text is a line feed. */
  file: (path, text) => void writeFileSync(path, withLineFeeds(text)),
  /** `append NAME TEXT` adds to a file. */
  append: (path, text) => void appendFileSync(path, withLineFeeds(text)),
  /** `truncate NAME SIZE` cuts a file, or makes a hole in it. */
  truncate: (path, size) => void truncateSync(path, Number(size)),
  mkdir: (path) => void mkdirSync(path),
  symlink: (path, target) => void symlinkSync(target, path),
  hardlink: (path, name) => void linkSync(join(path, '..', name), path),
  unlink: (path) => void unlinkSync(path),
  /** `chmod NAME OCTAL`. */
  chmod: (path, mode) => void chmodSync(path, Number.parseInt(mode, 8)),
  fifo: (path) => void execFileSync('mkfifo', [path]),
  /** `feed NAME TEXT` puts bytes into a FIFO and keeps it open. */
  feed: (path, text, held) => void writeSync(heldFifo(path, held), withLineFeeds(text)),
  /** `drain NAME` shows what the agent wrote into a FIFO that was held open before. */
  drain: (path, _, held) => {
    const buffer = Buffer.alloc(65_536);
    return show(buffer.subarray(0, readSync(heldFifo(path, held), buffer)));
  },
  /** `hold NAME` opens a FIFO and keeps it open. */
  hold: (path, _, held) => void heldFifo(path, held),
  /** `cat NAME` shows a file. */
  cat: (path) => show(readFileSync(path)),
  /** `stat NAME` shows the permissions and the size of a file. */
  stat: (path) => {
    const { mode, size } = statSync(path);
    return `= ${(mode & 0o7777).toString(8).padStart(4, '0')} ${size}`;
  },
};

/** Runs one action in the folder and returns its output, if it has one. */
export function act(words: string, folder: string, held: Held): string | undefined {
  const [, verb = '', name = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/.exec(words) ?? [];
  const action = actions[verb];
  if (action === undefined) throw new SyntaxError(`no such action: ${words}`);
  return action(join(folder, name), rest, held);
}

/** Closes the FIFOs that actions have opened. */
export function release(held: Held): void {
  for (const fd of held.fifos.values()) closeSync(fd);
  held.fifos.clear();
}
