import { isText, WireObject, type WireValue } from '@guestwire/protocol';
import { commandsOf } from './capabilities.js';
import { isSilent } from './contract.js';

/** Until 1.6 the list did not say which commands reply on success; until 1.0 there was no list (qemu-ga §13). */
function upgradeInfo(returned: WireObject): WireObject {
  const version = returned.get('version');
  const listed = returned.get('supported_commands');
  if (!isText(version) || !(listed === undefined || Array.isArray(listed))) return returned;
  const commands: readonly WireValue[] =
    listed ??
    [...commandsOf(version.toString()).keys()].map((name) =>
      WireObject.of([
        ['name', name],
        ['enabled', true],
      ]),
    );
  return WireObject.of([...returned, ['supported_commands', commands.map(upgradeCommand)]]);
}

function upgradeCommand(entry: WireValue): WireValue {
  if (!(entry instanceof WireObject) || entry.has('success-response')) return entry;
  const name = entry.get('name');
  const silent = isText(name) && isSilent(name.toString());
  return WireObject.of([...entry, ['success-response', !silent]]);
}

/** Adds the members of a return value that the contract requires and agents of earlier releases do not send. */
export function upgradeLegacyReply(command: string, returned: WireValue): WireValue {
  if (!(returned instanceof WireObject)) return returned;
  if (command === 'guest-info') return upgradeInfo(returned);
  // Until 2.3 it returned an empty object.
  if (command === 'guest-fstrim' && returned.size === 0) return WireObject.of([['paths', []]]);
  return returned;
}
