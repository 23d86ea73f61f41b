/** Returns a utmp record of x86-64 for a logged-in user. */
export function login(user: string, seconds: number, microseconds: number): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(7, 0);
  record.write('pts/0', 8);
  record.write(user, 44);
  record.writeUInt32LE(seconds, 340);
  record.writeInt32LE(microseconds, 344);
  return record;
}
