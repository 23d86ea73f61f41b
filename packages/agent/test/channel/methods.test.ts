import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { channelFor, defaultPath } from '../../src/channel/methods.js';
import { Host } from '../support/host.js';
import { Recorder } from '../support/recorder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('the methods of meeting a host', () => {
  it('have a default path where the host decides', () => {
    assert.equal(defaultPath('virtio-serial'), '/dev/virtio-ports/org.qemu.guest_agent.0');
    assert.equal(defaultPath('unix-listen'), undefined);
    assert.equal(defaultPath('bogus'), undefined);
  });

  it('lead to a channel', async () => {
    using folder = temporaryFolder();
    const path = folder.file('ga.sock');
    const channel = channelFor('unix-listen', path);
    const agent = new Recorder(channel);
    await channel.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    await channel.close();
  });

  it('are named when another is asked for', () => {
    for (const method of ['bogus', '', 'constructor', 'virtio']) {
      assert.throws(
        () => channelFor(method, '/nowhere'),
        (error) => {
          assert(error instanceof AgentError);
          assert.equal(error.code, 'option');
          assert.equal(error.message, `unsupported channel method/type: ${method}`);
          assert.match(error.advice ?? '', /virtio-serial/);
          return true;
        },
      );
    }
  });
});
