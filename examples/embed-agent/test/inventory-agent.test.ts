import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Agent } from '@guestwire/agent';
import { connect, isGuestError } from '@guestwire/client';
import { inventoryAgent } from '../src/inventory-agent.js';

describe('inventoryAgent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
  const socket = join(folder, 'agent.sock');
  let agent: Agent;
  before(async () => {
    agent = await inventoryAgent(socket);
    await agent.start();
  });
  after(async () => {
    await agent.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('answers its own commands', async () => {
    await using guest = await connect(`unix:${socket}`);
    await guest.callRaw('inventory-add', { name: 'eth1' });
    await guest.callRaw('inventory-add', { name: 'eth0', serial: '7' });
    const items = await guest.callRaw('inventory-list');
    assert.ok(Array.isArray(items));
    assert.equal(items.length, 2);
  });

  test('rejects a device that exists', async () => {
    await using guest = await connect(`unix:${socket}`);
    await guest.callRaw('inventory-add', { name: 'sda' });
    await assert.rejects(guest.callRaw('inventory-add', { name: 'sda' }), /device 'sda' exists/);
  });

  test('rejects arguments that the schema does not allow', async () => {
    await using guest = await connect(`unix:${socket}`);
    await assert.rejects(guest.callRaw('inventory-add', { name: 7 }), /Invalid parameter type for 'name'/);
  });

  test('rejects commands that are not enabled', async () => {
    await using guest = await connect(`unix:${socket}`);
    await assert.rejects(guest.call('guest-shutdown'), (error) => isGuestError(error, 'disabled'));
  });
});
