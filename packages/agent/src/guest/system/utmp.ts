import { endianness } from 'node:os';
import { untilNul } from '../system-file.js';
import { type Login, LoginTable } from './login-table.js';

/** Layout of a utmp record of the C library; offsets and sizes in bytes. */
export interface UtmpLayout {
  readonly size: number;
  readonly seconds: number;
  readonly microseconds: number;
  /** Size of these two numbers. */
  readonly timeSize: 4 | 8;
  readonly littleEndian: boolean;
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

/** Returns the users in a whole utmp file, as {@link addLogins} finds them. */
export function readLogins(bytes: Buffer, layout: UtmpLayout): readonly Login[] {
  const table = new LoginTable();
  addLogins(bytes, layout, table);
  return table.logins;
}

/** Adds the logins in the records of a utmp file to `logins`. An incomplete last record is ignored. */
export function addLogins(bytes: Buffer, layout: UtmpLayout, logins: LoginTable): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { size, littleEndian } = layout;
  for (let at = 0; at + size <= bytes.length; at += size) {
    if (view.getInt16(at, littleEndian) !== USER_PROCESS) continue;
    const name = untilNul(bytes.subarray(at + USER_OFFSET, at + USER_OFFSET + USER_SIZE));
    logins.add(name, loginTime(view, at, layout));
  }
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
