import assert from 'node:assert/strict';
import { guestctl } from './guestctl.js';

/** Returns the commands that a help text lists after `prefix`. */
function listed(help: string, prefix: string): string[] {
  return Array.from(
    help.matchAll(new RegExp(`^ {2}guestctl ${prefix}([a-z]+)(?= |$)`, 'gm')),
    ([, name = '']) => prefix + name,
  );
}

/** Returns the flags of every command, such as `fs` and `keys add`, from its help text. */
export async function commandFlags(): Promise<Map<string, string[]>> {
  const flags = new Map<string, string[]>();
  const read = async (command: string): Promise<void> => {
    const { out } = await guestctl([...command.split(' ').filter(Boolean), '--help']);
    const members = command.includes(' ') ? [] : listed(out, command === '' ? '' : `${command} `);
    if (command !== '' && members.length === 0) {
      flags.set(command, [...new Set(out.match(/--[a-z][a-zA-Z-]+/g))]);
    }
    for (const member of members.filter((name) => name !== command)) await read(member);
  };
  await read('');
  assert.ok(flags.size >= 25);
  return flags;
}
