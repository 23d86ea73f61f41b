import { isText, WireObject, type WireValue } from '@guestwire/protocol';
import { commandsOf } from './capabilities.js';
import { isSilent } from './contract.js';

/** Until 1.6 the list did not say which commands answer when they succeed; until 1.0 there was none (qemu-ga §13). */
function completeInfo(returned: WireObject): WireObject {
  const version = returned.get('version');
  const listed = returned.get('supported_commands');
  if (!isText(version) || !(listed === undefined || Array.isArray(listed))) return returned;
  const known: readonly WireValue[] = listed ?? [...commandsOf(version.toString()).keys()].map(listedCommand);
  return WireObject.of([...returned, ['supported_commands', known.map(completeCommand)]]);
}

function listedCommand(name: string): WireObject {
  return WireObject.of([
    ['name', name],
    ['enabled', true],
  ]);
}

function completeCommand(entry: WireValue): WireValue {
  if (!(entry instanceof WireObject) || entry.has('success-response')) return entry;
  const name = entry.get('name');
  const silent = isText(name) && isSilent(name.toString());
  return WireObject.of([...entry, ['success-response', !silent]]);
}

const completions: ReadonlyMap<string, (returned: WireObject) => WireObject> = new Map([
  ['guest-info', completeInfo],
  // Until 2.3 it told nothing of what it had done.
  ['guest-fstrim', (returned) => (returned.size === 0 ? WireObject.of([['paths', []]]) : returned)],
]);

/**
 * What a command returned, with the members that the contract of today requires and the agents of earlier releases
 * do not have.
 */
export function asOfToday(command: string, returned: WireValue): WireValue {
  const complete = completions.get(command);
  return complete !== undefined && returned instanceof WireObject ? complete(returned) : returned;
}
