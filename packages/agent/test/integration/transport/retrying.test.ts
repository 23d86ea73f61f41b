import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { beforeEach, describe, it } from 'node:test';
import { createAgent } from '../../../src/agent.js';
import { AgentError } from '../../../src/agent-error.js';
import { retrying } from '../../../src/transport/retrying.js';
import type { Transport } from '../../../src/transport/transport.js';
import { type CollectingLogger, collectingLogger } from '../../support/logger.js';
import { MemoryTransport } from '../../support/memory-transport.js';
import { Recorder } from '../../support/recorder.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

class Absent extends MemoryTransport {
  override async open(): Promise<void> {
    throw new AgentError('transport', 'there is no port');
  }
}

/** Runs all callbacks that are ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const RESTARTING = 'warning: agent stopped unexpectedly, restarting...';
const WAITING = 'warning: waiting for channel path...';

describe('retrying', () => {
  let log: CollectingLogger;
  /** The transports that `make` returns, in order. */
  let transports: MemoryTransport[];
  let made: number;
  /** Ends the current wait; undefined without one. */
  let time: (() => void) | undefined;
  let transport: Transport;
  let agent: Recorder;

  beforeEach(() => {
    log = collectingLogger();
    transports = [];
    made = 0;
    time = undefined;
    const wait = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        time = () => {
          time = undefined;
          resolve();
        };
        signal.addEventListener('abort', time);
      });
    const make = (): Transport => {
      made += 1;
      const next = transports[made - 1];
      assert.ok(next, 'one channel too many');
      return next;
    };
    transport = retrying(make, { log, wait });
    agent = new Recorder(transport);
  });

  /** Ends the wait and opens the next channel. */
  const later = async (): Promise<void> => {
    assert.ok(time, 'nobody waits');
    time();
    await settled();
  };

  it('waits for a port that is absent at the start, and logs it', async () => {
    const port = new MemoryTransport();
    transports = [new Absent(), new Absent(), port];
    await transport.open(agent);
    await settled();
    assert.deepEqual(log.lines, ['critical: there is no port', RESTARTING, WAITING]);
    assert.equal(transport.write(Buffer.from('lost')), true);
    await later();
    await later();
    assert.deepEqual(log.lines.slice(3), [RESTARTING, WAITING], 'a repeated failure is logged once');
    port.send('x');
    assert.equal(agent.text, 'x');
    transport.write(Buffer.from('y'));
    assert.equal(port.written, 'y');
    assert.ok(transports.slice(0, 2).every(({ closed }) => closed));
    await transport.close();
    assert.equal(port.closed, true);
  });

  it('opens a lost port again, without a limit, and the listener only sees that the host is gone', async () => {
    transports = [new MemoryTransport(), new MemoryTransport(), new MemoryTransport()];
    await transport.open(agent);
    for (const [lost, port] of transports.slice(0, 2).entries()) {
      port.send(`${lost}`);
      port.listener.fatal(new AgentError('transport', 'error reading channel'));
      await settled();
      assert.equal(port.closed, true);
      assert.equal(agent.ends, lost + 1);
      await later();
    }
    transports[2]?.send('2');
    assert.equal(agent.text, '012');
    assert.deepEqual(agent.fatals, []);
    const once = ['error: error reading channel', RESTARTING, WAITING];
    assert.deepEqual(log.lines, [...once, ...once]);
    await transport.close();
  });

  it('does not call end without a host, or twice for the same host', async () => {
    const [idle, left] = [new MemoryTransport(), new MemoryTransport()];
    transports = [idle, left, new MemoryTransport()];
    await transport.open(agent);
    idle.listener.fatal(new Error('unplugged'));
    await settled();
    assert.equal(agent.ends, 0);
    await later();
    left.send('x');
    left.listener.end(false);
    assert.equal(left.released, 1);
    left.listener.fatal(new Error('unplugged'));
    await settled();
    assert.equal(agent.ends, 1);
    await later();
    await transport.close();
  });

  it('does not open again before the lost host has been released, and does not pass the release on', async () => {
    const [first, second] = [new MemoryTransport(), new MemoryTransport()];
    transports = [first, second];
    agent.releases = false;
    await transport.open(agent);
    first.send('1');
    first.listener.fatal(new Error('unplugged'));
    await settled();
    await later();
    assert.equal(made, 1);
    transport.release();
    await settled();
    assert.equal(made, 2);
    assert.equal(second.released, 0);
    await transport.close();
  });

  it('calls drain for a writer that the lost transport has blocked', async () => {
    const port = new MemoryTransport();
    transports = [port, new MemoryTransport()];
    await transport.open(agent);
    port.accepting = false;
    port.send('x');
    assert.equal(transport.write(Buffer.from('y')), false);
    port.listener.fatal(new Error('unplugged'));
    await settled();
    assert.equal(agent.drains, 1);
    await transport.close();
  });

  it('opens the next transport paused if the listener has paused', async () => {
    const [first, second] = [new MemoryTransport(), new MemoryTransport()];
    transports = [first, second];
    await transport.open(agent);
    transport.pause();
    assert.equal(first.paused, true);
    first.listener.fatal(new Error('unplugged'));
    await settled();
    await later();
    assert.equal(second.paused, true);
    transport.resume();
    assert.equal(second.paused, false);
    await transport.close();
  });

  it('keeps the state of the session: open files, and half a request', async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file('text'), 'kept');
    const [first, second] = [new MemoryTransport(), new MemoryTransport()];
    transports = [first, second];
    await using served = await createAgent({ transport, statedir: folder.path });
    await served.start();
    first.send(`{"execute":"guest-file-open","arguments":{"path":"${folder.file('text')}"}}`);
    assert.deepEqual(await first.lines(1), ['{"return": 1000}']);
    first.send('{"execute":"guest-file-read",');
    first.listener.fatal(new Error('unplugged'));
    await settled();
    await later();
    second.send('"arguments":{"handle":1000}}');
    assert.deepEqual(await second.lines(1), ['{"return": {"count": 4, "buf-b64": "a2VwdA==", "eof": true}}']);
  });

  it('closes at once while it waits, and while a host has not been released', async () => {
    transports = [new Absent()];
    await transport.open(agent);
    await settled();
    assert.ok(time);
    await transport.close();
    assert.equal(made, 1);

    made = 0;
    const port = new MemoryTransport();
    transports = [port];
    const other = retrying(
      () => {
        made += 1;
        return port;
      },
      { log, wait: async () => {} },
    );
    const listener = new Recorder(other);
    listener.releases = false;
    await other.open(listener);
    port.send('x');
    port.listener.fatal(new Error('unplugged'));
    await settled();
    await other.close();
    assert.equal(made, 1);
  });
});
