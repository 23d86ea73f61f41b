import { libc } from '../../src/linux/ffi.js';

const AF_UNIX = 1;

/** A non-blocking descriptor that listens at a unix socket of this path, made without Node. */
export function listeningDescriptor(path: string): number {
  const fd = libc().socket(AF_UNIX);
  const address = new Uint8Array(110);
  new Uint16Array(address.buffer, 0, 1).set([AF_UNIX]);
  address.set(Buffer.from(path), 2);
  const results = [fd, libc().bind(fd, address), libc().listen(fd, 16)];
  if (results.some((result) => result < 0)) throw new Error(`no listening descriptor: ${results.join(', ')}`);
  return fd;
}
