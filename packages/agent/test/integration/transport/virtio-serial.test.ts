import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../../src/agent-error.js';
import { VIRTIO_SERIAL_PATH, virtioSerial } from '../../../src/transport/device.js';
import type { Transport } from '../../../src/transport/transport.js';
import { Pty } from '../../support/pty.js';
import { Recorder } from '../../support/recorder.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('a virtio-serial channel, with a pseudo-terminal for the port', () => {
  let folder: TemporaryFolder;
  let port: string;
  let host: Pty;
  let transport: Transport;
  let agent: Recorder;

  beforeEach(async () => {
    folder = temporaryFolder();
    port = folder.file('port');
    host = new Pty();
    host.linkAt(port);
    transport = virtioSerial(port);
    agent = new Recorder(transport);
    await transport.open(agent);
  });

  afterEach(async () => {
    await transport.close();
    host[Symbol.dispose]();
    folder[Symbol.dispose]();
  });

  it('carries bytes in both directions', async () => {
    host.send('question');
    await agent.until(() => agent.text === 'question');
    transport.write(Buffer.from('answer\n'));
    assert.equal(await host.line(), 'answer');
  });

  it('carries all byte values unchanged', async () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    host.send(all);
    await agent.until(() => agent.text.length === 256);
    assert.equal(agent.text, all);
  });

  it('rejects a regular file without changing it', async () => {
    const file = folder.file('file');
    writeFileSync(file, 'root:x:0:0\n');
    await assert.rejects(virtioSerial(file).open(agent), (error) => {
      assert(error instanceof AgentError);
      assert.equal(error.message, `error opening channel '${file}': it is a regular file, not a device`);
      return true;
    });
    assert.equal(readFileSync(file, 'utf8'), 'root:x:0:0\n');
  });

  it('closes at once while it waits for bytes', async () => {
    await transport.close();
    assert.deepEqual(agent.fatals, []);
  });

  it('reports a disconnected host once, and serves the next host', async () => {
    host.send('1');
    await agent.until(() => agent.text === '1');
    host[Symbol.dispose]();
    await agent.until(() => agent.ends === 1);

    host = new Pty();
    host.linkAt(port);
    host.send('2');
    await agent.until(() => agent.text === '12');
    transport.write(Buffer.from('welcome\n'));
    assert.equal(await host.line(), 'welcome');
    assert.equal(agent.ends, 1);
    assert.deepEqual(agent.fatals, []);
  });

  it('never delivers the reply for one host to another', async () => {
    agent.releases = false;
    host.send('1');
    await agent.until(() => agent.text === '1');
    host[Symbol.dispose]();
    await agent.until(() => agent.ends === 1);
    assert.equal(transport.write(Buffer.from('stale\n')), true);
    host = new Pty();
    host.linkAt(port);
    transport.release();
    host.send('2');
    await agent.until(() => agent.text === '12');
    transport.write(Buffer.from('fresh\n'));
    assert.equal(await host.line(), 'fresh');
  });

  it('blocks a writer while the host does not read, and delivers everything once it does', async () => {
    host.send('1');
    await agent.until(() => agent.text === '1');
    host.stopReading();
    const line = Buffer.from(`${'x'.repeat(65535)}\n`);
    let lines = 0;
    do lines += 1;
    while (transport.write(line) && lines < 1000);
    assert.ok(lines < 1000, 'it never asked to hold back');
    host.startReading();
    for (let i = 0; i < lines; i += 1) assert.equal((await host.line()).length, 65535);
    await agent.until(() => agent.drains === 1);
  });

  it('unblocks a writer when the host disconnects instead of reading', async () => {
    host.send('1');
    await agent.until(() => agent.text === '1');
    host.stopReading();
    while (transport.write(Buffer.alloc(64 * 1024)));
    host[Symbol.dispose]();
    await agent.until(() => agent.drains === 1 && agent.ends === 1);
  });

  it('does not read while it is paused', async () => {
    host.send('1');
    await agent.until(() => agent.text === '1');
    transport.pause();
    transport.write(Buffer.from('paused\n'));
    assert.equal(await host.line(), 'paused');
    host.send('2');
    transport.write(Buffer.from('still\n'));
    assert.equal(await host.line(), 'still');
    assert.equal(agent.text, '1');
    transport.resume();
    await agent.until(() => agent.text === '12');
  });
});

describe('opening a virtio-serial port', () => {
  it('fails with an error that names the device and what to do', async () => {
    const transport = virtioSerial('/nowhere/port');
    await assert.rejects(transport.open(new Recorder(transport)), (error) => {
      assert.ok(error instanceof AgentError);
      assert.equal(error.code, 'transport');
      assert.equal(error.message, "error opening channel '/nowhere/port': No such file or directory");
      assert.match(error.advice ?? '', /--path/);
      return true;
    });
    await transport.close();
  });

  it('uses the default path of QEMU', () => {
    assert.equal(VIRTIO_SERIAL_PATH, '/dev/virtio-ports/org.qemu.guest_agent.0');
  });
});
