import assert from 'node:assert/strict';
import { closeSync, constants, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { accept } from '@guestwire/posix';
import { AgentError } from '../../../src/agent-error.js';
import { DescriptorTransport } from '../../../src/transport/descriptor-transport.js';
import { virtioSerial } from '../../../src/transport/device.js';
import { retrying } from '../../../src/transport/retrying.js';
import type { Transport } from '../../../src/transport/transport.js';
import { Host } from '../../support/host.js';
import { listeningDescriptor } from '../../support/listening-descriptor.js';
import { collectingLogger } from '../../support/logger.js';
import { Pty } from '../../support/pty.js';
import { Recorder } from '../../support/recorder.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('DescriptorTransport over a device that fails while it is read', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  /** A folder: it can be polled but not read, like a port that has been unplugged. */
  const failing = (): Transport =>
    new DescriptorTransport({
      name: '/dev/port',
      open() {},
      next: () => openSync(folder.path, constants.O_RDONLY),
      close() {},
    });

  it('calls fatal with an error that names the device', async () => {
    const transport = failing();
    const agent = new Recorder(transport);
    await transport.open(agent);
    await agent.until(() => agent.fatals.length === 1);
    const [error] = agent.fatals;
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'transport');
    assert.equal(error.message, "error reading channel '/dev/port': Is a directory");
    await transport.close();
    assert.equal(agent.fatals.length, 1);
  });

  it('is replaced by a working one with retrying', async () => {
    using host = new Pty();
    const log = collectingLogger();
    let made = 0;
    const make = (): Transport => {
      made += 1;
      return made < 3 ? failing() : virtioSerial(host.path);
    };
    const transport = retrying(make, { log, wait: async () => {} });
    const agent = new Recorder(transport);
    await transport.open(agent);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    assert.deepEqual(agent.fatals, []);
    assert.equal(log.lines.filter((line) => line.startsWith('error: error reading channel')).length, 2);
    await transport.close();
  });
});

describe('DescriptorTransport over a device whose host disconnects without closing it', () => {
  it('drops bytes that the host has not read, so that the next one does not get them', async () => {
    using folder = temporaryFolder();
    const path = folder.file('device');
    const listening = listeningDescriptor(path);
    using host = await Host.connect(path);
    const connection = accept(listening);
    const transport = new DescriptorTransport({
      name: path,
      open() {},
      next: () => connection,
      close: () => closeSync(listening),
    });
    const agent = new Recorder(transport);
    await transport.open(agent);
    host.socket.pause();
    host.send('1');
    await agent.until(() => agent.text === '1');
    while (transport.write(Buffer.alloc(64 * 1024, 'x')));
    host.socket.end();
    await agent.until(() => agent.ends === 1);
    assert.equal(agent.drains, 1);
    assert.equal(transport.write(Buffer.from('late')), true);
    await transport.close();
  });
});
