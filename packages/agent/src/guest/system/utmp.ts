import { endianness } from 'node:os';
import { decodeText } from '@guestwire/protocol/wire';
import { untilNul } from '../system-file.js';

/** Layout of a utmp record of the C library; offsets and sizes in bytes. */
export interface UtmpLayout {
  readonly size: number;
  readonly seconds: number;
  readonly microseconds: number;
  /** Size of these two numbers. */
  readonly timeSize: 4 | 8;
  readonly littleEndian: boolean;
}

export interface Login {
  readonly user: string;
  /** Seconds since the beginning of 1970, with a fraction. */
  readonly since: number;
}

const USER_PROCESS = 7;
const USER_OFFSET = 44;
const USER_SIZE = 32;

/** Returns the layout of this machine. Most 64-bit systems share the layout of 32-bit programs, with 32-bit times. */
export function utmpLayout(arch = process.arch, littleEndian = endianness() === 'LE'): UtmpLayout {
  return arch === 'arm64' || arch === 'loong64'
    ? { size: 400, seconds: 344, microseconds: 352, timeSize: 8, littleEndian }
    : { size: 384, seconds: 340, microseconds: 344, timeSize: 4, littleEndian };
}

/**
 * Returns the users in a utmp file, each once in the order of first appearance, with the earliest login (qemu-ga §5.18).
 * An incomplete last record is ignored.
 */
export function readLogins(bytes: Buffer, layout: UtmpLayout): Login[] {
  const earliest = new Map<string, Login>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { size, littleEndian } = layout;
  for (let at = 0; at + size <= bytes.length; at += size) {
    if (view.getInt16(at, littleEndian) !== USER_PROCESS) continue;
    const name = untilNul(bytes.subarray(at + USER_OFFSET, at + USER_OFFSET + USER_SIZE));
    const since = loginTime(view, at, layout);
    // Names that differ in bytes are different users, even if their text is equal.
    const key = name.toString('latin1');
    const known = earliest.get(key);
    if (known === undefined || since < known.since) earliest.set(key, { user: decodeText(name), since });
  }
  return [...earliest.values()];
}

/** The kernel's 32-bit times are signed and end in 2038; the C library has unsigned ones since 2.40. */
function loginTime(
  view: DataView,
  at: number,
  { seconds, microseconds, timeSize, littleEndian }: UtmpLayout,
): number {
  const [whole, part] =
    timeSize === 4
      ? [view.getUint32(at + seconds, littleEndian), view.getInt32(at + microseconds, littleEndian)]
      : [view.getBigInt64(at + seconds, littleEndian), view.getBigInt64(at + microseconds, littleEndian)];
  return Number(whole) + Number(part) / 1e6;
}
