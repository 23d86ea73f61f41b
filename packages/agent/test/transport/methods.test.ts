import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { defaultPath, transportFor } from '../../src/transport/methods.js';
import { Host } from '../support/host.js';
import { collectingLogger } from '../support/logger.js';
import { Pty } from '../support/pty.js';
import { Recorder } from '../support/recorder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('transportFor', () => {
  it('has a default path for virtio-serial and isa-serial', () => {
    assert.equal(defaultPath('virtio-serial'), '/dev/virtio-ports/org.qemu.guest_agent.0');
    assert.equal(defaultPath('isa-serial'), '/dev/ttyS0');
    assert.equal(defaultPath('unix-listen'), undefined);
    assert.equal(defaultPath('vsock-listen'), undefined);
    assert.equal(defaultPath('bogus'), undefined);
  });

  it('returns a transport that works', async () => {
    using folder = temporaryFolder();
    const path = folder.file('ga.sock');
    const transport = transportFor('unix-listen', path);
    const agent = new Recorder(transport);
    await transport.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    await transport.close();
  });

  it('rejects an address that can never be valid, even with retry', () => {
    const retry = collectingLogger();
    assert.throws(() => transportFor('vsock-listen', '1', { retry }), {
      message: "error parsing address '1'",
    });
    assert.throws(() => transportFor('bogus', '1', { retry }), /unsupported channel method/);
  });

  it('with retry opens a missing device as soon as it appears', async () => {
    using folder = temporaryFolder();
    const path = folder.file('ports/port');
    const retry = collectingLogger();
    for (const method of ['virtio-serial', 'isa-serial']) {
      const transport = transportFor(method, path, { retry });
      const agent = new Recorder(transport);
      const started = performance.now();
      await transport.open(agent);
      using host = new Pty();
      mkdirSync(folder.file('ports'));
      host.linkAt(path);
      // A serial line drops bytes received before it was opened.
      const repeat = setInterval(() => host.send('x'), 10);
      await agent.until(() => agent.text.startsWith('x'));
      clearInterval(repeat);
      assert.ok(performance.now() - started < 4_000, 'it has waited for the clock');
      await transport.close();
      rmSync(folder.file('ports'), { recursive: true });
    }
    assert.deepEqual(retry.lines.slice(0, 3), [
      `critical: error opening channel '${path}': No such file or directory`,
      'warning: agent stopped unexpectedly, restarting...',
      'warning: waiting for channel path...',
    ]);
  });

  it('with retry opens a socket as soon as its folder appears', async () => {
    using folder = temporaryFolder();
    const path = folder.file('run/ga.sock');
    const transport = transportFor('unix-listen', path, { retry: collectingLogger() });
    const agent = new Recorder(transport);
    const started = performance.now();
    await transport.open(agent);
    mkdirSync(folder.file('run'));
    let host: Host | undefined;
    while (host === undefined) host = await Host.connect(path).catch(() => undefined);
    assert.ok(performance.now() - started < 4_000, 'it has waited for the clock');
    host.send('x');
    await agent.until(() => agent.text === 'x');
    host.socket.destroy();
    await transport.close();
  });

  it('rejects an unknown method and names the known ones', () => {
    for (const method of ['bogus', '', 'constructor', 'virtio']) {
      assert.throws(
        () => transportFor(method, '/nowhere'),
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
