import { type LocalTime, posixZone, type Zone } from './posix-zone.js';

const HEADER = 44;
const TYPE = 6;

/** A block of data: the offsets of its parts, and the number of times, types and characters (RFC 8536, 3.1). */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly times: number;
  readonly types: number;
  readonly characters: number;
  readonly timeSize: 4 | 8;
}

/** Parses a compiled time zone of `/usr/share/zoneinfo` (RFC 8536); undefined if the bytes are invalid. */
export function parseTzif(bytes: Buffer): Zone | undefined {
  const first = blockAt(bytes, 0, 4);
  // Later versions repeat everything with 64-bit times.
  const block = first === undefined || bytes[4] === 0 ? first : blockAt(bytes, first.end, 8);
  return block === undefined || block.end > bytes.length || block.types === 0
    ? undefined
    : zoneOf(bytes, block);
}

function blockAt(bytes: Buffer, at: number, timeSize: 4 | 8): Block | undefined {
  if (bytes.length < at + HEADER || bytes.toString('latin1', at, at + 4) !== 'TZif') return undefined;
  const count = (index: number): number => bytes.readUInt32BE(at + 20 + index * 4);
  const [utc, standard, leap] = [count(0), count(1), count(2)];
  const [times, types, characters] = [count(3), count(4), count(5)];
  const start = at + HEADER;
  const size = times * (timeSize + 1) + types * TYPE + characters + leap * (timeSize + 4) + standard + utc;
  return { start, end: start + size, times, types, characters, timeSize };
}

function zoneOf(bytes: Buffer, { start, end, times, types, characters, timeSize }: Block): Zone {
  const indices = start + times * timeSize;
  const typesStart = indices + times;
  const names = typesStart + types * TYPE;
  const timeOf = (index: number): number =>
    timeSize === 4 ? bytes.readInt32BE(start + index * 4) : Number(bytes.readBigInt64BE(start + index * 8));
  const typeAt = (index: number): LocalTime => {
    const type = typesStart + Math.min(index, types - 1) * TYPE;
    const name = bytes.subarray(Math.min(names + bytes.readUInt8(type + 5), names + characters));
    const length = Math.max(name.indexOf(0), 0);
    return { offset: bytes.readInt32BE(type), abbreviation: name.toString('latin1', 0, length) };
  };
  // The rule after the last change; the file may have no change at all.
  const rule = posixZone(/^\n([^\n]+)\n/.exec(bytes.toString('latin1', end))?.[1] ?? '');

  return (moment) => {
    let low = 0;
    let high = times;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeOf(middle) <= moment) low = middle + 1;
      else high = middle;
    }
    if (low === times && rule !== undefined) return rule(moment);
    return typeAt(low === 0 ? 0 : bytes.readUInt8(indices + low - 1));
  };
}
