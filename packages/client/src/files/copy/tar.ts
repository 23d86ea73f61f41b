import { bytesOfPath, type RawPath } from './raw-path.js';

/** A file that goes into an archive. */
export interface TarEntry {
  readonly path: RawPath;
  readonly mode: number;
  readonly data: Buffer;
}

const BLOCK = 512;
const LONGEST_FIELD = 100;

function put(header: Buffer, at: number, text: string): void {
  void header.write(text, at, 'latin1');
}

function octalField(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}

/** A header in the format of POSIX.1-1988; names that are too long stand before it, as GNU's `tar` writes them. */
function header(path: RawPath, kind: string, mode: number, size: number): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  put(bytes, 0, path.slice(0, LONGEST_FIELD));
  put(bytes, 100, octalField(mode, 7));
  put(bytes, 108, octalField(0, 7));
  put(bytes, 116, octalField(0, 7));
  put(bytes, 124, octalField(size, 11));
  put(bytes, 136, octalField(Math.floor(Date.now() / 1000), 11));
  put(bytes, 148, '        ');
  put(bytes, 156, kind);
  put(bytes, 257, 'ustar  \0');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(bytes, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return bytes;
}

function padded(data: Buffer): Buffer[] {
  const rest = -data.length & (BLOCK - 1);
  return rest === 0 ? [data] : [data, Buffer.alloc(rest)];
}

function longName(path: RawPath): Buffer[] {
  if (path.length <= LONGEST_FIELD) return [];
  const data = bytesOfPath(`${path}\0`);
  return [header('././@LongLink', 'L', 0, data.length), ...padded(data)];
}

function tarEntry({ path, mode, data }: TarEntry): Buffer[] {
  return [...longName(path), header(path, '0', mode, data.length), ...padded(data)];
}

/** How many bytes a file takes in an archive, at the most. */
export function tarSize(path: RawPath, size: number): number {
  return (4 + Math.ceil(path.length / BLOCK) + Math.ceil(size / BLOCK)) * BLOCK;
}

/** An archive with these entries, owned by whoever unpacks it. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(2 * BLOCK)]);
}
