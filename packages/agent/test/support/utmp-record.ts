import { utmpLayout } from '../../src/guest/system/utmp.js';

/** A utmp record; by default that of a logged in user. */
export interface UtmpRecord {
  readonly user: string | Buffer;
  readonly seconds: number;
  readonly microseconds?: number;
  /** 7 stands for a user process. */
  readonly type?: number;
}

/** A record of utmp as the C library writes it, by default in the layout of this machine. */
export function utmpRecord(
  { user, seconds, microseconds = 0, type = 7 }: UtmpRecord,
  layout = utmpLayout(),
): Buffer {
  const record = Buffer.alloc(layout.size);
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  view.setInt16(0, type, layout.littleEndian);
  record.write('pts/0', 8);
  record.set(Buffer.from(user).subarray(0, 32), 44);
  record.write('host.example', 76);
  if (layout.timeSize === 4) {
    view.setUint32(layout.seconds, seconds, layout.littleEndian);
    view.setInt32(layout.microseconds, microseconds, layout.littleEndian);
  } else {
    view.setBigInt64(layout.seconds, BigInt(seconds), layout.littleEndian);
    view.setBigInt64(layout.microseconds, BigInt(microseconds), layout.littleEndian);
  }
  return record;
}
