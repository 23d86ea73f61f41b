import { posix } from 'node:path';

/** A path in a guest as programs of ours take it: never an option, and not `cd`'s own `-`. */
export function asArgument(path: string): string {
  return path.startsWith('/') ? path : `./${path}`;
}

/**
 * The name that a copy gets if it is put into a folder.
 *
 * @throws {TypeError} if the path ends in none, as `/` and `..` do
 */
export function nameFor(path: string): string {
  const name = posix.basename(path);
  if (name !== '' && name !== '.' && name !== '..') return name;
  throw new TypeError(`"${path}" ends in no name: write how the copy is to be called, without a / behind it`);
}
