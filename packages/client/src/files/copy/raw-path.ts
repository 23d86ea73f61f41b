import { isUtf8 } from 'node:buffer';

/**
 * A path below the folder that is copied, in bytes, one character (U+0000 to U+00FF) for each: names in a filesystem are
 * bytes, which need not be text. Its parts are separated by `/`; the folder itself is `''`.
 */
export type RawPath = string;

/** The bytes as a path. */
export function rawPath(bytes: Uint8Array): RawPath {
  return Buffer.from(bytes).toString('latin1');
}

/** The path as bytes. */
export function bytesOfPath(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The path of text. */
export function rawOfText(text: string): RawPath {
  return rawPath(Buffer.from(text));
}

/** The path for messages; what is no text in it is replaced. */
export function shown(path: RawPath): string {
  return bytesOfPath(path).toString('utf8');
}

/** The path as text that a request can hold; `undefined` if it is none (qemu-ga §1.2). */
export function wireText(path: RawPath): string | undefined {
  const bytes = bytesOfPath(path);
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return /\p{Noncharacter_Code_Point}/u.test(text) ? undefined : text;
}

/** The folder that the path lies in. */
export function parentOf(path: RawPath): RawPath {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** The last part of the path. */
export function nameOf(path: RawPath): RawPath {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A name within a folder. */
export function within(folder: RawPath, name: RawPath): RawPath {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Names as a list that our scripts read: each relative to the folder, none of them an option, ended by NUL. */
export function nulList(paths: Iterable<RawPath>): Buffer {
  return Buffer.from([...paths].map((path) => `./${path}\0`).join(''), 'latin1');
}
