import { dirname } from 'node:path';
import { type Agent, commandModule, createAgent, unixListen } from '@guestwire/agent';
import { CommandError } from '@guestwire/schema';
import { type InventoryItem, inventoryCommands } from './generated/inventory.js';

const ALLOWED = [
  'guest-sync',
  'guest-sync-delimited',
  'guest-ping',
  'guest-info',
  ...Object.keys(inventoryCommands),
];

/** Creates an agent on a unix socket, with the commands of the inventory. */
export function inventoryAgent(path: string): Promise<Agent> {
  const items: InventoryItem[] = [];
  const inventory = commandModule({
    schema: inventoryCommands,
    handlers: {
      'inventory-list': ({ prefix = '' }) =>
        items
          .filter(({ name }) => name.startsWith(prefix))
          .sort((one, other) => (one.name < other.name ? -1 : 1)),
      'inventory-add': (item) => {
        if (items.some(({ name }) => name === item.name))
          throw new CommandError(`device '${item.name}' exists`);
        items.push(item);
      },
    },
  });
  return createAgent({
    transport: unixListen(path),
    statedir: dirname(path),
    commands: { allow: ALLOWED },
    modules: [inventory],
  });
}
