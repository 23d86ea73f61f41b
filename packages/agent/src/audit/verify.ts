import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { GENESIS, hashOf, LINE_LIMIT_BYTES, readLink } from './chain.js';

const NEWLINE = 0x0a;
const PIECE_BYTES = 256 * 1024;

/** The result of verifying files: all their lines are one chain, or the first line that is not part of it. */
export type Verification =
  | {
      readonly ok: true;
      readonly entries: number;
      /** The hash before the first line; undefined if the log begins there. */
      readonly continues: string | undefined;
      /** The hash of the last line: kept elsewhere, it shows whether lines are missing at the end. */
      readonly last: string;
    }
  | { readonly ok: false; readonly file: string; readonly line: number; readonly reason: string };

/** The place in the chain, from line to line and from file to file. */
interface Position {
  entries: number;
  first: string | undefined;
  /** Undefined before the first line. */
  last: string | undefined;
  /** The first of incomplete lines, and the hash of them joined by newlines, which the next entry must mention. */
  incomplete: { readonly hash: Hash; readonly file: string; readonly line: number } | undefined;
}

/**
 * Verifies the chain of an audit log that is in one file, or in several, the oldest first. Uses little memory, whatever
 * their size. Throws a system error if a file cannot be read.
 */
export function verify(files: readonly string[]): Verification {
  const position: Position = { entries: 0, first: undefined, last: undefined, incomplete: undefined };
  for (const file of files) {
    let number = 0;
    for (const line of linesOf(file)) {
      number += 1;
      const broken = advance(position, line, { file, line: number });
      if (broken !== undefined) return { ok: false, ...broken };
    }
  }
  const { entries, first, last = GENESIS, incomplete } = position;
  if (incomplete !== undefined) return { ok: false, ...notAnEntry(incomplete) };
  return { ok: true, entries, continues: first === GENESIS ? undefined : first, last };
}

type Broken = Omit<Extract<Verification, { ok: false }>, 'ok'>;

function notAnEntry({ file, line }: Omit<Broken, 'reason'>): Broken {
  return { file, line, reason: 'it is not a complete entry of an audit log' };
}

/** Goes to the next line; returns the line that breaks the chain, if there is one. */
function advance(
  position: Position,
  line: Buffer | undefined,
  where: Omit<Broken, 'reason'>,
): Broken | undefined {
  const { last, incomplete } = position;
  if (line === undefined) return notAnEntry(incomplete ?? where);
  const link = readLink(line);
  if (link === undefined) {
    if (incomplete === undefined) position.incomplete = { ...where, hash: createHash('sha256').update(line) };
    else incomplete.hash.update('\n').update(line);
    return undefined;
  }
  if (incomplete !== undefined) {
    if (link.truncatedAfter === undefined || link.previous !== incomplete.hash.digest('hex'))
      return notAnEntry(incomplete);
    if (link.truncatedAfter !== (last ?? link.truncatedAfter)) {
      return { ...where, reason: 'a line before the incomplete one was changed or removed' };
    }
    position.first ??= link.truncatedAfter;
    position.incomplete = undefined;
  } else if (last !== undefined && link.previous !== last) {
    return {
      ...where,
      reason: 'it does not follow the line before: a line was changed, removed or inserted',
    };
  }
  position.first ??= link.truncatedAfter ?? link.previous;
  position.last = hashOf(line);
  position.entries += 1;
  return undefined;
}

/** Yields the lines of a file without their newlines, which the last one may lack; undefined for one that is too long. */
function* linesOf(path: string): Generator<Buffer | undefined, void, undefined> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    let rest = Buffer.alloc(0);
    for (let length = readSync(fd, piece); length > 0; length = readSync(fd, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, length)]);
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        yield bytes.subarray(from, end);
        from = end + 1;
      }
      rest = bytes.subarray(from);
      if (rest.length > LINE_LIMIT_BYTES) break;
    }
    if (rest.length > 0) yield rest.length > LINE_LIMIT_BYTES ? undefined : rest;
  } finally {
    closeSync(fd);
  }
}
