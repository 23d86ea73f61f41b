// Embeds the agent with the command of schema/kitchen.json, on a unix socket.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandModule, createAgent, unixListen } from '@guestwire/agent';
import { connect } from '@guestwire/client';
import { kitchenCommands } from './generated/kitchen.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-consumer-'));
const socket = join(folder, 'ga.sock');
const agent = await createAgent({
  transport: unixListen(socket),
  statedir: folder,
  commands: { allow: ['guest-sync-delimited', 'guest-sync', 'guest-ping', 'guest-info', 'kitchen-boil'] },
  modules: [
    commandModule({
      schema: kitchenCommands,
      handlers: { 'kitchen-boil': ({ minutes }) => ({ done: minutes >= 4 }) },
    }),
  ],
});
try {
  await agent.start();
  await using guest = await connect(`unix:${socket}`);
  await guest.call('guest-ping');
  await guest.callRaw('kitchen-boil', { minutes: 5 });
  await assert.rejects(guest.callRaw('kitchen-boil', {}), /Parameter 'minutes' is missing/);
} finally {
  await agent.stop();
  rmSync(folder, { recursive: true, force: true });
}
