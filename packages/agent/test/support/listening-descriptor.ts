import { AF_UNIX, bind, listen, socket, unixAddress } from '@guestwire/posix';

/** A non-blocking descriptor that listens at a unix socket of this path, made without Node. */
export function listeningDescriptor(path: string): number {
  const fd = socket(AF_UNIX);
  const address = unixAddress(path);
  if (address === undefined) throw new Error(`no unix address: ${path}`);
  const results = [fd, bind(fd, address), listen(fd, 16)];
  if (results.some((result) => result < 0)) throw new Error(`no listening descriptor: ${results.join(', ')}`);
  return fd;
}
