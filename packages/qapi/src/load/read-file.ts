/**
 * Bytes of schema files: from the file system, perhaps compressed, to text.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { gunzipSync } from 'node:zlib';

/** The largest file that is read, before and after decompression. QEMU's whole QMP schema has 1 MiB. */
const LARGEST_FILE = 64 * 1024 * 1024;

/** Reads a file, a pipe too; throws what the file system throws, and for more than {@link LARGEST_FILE} bytes. */
export function readFileBounded(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const status = fstatSync(file);
    if (!status.isFile()) return readStream(file);
    if (status.size > LARGEST_FILE) throw tooLarge();
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** What has no size of its own is read piece by piece, so that one that never ends is given up. */
function readStream(file: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const read = readSync(file, chunk);
    if (read === 0) return Buffer.concat(chunks);
    total += read;
    if (total > LARGEST_FILE) throw tooLarge();
    chunks.push(chunk.subarray(0, read));
  }
}

/** The text of a schema file, and whether all of it was UTF-8. Throws if it is compressed and damaged, or too large. */
export function decodeFile(bytes: Uint8Array): { readonly text: string; readonly valid: boolean } {
  if (bytes.length > LARGEST_FILE) throw tooLarge();
  const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? decompressed(bytes) : bytes;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content), valid: true };
  } catch {
    return { text: new TextDecoder().decode(content), valid: false };
  }
}

function decompressed(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_FILE });
  } catch (cause) {
    const large = cause instanceof RangeError;
    throw large ? tooLarge() : new Error('damaged gzip file', { cause });
  }
}

function tooLarge(): Error {
  return new Error(`larger than ${LARGEST_FILE / 1024 / 1024} MiB`);
}

/** The words of the C library where those of libuv are others. */
const C_LIBRARY: ReadonlyMap<string, string> = new Map([
  ['EISDIR', 'Is a directory'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['ENAMETOOLONG', 'File name too long'],
  ['EIO', 'Input/output error'],
  ['EPERM', 'Operation not permitted'],
  ['ENXIO', 'No such device or address'],
]);

/** Why reading failed, in the C library's words where it was the system that refused. */
export function failureText(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { code, errno } = failure as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (code === undefined && known === undefined) return failure.message;
  const text = C_LIBRARY.get(code ?? '') ?? known?.[1] ?? ERRNO_TEXTS.get(code ?? '') ?? failure.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** For errors that carry a code alone, as those of a `readFile` of one's own may. */
const ERRNO_TEXTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'No such file or directory'],
  ['EACCES', 'Permission denied'],
  ['ENOTDIR', 'Not a directory'],
]);
