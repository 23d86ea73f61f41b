import { isUtf8 } from 'node:buffer';

/**
 * A path below the copied folder, with one character (U+0000 to U+00FF) for each byte: file names are bytes, not necessarily text.
 * Parts are separated by `/`; the folder itself is `''`.
 */
export type RawPath = string;

export function rawPath(bytes: Uint8Array): RawPath {
  return Buffer.from(bytes).toString('latin1');
}

export function bytesOfPath(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

export function rawOfText(text: string): RawPath {
  return rawPath(Buffer.from(text));
}

/** Returns a path for messages; invalid UTF-8 is replaced. */
export function displayPath(path: RawPath): string {
  return bytesOfPath(path).toString('utf8');
}

/** Returns a path as text for a request; `undefined` if a request cannot contain it (qemu-ga §1.2). */
export function wireText(path: RawPath): string | undefined {
  const bytes = bytesOfPath(path);
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return /\p{Noncharacter_Code_Point}/u.test(text) ? undefined : text;
}

export function parentOf(path: RawPath): RawPath {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

export function nameOf(path: RawPath): RawPath {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(folder: RawPath, name: RawPath): RawPath {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Returns words as input of `xargs -0`. */
export function nulTerminated(words: readonly RawPath[]): Buffer {
  return Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1');
}

/** Returns a path as an argument of programs that run in the folder; never an option. */
export function relativeArgument(path: RawPath): RawPath {
  return `./${path}`;
}

export function pathList(paths: readonly RawPath[]): Buffer {
  return nulTerminated(paths.map(relativeArgument));
}
