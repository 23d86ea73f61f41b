/** Reads and decodes schema files, which may be compressed. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { gunzipSync } from 'node:zlib';

/** The size limit of a file, before and after decompression. QEMU's whole QMP schema has 1 MiB. */
const MAX_FILE_SIZE_BYTES = 64 * 1024 * 1024;

/** Reads a file or pipe. @throws The file system's error, or an `Error` if it is larger than the limit. */
export function readFileBounded(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    return readDescriptor(file);
  } finally {
    closeSync(file);
  }
}

/** Reads standard input to its end. @throws As {@link readFileBounded}. */
export function readStandardInput(): Uint8Array {
  return readDescriptor(0);
}

function readDescriptor(file: number): Uint8Array {
  const status = fstatSync(file);
  if (!status.isFile()) return readStream(file);
  if (status.size > MAX_FILE_SIZE_BYTES) throw tooLarge();
  return readFileSync(file);
}

/** A stream has no size; reading in pieces stops one that never ends. */
function readStream(file: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const read = readSync(file, chunk);
    if (read === 0) return Buffer.concat(chunks);
    total += read;
    if (total > MAX_FILE_SIZE_BYTES) throw tooLarge();
    chunks.push(chunk.subarray(0, read));
  }
}

/** Returns a file's text, and whether it is valid UTF-8. @throws If it is too large or damaged gzip. */
export function decodeFile(bytes: Uint8Array): { readonly text: string; readonly valid: boolean } {
  if (bytes.length > MAX_FILE_SIZE_BYTES) throw tooLarge();
  const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? decompressed(bytes) : bytes;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content), valid: true };
  } catch {
    return { text: new TextDecoder().decode(content), valid: false };
  }
}

function decompressed(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_FILE_SIZE_BYTES });
  } catch (cause) {
    throw cause instanceof RangeError ? tooLarge() : new Error('damaged gzip file', { cause });
  }
}

function tooLarge(): Error {
  return new Error(`larger than ${MAX_FILE_SIZE_BYTES / 1024 / 1024} MiB`);
}

/** The C library's texts where libuv's differ, or where a custom `readFile` may set a code but no errno. */
const C_LIBRARY: ReadonlyMap<string, string> = new Map([
  ['EISDIR', 'Is a directory'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['ENAMETOOLONG', 'File name too long'],
  ['EIO', 'Input/output error'],
  ['EPERM', 'Operation not permitted'],
  ['ENXIO', 'No such device or address'],
  ['ENOENT', 'No such file or directory'],
  ['EACCES', 'Permission denied'],
  ['ENOTDIR', 'Not a directory'],
]);

/** Returns the reason of a failed read, in the C library's words for a system error. */
export function failureText(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { code, errno } = failure as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (code === undefined && known === undefined) return failure.message;
  const text = C_LIBRARY.get(code ?? '') ?? known?.[1] ?? failure.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
