import type { GuestLogicalProcessor } from '@guestwire/protocol/contract';
import { attempt, OperationError } from '../../operation-error.js';
import { checkFolder, SysfsAttribute, unlessMissing } from '../sysfs-attribute.js';
import { exactInteger, readDirectory } from '../system-file.js';

const FOLDER = '/sys/devices/system/cpu';

/**
 * Returns the guest's processors in the kernel's order (qemu-ga §5.17).
 * @param root the folder that contains `/sys`; `''` for the real one
 * @throws {OperationError}
 */
export function listProcessors(root: string): GuestLogicalProcessor[] {
  const entries = attempt(`failed to list entries: ${FOLDER}`, () => readDirectory(`${root}${FOLDER}`));
  return entries.flatMap(({ name }) => {
    const digits = /^cpu(\d+)/.exec(name)?.[1];
    if (digits === undefined) return [];
    const id = exactInteger(digits);
    using attribute = openOnline(root, id, 'r');
    const online = attribute === undefined || isOnline(attribute);
    return { 'logical-id': id, online, 'can-offline': attribute !== undefined };
  });
}

/**
 * Switches a processor on or off, unless it already is.
 * @throws {OperationError} if the processor does not exist, cannot be switched, or the kernel refuses
 */
export async function switchProcessor(root: string, id: number | bigint, online: boolean): Promise<void> {
  using attribute = openOnline(root, id, 'rw');
  if (attribute === undefined) {
    if (!online) throw new OperationError(`logical processor #${id} can't be offlined`);
  } else if (isOnline(attribute) !== online) {
    await attribute.write(online ? '1' : '0');
  }
}

/** Opens the file `online` of a processor; undefined if the processor is always on. */
function openOnline(root: string, id: number | bigint, mode: 'r' | 'rw'): SysfsAttribute | undefined {
  const folder = `${FOLDER}/cpu${id}/`;
  attempt(`open("${folder}")`, () => checkFolder(`${root}${folder}`));
  // qemu-ga writes two slashes.
  const describe = (call: string): string => `${call}("${folder}/online")`;
  return unlessMissing(() => new SysfsAttribute(`${root}${folder}online`, mode, describe));
}

function isOnline(attribute: SysfsAttribute): boolean {
  return attribute.read(1) !== '0';
}
