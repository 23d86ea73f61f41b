import { type LocalTime, posixZone, type Zone } from './posix-zone.js';

const HEADER = 44;
const TYPE = 6;

/** The six counts of a header (RFC 8536, 3.1), in the order of the file. */
interface Counts {
  readonly utc: number;
  readonly standard: number;
  readonly leap: number;
  readonly times: number;
  readonly types: number;
  readonly characters: number;
}

/**
 * Reads a compiled time zone (RFC 8536), as they lie in `/usr/share/zoneinfo`.
 *
 * @returns undefined if the bytes are none
 */
export function parseTzif(bytes: Buffer): Zone | undefined {
  const first = countsAt(bytes, 0);
  if (first === undefined) return undefined;
  // The first block has times of 32 bits. Later versions repeat everything with 64.
  if (bytes[4] === 0) return zoneOf(bytes, HEADER, first, 4);
  const second = HEADER + sizeOf(first, 4);
  const counts = countsAt(bytes, second);
  return counts && zoneOf(bytes, second + HEADER, counts, 8);
}

function countsAt(bytes: Buffer, at: number): Counts | undefined {
  if (bytes.length < at + HEADER || bytes.toString('latin1', at, at + 4) !== 'TZif') return undefined;
  const count = (index: number): number => bytes.readUInt32BE(at + 20 + index * 4);
  return {
    utc: count(0),
    standard: count(1),
    leap: count(2),
    times: count(3),
    types: count(4),
    characters: count(5),
  };
}

/** Bytes of a block of data. */
function sizeOf({ utc, standard, leap, times, types, characters }: Counts, timeSize: 4 | 8): number {
  return times * (timeSize + 1) + types * TYPE + characters + leap * (timeSize + 4) + standard + utc;
}

function zoneOf(bytes: Buffer, at: number, counts: Counts, timeSize: 4 | 8): Zone | undefined {
  const end = at + sizeOf(counts, timeSize);
  if (end > bytes.length || counts.types === 0) return undefined;
  const indices = at + counts.times * timeSize;
  const types = indices + counts.times;
  const names = types + counts.types * TYPE;

  const timeOf = (index: number): number =>
    timeSize === 4 ? bytes.readInt32BE(at + index * 4) : Number(bytes.readBigInt64BE(at + index * 8));
  const typeAt = (index: number): LocalTime => {
    const type = types + Math.min(index, counts.types - 1) * TYPE;
    const name = bytes.subarray(Math.min(names + bytes.readUInt8(type + 5), names + counts.characters));
    const length = Math.max(name.indexOf(0), 0);
    return { offset: bytes.readInt32BE(type), abbreviation: name.toString('latin1', 0, length) };
  };
  // The rule for what comes after the last change; the file may hold no change at all.
  const rule = posixZone(/^\n([^\n]+)\n/.exec(bytes.toString('latin1', end))?.[1] ?? '');

  return (moment) => {
    let low = 0;
    let high = counts.times;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeOf(middle) <= moment) low = middle + 1;
      else high = middle;
    }
    if (low === counts.times && rule !== undefined) return rule(moment);
    return typeAt(low === 0 ? 0 : bytes.readUInt8(indices + low - 1));
  };
}
