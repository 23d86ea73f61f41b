import { ENOENT } from '@guestwire/posix';
import type { GuestLogicalProcessor } from '@guestwire/protocol/contract';
import { attempt, OperationError } from '../../operation-error.js';
import { Attribute, AttributeError, folderError } from '../attribute.js';
import { readDirectory } from '../directory.js';
import { exactInteger } from '../integer.js';

const FOLDER = '/sys/devices/system/cpu';

/**
 * The guest's processors, in the kernel's own order (qemu-ga §5.17).
 *
 * @param root the folder under which `/sys` is found; `''` for the real one
 * @throws {OperationError}
 */
export function listProcessors(root: string): GuestLogicalProcessor[] {
  return processorIds(root).map((id) => ({ 'logical-id': id, ...processorState(root, id) }));
}

/**
 * Switches a processor on or off, unless it is so already.
 *
 * @throws {OperationError} if there is no such processor, it cannot be switched, or the kernel refuses
 */
export async function switchProcessor(root: string, id: number | bigint, online: boolean): Promise<void> {
  try {
    using attribute = openOnline(root, id, 'rw');
    if (attribute === undefined) {
      if (!online) throw new OperationError(`logical processor #${id} can't be offlined`);
    } else if (isOnline(attribute) !== online) {
      await attribute.write(online ? '1' : '0');
    }
  } catch (error) {
    throw inWords(error, id);
  }
}

function processorIds(root: string): (number | bigint)[] {
  const entries = attempt(`failed to list entries: ${FOLDER}`, () => readDirectory(`${root}${FOLDER}`));
  return entries.flatMap(({ name }) => {
    const digits = /^cpu(\d+)/.exec(name)?.[1];
    return digits === undefined ? [] : [exactInteger(digits)];
  });
}

function processorState(root: string, id: number | bigint): { online: boolean; 'can-offline': boolean } {
  try {
    using attribute = openOnline(root, id, 'r');
    return { online: attribute === undefined || isOnline(attribute), 'can-offline': attribute !== undefined };
  } catch (error) {
    throw inWords(error, id);
  }
}

/** Opens what tells whether a processor is on; undefined if it always is. */
function openOnline(root: string, id: number | bigint, mode: 'r' | 'rw'): Attribute | undefined {
  const folder = folderOf(id);
  const cause = folderError(`${root}${folder}`);
  if (cause !== undefined) throw OperationError.of(`open("${folder}")`, cause);
  try {
    return new Attribute(`${root}${folder}online`, mode);
  } catch (error) {
    if (error instanceof AttributeError && error.errno === ENOENT) return undefined;
    throw error;
  }
}

function isOnline(attribute: Attribute): boolean {
  return attribute.read(1) !== '0';
}

function inWords(error: unknown, id: number | bigint): unknown {
  if (!(error instanceof AttributeError)) return error;
  // The reference puts a slash of its own behind that of the folder.
  return new OperationError(`${error.call}("${folderOf(id)}/online"): ${error.reason}`, {
    cause: error,
  });
}

function folderOf(id: number | bigint): string {
  return `${FOLDER}/cpu${id}/`;
}
