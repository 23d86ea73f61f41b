import { ENOENT, errnoOf } from '@guestwire/posix';
import type { GuestMemoryBlock, GuestMemoryBlockResponse } from '@guestwire/protocol/contract';
import { attempt, OperationError } from '../../operation-error.js';
import { checkFolder, SysfsAttribute, unlessMissing } from '../sysfs-attribute.js';
import { exactInteger, readDirectory } from '../system-file.js';

const FOLDER = '/sys/devices/system/memory/';

/** Bytes that are read of these files, as in qemu-ga. */
const STATE_LENGTH = 10;
const SIZE_LENGTH = 20;

/**
 * Returns the blocks of memory that can be switched, in the kernel's order; none if the kernel does not support it
 * (qemu-ga §5.17).
 * @param root the folder that contains `/sys`; `''` for the real one
 * @throws {OperationError}
 */
export function listMemoryBlocks(root: string): GuestMemoryBlock[] {
  let indices: (number | bigint)[];
  try {
    indices = readDirectory(`${root}${FOLDER}`).flatMap((entry) => {
      const digits = /^memory(\d*)/.exec(entry.name)?.[1];
      return digits === undefined || !entry.isDirectory() ? [] : [exactInteger(digits)];
    });
  } catch (cause) {
    if (errnoOf(cause) === ENOENT) return [];
    throw OperationError.of(`Can't open directory"${FOLDER}"`, cause);
  }
  if (indices.length === 0) throw new OperationError('guest reported zero memory blocks!');
  return indices.map((index) => ({ 'phys-index': index, ...blockState(root, index) }));
}

/**
 * Switches a block on or off, unless it already is. Never throws: the response has the error number, in some cases
 * beside `success`, as in qemu-ga.
 */
export async function switchMemoryBlock(
  root: string,
  { 'phys-index': index, online }: GuestMemoryBlock,
): Promise<GuestMemoryBlockResponse> {
  type Response = GuestMemoryBlockResponse['response'];
  const respond = (response: Response, errno?: number): GuestMemoryBlockResponse => ({
    'phys-index': index,
    response,
    ...(errno !== undefined && { 'error-code': errno }),
  });

  const allError = folderErrno(`${root}${FOLDER}`);
  if (allError !== undefined)
    return respond(allError === ENOENT ? 'operation-not-supported' : 'success', allError);
  const folder = `${root}${folderOf(index)}`;
  const blockError = folderErrno(folder);
  if (blockError !== undefined)
    return respond(blockError === ENOENT ? 'not-found' : 'operation-failed', blockError);

  try {
    const isOnline = unlessMissing(() => readState(folder));
    // Without the file the block is always on.
    if (isOnline === undefined) return respond(online ? 'success' : 'operation-not-supported', ENOENT);
    if (isOnline !== online) {
      using state = openAttribute(folder, 'state', 'w');
      await state.write(online ? 'online' : 'offline');
    }
    return respond('success');
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return respond('operation-failed', error.causeErrno);
  }
}

/** Returns the size of a block in bytes. @throws {OperationError} */
export function memoryBlockSize(root: string): number | bigint {
  attempt(`open("${FOLDER}")`, () => checkFolder(`${root}${FOLDER}`));
  using attribute = openAttribute(`${root}${FOLDER}`, 'block_size_bytes');
  const [, digits = '0'] = /^\s*(?:0x)?([\da-f]+)/i.exec(attribute.read(SIZE_LENGTH)) ?? [];
  return exactInteger(BigInt(`0x${digits}`).toString());
}

function blockState(root: string, index: number | bigint): { online: boolean; 'can-offline': boolean } {
  const path = folderOf(index);
  const folder = `${root}${path}`;
  attempt(`open("${path}")`, () => checkFolder(folder));
  const online = unlessMissing(() => readState(folder));
  if (online === undefined) return { online: true, 'can-offline': false };
  const removable = unlessMissing(() => {
    using attribute = openAttribute(folder, 'removable');
    return attribute.read(1) !== '0';
  });
  return { online, 'can-offline': removable ?? false };
}

function readState(folder: string): boolean {
  using state = openAttribute(folder, 'state');
  return state.read(STATE_LENGTH).startsWith('online');
}

/** Opens an attribute; error texts have its name without the folder. */
function openAttribute(folder: string, name: string, mode: 'r' | 'w' = 'r'): SysfsAttribute {
  return new SysfsAttribute(`${folder}${name}`, mode, (call) => `${call} sysfs file "${name}"`);
}

function folderErrno(path: string): number | undefined {
  try {
    checkFolder(path);
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
}

function folderOf(index: number | bigint): string {
  return `${FOLDER}memory${index}/`;
}
