import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ISA_SERIAL_PATH, isaSerial } from '../../../src/transport/isa-serial.js';
import type { Transport } from '../../../src/transport/transport.js';
import { Pty } from '../../support/pty.js';
import { Recorder } from '../../support/recorder.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

/** Returns the settings of a terminal as `stty` prints them: `-icanon`, `min = 1`. */
function settings(path: string): ReadonlySet<string> {
  const text = execFileSync('stty', ['-a', '-F', path], { encoding: 'utf8' });
  return new Set(text.replace(/ = /g, '=').split(/[\s;]+/));
}

describe('an isa-serial channel, with a pseudo-terminal for the line', () => {
  let folder: TemporaryFolder;
  let line: string;
  let host: Pty;
  let transport: Transport;
  let agent: Recorder;

  beforeEach(() => {
    folder = temporaryFolder();
    line = folder.file('line');
    host = new Pty();
    host.linkAt(line);
    transport = isaSerial(line);
    agent = new Recorder(transport);
  });

  afterEach(async () => {
    await transport.close();
    host[Symbol.dispose]();
    folder[Symbol.dispose]();
  });

  it('sets the line to raw mode without buffering', async () => {
    execFileSync('stty', ['-F', host.path, 'sane', 'inpck', 'istrip', 'ixany', 'ignpar', 'parmrk', 'cstopb']);
    execFileSync('stty', ['-F', host.path, 'min', '7', 'time', '9', '9600']);
    await transport.open(agent);
    const now = settings(host.path);
    for (const off of [
      ...['ignbrk', 'brkint', 'ignpar', 'parmrk', 'inpck', 'istrip', 'inlcr', 'igncr', 'icrnl'],
      ...[
        'ixon',
        'ixoff',
        'ixany',
        'imaxbel',
        'opost',
        'onlcr',
        'isig',
        'icanon',
        'iexten',
        'echo',
        'echoe',
        'echok',
      ],
    ]) {
      assert.ok(now.has(`-${off}`), `${off} is on: ${[...now].join(' ')}`);
    }
    // The settings of the line itself stay.
    for (const kept of ['cstopb', 'cs8', '38400', 'min=1', 'time=0']) {
      assert.ok(now.has(kept), `${kept} is not among: ${[...now].join(' ')}`);
    }
  });

  it('drops bytes received before it was opened', async () => {
    host.send('old\n');
    await transport.open(agent);
    host.send('new');
    await agent.until(() => agent.text === 'new');
  });

  it('carries all byte values unchanged in both directions', async () => {
    await transport.open(agent);
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    host.send(all);
    await agent.until(() => agent.text.length === 256);
    assert.equal(agent.text, all);
    const backward = `${all.replace('\n', '')}\n`;
    transport.write(Buffer.from(backward, 'latin1'));
    assert.equal(`${await host.line()}\n`, backward);
  });

  it('reopens and reconfigures the line after a hang-up', async () => {
    await transport.open(agent);
    host.send('1');
    await agent.until(() => agent.text === '1');
    host[Symbol.dispose]();
    await agent.until(() => agent.ends === 1);

    host = new Pty();
    // A terminal that no process has open is hung up for the host too.
    const open = openSync(host.path, constants.O_RDWR | constants.O_NOCTTY);
    execFileSync('stty', ['-F', host.path, 'sane']);
    host.linkAt(line);
    // Until the line is open again, everything received is dropped.
    while (!settings(host.path).has('-icanon')) await delay(1);
    closeSync(open);
    host.send('2\r');
    await agent.until(() => agent.text === '12\r');
    transport.write(Buffer.from('welcome\n'));
    assert.equal(await host.line(), 'welcome');
    assert.deepEqual(agent.fatals, []);
  });

  it('uses no processor time while the host does not read', async () => {
    await transport.open(agent);
    host.send('1');
    await agent.until(() => agent.text === '1');
    host.stopReading();
    while (transport.write(Buffer.alloc(64 * 1024, 'x')));
    const before = process.cpuUsage();
    await delay(300);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 100_000, `${user + system} µs in 300 ms`);
  });

  it('has the first serial port as the default path', () => {
    assert.equal(ISA_SERIAL_PATH, '/dev/ttyS0');
  });
});
