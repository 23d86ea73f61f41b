import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtin, type CommandDescriptor } from '@guestwire/schema';
import { sessionModule } from '../../src/commands/session.js';
import { silentLogger } from '../../src/log/logger.js';
import { commandFilter } from '../../src/rpc/command-filter.js';
import { commandModule } from '../../src/rpc/command-module.js';
import { Dispatcher } from '../../src/rpc/dispatcher.js';
import { Registry } from '../../src/rpc/registry.js';
import { MAX_REQUESTS } from '../../src/rpc/request-queue.js';
import { Session } from '../../src/rpc/session.js';
import type { ListenerFactory } from '../../src/transport/transport.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemoryTransport } from '../support/memory-transport.js';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';
const SYNC = '{"execute":"guest-sync","arguments":{"id":9}}';
const SYNCED = '{"return": 9}\n';

function command(name: string): CommandDescriptor {
  return { kind: 'command', name, returns: builtin.str, successResponse: true };
}

const testCommands = {
  'test-flush': command('test-flush'),
  'test-thaw': command('test-thaw'),
  'test-freeze': command('test-freeze'),
  'test-status': command('test-status'),
  'test-next': command('test-next'),
  'test-helper': command('test-helper'),
  'test-trim': command('test-trim'),
};

function execute(name: string): string {
  return `{"execute":"${name}"}`;
}

class WaitingTransport extends MemoryTransport {
  listenerFor: ListenerFactory | undefined;

  get serving(): boolean {
    return this.listenerFor !== undefined;
  }

  serveWaiting(listenerFor: ListenerFactory | undefined): void {
    this.listenerFor = listenerFor;
  }
}

/** A session whose handlers end when the test says so. */
async function conversation({ commandTimeout = 60 } = {}) {
  const transport = new WaitingTransport();
  const clock = new ManualClock();
  const started: string[] = [];
  const finish = new Map<string, (text: string) => void>();
  const signals = new Map<string, AbortSignal>();
  const registry = new Registry();
  const isEnabled = commandFilter({}, () => false);
  registry.register(sessionModule({ registry, isEnabled, version: '1', log: silentLogger }));
  const handler = (name: string) => (_: unknown, context: { readonly signal: AbortSignal }) => {
    started.push(name);
    signals.set(name, context.signal);
    return new Promise<string>((resolve) => finish.set(name, resolve));
  };
  registry.register(
    commandModule({
      schema: testCommands,
      traits: {
        'test-thaw': { independent: true, cancels: ['test-freeze'] },
        'test-status': { independent: true, dependsOn: ['test-freeze'] },
        'test-helper': { timeLimit: 'own' },
        'test-trim': { timeLimit: 'long' },
      },
      handlers: {
        'test-flush': handler('test-flush'),
        'test-thaw': handler('test-thaw'),
        'test-freeze': handler('test-freeze'),
        'test-status': handler('test-status'),
        'test-next': handler('test-next'),
        'test-helper': handler('test-helper'),
        'test-trim': handler('test-trim'),
      },
    }),
  );
  const dispatcher = new Dispatcher({ registry, isEnabled, log: silentLogger });
  const events = { fatal() {}, answered() {}, bulkDone() {} };
  const session = new Session(transport, { dispatcher, events, commandTimeout, clock });
  await transport.open(session);
  const end = async (name: string): Promise<void> => {
    finish.get(name)?.(name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { transport, clock, started, signals, end };
}

describe('Session with a slow request', () => {
  it('carries out one request at a time while none has run for a second', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + PING + execute('test-thaw'));
    clock.advance(999);
    assert.equal(transport.written, '');
    assert.deepEqual(started, ['test-flush']);
    await end('test-flush');
    assert.equal(transport.written, `{"return": "test-flush"}\n${PONG}`);
    assert.deepEqual(started, ['test-flush', 'test-thaw']);
  });

  it('carries out independent requests after a second, and keeps the order of replies', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + execute('test-next') + PING + execute('test-thaw'));
    clock.advance(1000);
    assert.deepEqual(started, ['test-flush', 'test-thaw']);
    await end('test-thaw');
    assert.equal(transport.written, '', 'no reply overtakes another');
    await end('test-flush');
    assert.deepEqual(started, ['test-flush', 'test-thaw', 'test-next']);
    await end('test-next');
    assert.equal(
      transport.written,
      `{"return": "test-flush"}\n{"return": "test-next"}\n${PONG}{"return": "test-thaw"}\n`,
    );
  });

  it('does not carry out a freeze that a thaw has overtaken', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + execute('test-freeze') + execute('test-thaw'));
    clock.advance(1000);
    assert.deepEqual(started, ['test-flush', 'test-thaw']);
    await end('test-thaw');
    await end('test-flush');
    assert.deepEqual(started, ['test-flush', 'test-thaw'], 'the freeze must not follow');
    const [flushed, frozen, thawed] = transport.written.split('\n');
    assert.equal(flushed, '{"return": "test-flush"}');
    assert.match(`${frozen}`, /test-freeze was not carried out: test-thaw came before it had begun/);
    assert.equal(thawed, '{"return": "test-thaw"}');
  });

  it('does not let the status overtake a freeze that has not begun', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + execute('test-freeze') + execute('test-status'));
    clock.advance(1000);
    assert.deepEqual(started, ['test-flush']);
    await end('test-flush');
    await end('test-freeze');
    assert.deepEqual(started, ['test-flush', 'test-freeze', 'test-status']);
  });

  it('lets the status overtake a freeze that is slow itself', async () => {
    const { transport, clock, started } = await conversation();
    transport.send(execute('test-freeze') + execute('test-status'));
    clock.advance(1000);
    assert.deepEqual(started, ['test-freeze', 'test-status']);
  });

  it('carries out an independent request that arrives byte by byte', async () => {
    const { transport, clock, started } = await conversation();
    transport.send(execute('test-flush'));
    clock.advance(1000);
    for (const byte of execute('test-thaw')) transport.send(byte);
    assert.deepEqual(started, ['test-flush', 'test-thaw']);
  });

  it('carries out an independent request after another independent one has ended or is slow', async () => {
    const { transport, clock, started } = await conversation();
    transport.send(execute('test-flush'));
    clock.advance(1000);
    transport.send(execute('test-thaw') + execute('test-thaw'));
    assert.deepEqual(started, ['test-flush', 'test-thaw']);
    clock.advance(1000);
    assert.deepEqual(started, ['test-flush', 'test-thaw', 'test-thaw']);
  });

  it('resumes a paused transport, and pauses it again when enough has been read ahead', async () => {
    const { transport, clock } = await conversation();
    transport.send(execute('test-flush'));
    transport.send(PING);
    assert.equal(transport.paused, true);
    clock.advance(1000);
    assert.equal(transport.paused, false);
    transport.send(PING.repeat(MAX_REQUESTS + 1));
    transport.send(PING);
    assert.equal(transport.paused, true);
  });

  it('reads at most four mebibytes ahead', async () => {
    const { transport, clock, end } = await conversation();
    transport.send(execute('test-flush'));
    clock.advance(1000);
    const mebibyte = ' '.repeat(1024 * 1024);
    let sent = 0;
    for (; !transport.paused && sent < 100; sent += 1) transport.send(mebibyte);
    assert.equal(sent, 5);
    await end('test-flush');
    assert.equal(transport.paused, false);
  });

  it('answers a slow request with an error when the host synchronizes again after five seconds', async () => {
    const { transport, clock, signals, end } = await conversation();
    transport.send('{"execute":"test-flush","id":3}');
    clock.advance(5000);
    transport.send(SYNC);
    assert.equal(
      transport.written,
      '{"id": 3, "error": {"class": "GenericError", "desc": "test-flush has not ended after 5 seconds, when the host sent guest-sync; it may continue in the background"}}\n' +
        SYNCED,
    );
    assert.equal(signals.get('test-flush')?.aborted, true);
    await end('test-flush');
    transport.send(PING);
    assert.ok(transport.written.endsWith(SYNCED + PONG), 'the late result is dropped');
  });

  it('does not carry out what waits between a slow request and the synchronization that abandons it', async () => {
    const { transport, clock, started } = await conversation();
    transport.send(execute('test-flush') + execute('test-next'));
    clock.advance(6000);
    transport.send(SYNC);
    assert.deepEqual(started, ['test-flush']);
    assert.match(transport.written, /desc": "test-next was not carried out: the host sent guest-sync /);
    assert.ok(transport.written.endsWith(SYNCED));
  });

  it('keeps a slow request whose synchronization arrives earlier', async () => {
    const { transport, clock, end } = await conversation();
    transport.send(execute('test-flush') + SYNC);
    clock.advance(4999);
    transport.send(SYNC);
    clock.advance(10_000);
    assert.equal(transport.written, '');
    await end('test-flush');
    assert.equal(transport.written, `{"return": "test-flush"}\n${SYNCED}${SYNCED}`);
  });

  it('keeps a slow request whose synchronization has waited for the host to read', async () => {
    const { transport, clock } = await conversation();
    transport.accepting = false;
    transport.send(PING + execute('test-flush') + SYNC);
    transport.accepting = true;
    transport.listener.drain();
    clock.advance(20_000);
    assert.equal(transport.written, PONG);
  });

  it('answers a command with an error after the time limit, and drops its late result', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + execute('test-next'));
    clock.advance(59_999);
    assert.deepEqual(transport.writes, []);
    clock.advance(1);
    assert.equal(
      transport.written,
      '{"error": {"class": "GenericError", "desc": "test-flush has not ended after 60 seconds; it continues in the background"}}\n',
    );
    assert.deepEqual(started, ['test-flush', 'test-next']);
    await end('test-flush');
    await end('test-next');
    assert.ok(transport.written.endsWith('}}\n{"return": "test-next"}\n'));
  });

  it('has no time limit with the option 0, or for a command with its own', async () => {
    for (const [name, commandTimeout] of [
      ['test-flush', 0],
      ['test-helper', 60],
    ] as const) {
      const { transport, clock } = await conversation({ commandTimeout });
      transport.send(execute(name));
      clock.advance(1e9);
      assert.equal(transport.written, '');
    }
  });

  it('gives long commands sixty times the limit', async () => {
    const { transport, clock } = await conversation({ commandTimeout: 2 });
    transport.send(execute('test-trim'));
    clock.advance(119_999);
    assert.deepEqual(transport.writes, []);
    clock.advance(1);
    assert.match(transport.written, /test-trim has not ended after 120 seconds/);
  });

  it('serves waiting hosts beside it until it has ended', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush'));
    assert.ok(!transport.serving);
    clock.advance(1000);
    const beside = new MemoryTransport();
    const session = transport.listenerFor?.(beside);
    assert.ok(session !== undefined);
    await beside.open(session);
    beside.send(PING + execute('test-next'));
    assert.equal(beside.written, PONG);
    assert.deepEqual(started, ['test-flush', 'test-next']);
    await end('test-flush');
    assert.ok(!transport.serving);
    await end('test-next');
    assert.equal(beside.written, `${PONG}{"return": "test-next"}\n`);
  });

  it('releases a host that is gone at once, and drops its replies', async () => {
    const { transport, clock, started, end } = await conversation();
    transport.send(execute('test-flush') + execute('test-next'));
    transport.listener.end(true);
    assert.equal(transport.released, 0);
    clock.advance(1000);
    assert.equal(transport.released, 1);
    transport.send(PING);
    assert.equal(transport.written, PONG);
    await end('test-flush');
    assert.deepEqual(started, ['test-flush', 'test-next'], 'requests of the host are still carried out');
    await end('test-next');
    assert.equal(transport.written, PONG);
  });

  it('waits for the replies of a host that has closed its side only', async () => {
    const { transport, clock, end } = await conversation();
    transport.send(execute('test-flush'));
    transport.listener.end(false);
    clock.advance(2000);
    assert.equal(transport.released, 0);
    await end('test-flush');
    assert.equal(transport.written, '{"return": "test-flush"}\n');
    assert.equal(transport.released, 1);
  });
});
