import { bytesOfPath, type RawPath } from './raw-path.js';

/** A file of an archive. */
export interface TarEntry {
  readonly path: RawPath;
  readonly mode: number;
  readonly data: Buffer;
}

const BLOCK_BYTES = 512;
const NAME_FIELD_BYTES = 100;

function octalField(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}

/** Returns a header in the format of POSIX.1-1988. */
function header(path: RawPath, kind: string, mode: number, size: number): Buffer {
  const name = path.slice(0, NAME_FIELD_BYTES).padEnd(NAME_FIELD_BYTES, '\0');
  const time = Math.floor(Date.now() / 1000);
  const owner = octalField(0, 7);
  const fields = [name, octalField(mode, 7), owner, owner, octalField(size, 11), octalField(time, 11)];
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.write(`${fields.join('')}        ${kind}`, 0, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octalField(sum, 6)} `, 148, 'latin1');
  return bytes;
}

function padded(data: Buffer): Buffer[] {
  const rest = -data.length & (BLOCK_BYTES - 1);
  return rest === 0 ? [data] : [data, Buffer.alloc(rest)];
}

/** A long name precedes its header, as GNU `tar` writes it. */
function longName(path: RawPath): Buffer[] {
  if (path.length <= NAME_FIELD_BYTES) return [];
  const data = bytesOfPath(`${path}\0`);
  return [header('././@LongLink', 'L', 0, data.length), ...padded(data)];
}

/** Returns the most bytes that a file occupies in an archive. */
export function tarSize(path: RawPath, size: number): number {
  return (4 + Math.ceil(path.length / BLOCK_BYTES) + Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES;
}

/** Returns an archive of these files. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, mode, data }) => [
    ...longName(path),
    header(path, '0', mode, data.length),
    ...padded(data),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}
