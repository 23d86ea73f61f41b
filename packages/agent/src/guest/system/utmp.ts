import { endianness } from 'node:os';
import { decodeText } from '@guestwire/protocol/wire';

/** How the C library lays out a record of utmp; offsets and sizes in bytes. */
export interface UtmpLayout {
  readonly size: number;
  readonly seconds: number;
  readonly microseconds: number;
  /** Bytes of each of the two: 4 or 8. */
  readonly timeSize: 4 | 8;
  readonly littleEndian: boolean;
}

/** Somebody who is logged in. */
export interface Login {
  readonly user: string;
  /** Seconds since the beginning of 1970, with a fraction. */
  readonly since: number;
}

const USER_PROCESS = 7;
const USER_OFFSET = 44;
const USER_SIZE = 32;

/** The layout of this machine. Most 64-bit systems share theirs with 32-bit programs, with times of 32 bits. */
export function utmpLayout(arch = process.arch, littleEndian = endianness() === 'LE'): UtmpLayout {
  return arch === 'arm64' || arch === 'loong64'
    ? { size: 400, seconds: 344, microseconds: 352, timeSize: 8, littleEndian }
    : { size: 384, seconds: 340, microseconds: 344, timeSize: 4, littleEndian };
}

/**
 * The users in a file of utmp, each once in the order of first appearance, with their earliest login
 * (qemu-ga §5.18). An incomplete last record counts for nothing.
 */
export function readLogins(bytes: Buffer, layout: UtmpLayout): Login[] {
  const earliest = new Map<string, Login>();
  for (let at = 0; at + layout.size <= bytes.length; at += layout.size) {
    const record = bytes.subarray(at, at + layout.size);
    const type = layout.littleEndian ? record.readInt16LE(0) : record.readInt16BE(0);
    if (type !== USER_PROCESS) continue;
    const name = untilNul(record.subarray(USER_OFFSET, USER_OFFSET + USER_SIZE));
    const since = loginTime(record, layout);
    // Two names that differ in bytes are two users, even if their text is the same.
    const key = name.toString('latin1');
    const known = earliest.get(key);
    if (known === undefined || since < known.since) earliest.set(key, { user: decodeText(name), since });
  }
  return [...earliest.values()];
}

/** The kernel's epoch ends in 2038 for signed 32 bits; the C library has them unsigned since 2.40. */
function loginTime(record: Buffer, { seconds, microseconds, timeSize, littleEndian }: UtmpLayout): number {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const [whole, part] =
    timeSize === 4
      ? [view.getUint32(seconds, littleEndian), view.getInt32(microseconds, littleEndian)]
      : [
          Number(view.getBigInt64(seconds, littleEndian)),
          Number(view.getBigInt64(microseconds, littleEndian)),
        ];
  return whole + part / 1e6;
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
