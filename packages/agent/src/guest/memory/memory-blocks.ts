import { ENOENT, errnoOf } from '@guestwire/posix';
import type { GuestMemoryBlock, GuestMemoryBlockResponse } from '@guestwire/protocol/contract';
import { OperationError } from '../../operation-error.js';
import { Attribute, AttributeError, folderError } from '../attribute.js';
import { readDirectory } from '../directory.js';
import { exactInteger } from '../integer.js';

const FOLDER = '/sys/devices/system/memory/';

/** Of these files so many bytes are looked at, as in the reference. */
const STATE_LENGTH = 10;
const SIZE_LENGTH = 20;

/**
 * The blocks of memory that can be switched on and off, in the kernel's own order; none if the kernel has no such
 * thing (qemu-ga §5.17).
 *
 * @param root the folder under which `/sys` is found; `''` for the real one
 * @throws {OperationError}
 */
export function listMemoryBlocks(root: string): GuestMemoryBlock[] {
  const indices = memoryBlockIndices(root);
  if (indices === undefined) return [];
  if (indices.length === 0) throw new OperationError('guest reported zero memory blocks!');
  return indices.map((index) => ({ 'phys-index': index, ...blockState(root, index) }));
}

/**
 * Switches a block on or off, unless it is so already. Never throws: what came of it is the answer, with the error
 * numbers that the reference tells, some of them beside `success`.
 */
export async function switchMemoryBlock(
  root: string,
  { 'phys-index': index, online }: GuestMemoryBlock,
): Promise<GuestMemoryBlockResponse> {
  const answer = (
    response: GuestMemoryBlockResponse['response'],
    errno?: number,
  ): GuestMemoryBlockResponse =>
    errno === undefined
      ? { 'phys-index': index, response }
      : { 'phys-index': index, response, 'error-code': errno };

  const allError = errnoOf(folderError(`${root}${FOLDER}`));
  if (allError !== undefined)
    return answer(allError === ENOENT ? 'operation-not-supported' : 'success', allError);
  const folder = `${root}${folderOf(index)}`;
  const blockError = errnoOf(folderError(folder));
  if (blockError !== undefined)
    return answer(blockError === ENOENT ? 'not-found' : 'operation-failed', blockError);

  let isOnline: boolean;
  try {
    isOnline = readState(folder);
  } catch (error) {
    if (!(error instanceof AttributeError)) throw error;
    if (error.errno !== ENOENT) return answer('operation-failed', error.errno);
    // Without the file the block is always on.
    return answer(online ? 'success' : 'operation-not-supported', ENOENT);
  }
  if (isOnline === online) return answer('success');
  try {
    using state = new Attribute(`${folder}state`, 'w');
    await state.write(online ? 'online' : 'offline');
    return answer('success');
  } catch (error) {
    if (!(error instanceof AttributeError)) throw error;
    return answer('operation-failed', error.errno);
  }
}

/**
 * How large a block is, in bytes.
 *
 * @throws {OperationError}
 */
export function memoryBlockSize(root: string): number | bigint {
  openFolder(root, FOLDER);
  const text = inWords('block_size_bytes', () => {
    using attribute = new Attribute(`${root}${FOLDER}block_size_bytes`);
    return attribute.read(SIZE_LENGTH);
  });
  const [, digits = '0'] = /^\s*(?:0x)?([\da-f]+)/i.exec(text) ?? [];
  return exactInteger(BigInt(`0x${digits}`).toString());
}

/** Undefined if the kernel tells of no blocks at all. */
function memoryBlockIndices(root: string): (number | bigint)[] | undefined {
  try {
    return readDirectory(`${root}${FOLDER}`).flatMap((entry) => {
      const digits = /^memory(\d*)/.exec(entry.name)?.[1];
      return digits === undefined || !entry.isDirectory() ? [] : [exactInteger(digits)];
    });
  } catch (cause) {
    if (errnoOf(cause) === ENOENT) return undefined;
    throw OperationError.of(`Can't open directory"${FOLDER}"`, cause);
  }
}

function blockState(root: string, index: number | bigint): { online: boolean; 'can-offline': boolean } {
  const path = folderOf(index);
  openFolder(root, path);
  const folder = `${root}${path}`;
  const online = inWords('state', () => unlessMissing(() => readState(folder)));
  if (online === undefined) return { online: true, 'can-offline': false };
  const removable = inWords('removable', () =>
    unlessMissing(() => {
      using attribute = new Attribute(`${folder}removable`);
      return attribute.read(1) !== '0';
    }),
  );
  return { online, 'can-offline': removable ?? false };
}

function readState(folder: string): boolean {
  using state = new Attribute(`${folder}state`);
  return state.read(STATE_LENGTH).startsWith('online');
}

function openFolder(root: string, path: string): void {
  const cause = folderError(`${root}${path}`);
  if (cause !== undefined) throw OperationError.of(`open("${path}")`, cause);
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AttributeError && error.errno === ENOENT) return undefined;
    throw error;
  }
}

/** Puts an error into the reference's words, which name the file without its folder. */
function inWords<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof AttributeError)) throw cause;
    throw new OperationError(`${cause.call} sysfs file "${file}": ${cause.reason}`, { cause });
  }
}

function folderOf(index: number | bigint): string {
  return `${FOLDER}memory${index}/`;
}
