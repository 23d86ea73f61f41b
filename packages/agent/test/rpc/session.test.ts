import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandError } from '@guestwire/protocol';
import { builtin, type CommandDescriptor } from '@guestwire/schema';
import { sessionModule } from '../../src/commands/session.js';
import { silentLogger } from '../../src/log/logger.js';
import { commandFilter } from '../../src/rpc/command-filter.js';
import { commandModule } from '../../src/rpc/command-module.js';
import { Dispatcher } from '../../src/rpc/dispatcher.js';
import { Registry } from '../../src/rpc/registry.js';
import { Session } from '../../src/rpc/session.js';
import { MemoryTransport } from '../support/memory-transport.js';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';
const SLOW = '{"execute":"test-slow"}';

const testCommands = {
  'test-slow': { kind: 'command', name: 'test-slow', returns: builtin.str, successResponse: true },
  'test-silent': { kind: 'command', name: 'test-silent', successResponse: false },
  'test-refuse': { kind: 'command', name: 'test-refuse', successResponse: false },
  'test-crash': { kind: 'command', name: 'test-crash', successResponse: true },
  'test-reject': { kind: 'command', name: 'test-reject', successResponse: true },
  'test-huge': { kind: 'command', name: 'test-huge', returns: builtin.str, successResponse: true },
  'test-delimit-and-fail': { kind: 'command', name: 'test-delimit-and-fail', successResponse: true },
} as const satisfies Record<string, CommandDescriptor>;

const HUGE = 8 * 1024 * 1024;

async function conversation() {
  const transport = new MemoryTransport();
  const logged: string[] = [];
  const fatal: Error[] = [];
  const bulks: number[] = [];
  const started: number[] = [];
  const slow: { finish: (text: string) => void }[] = [];
  const registry = new Registry();
  const isEnabled = commandFilter({ block: ['test-blocked'] }, () => false);
  registry.register(sessionModule({ registry, isEnabled, version: '1.2.3', log: silentLogger }));
  registry.register(
    commandModule({
      schema: testCommands,
      handlers: {
        'test-slow': () => new Promise<string>((finish) => slow.push({ finish })),
        'test-silent': () => {},
        'test-refuse': () => {
          throw new CommandError('not today');
        },
        'test-crash': () => {
          throw new TypeError('secret');
        },
        'test-reject': () => Promise.reject(new CommandError('not tomorrow')),
        'test-huge': () => 'x'.repeat(HUGE),
        'test-delimit-and-fail': (_, context) => {
          context.delimitReply();
          throw new CommandError('no');
        },
      },
    }),
  );
  const log = { ...silentLogger, error: (text: string) => void logged.push(text) };
  const dispatcher = new Dispatcher({ registry, isEnabled, log });
  const session = new Session(transport, {
    dispatcher,
    events: {
      fatal: (error) => fatal.push(error),
      answered() {},
      bulkDone: () => bulks.push(transport.written.length),
      bulkStarted: () => started.push(transport.written.length),
    },
  });
  await transport.open(session);
  return { transport, session, logged, fatal, bulks, started, slow };
}

describe('Session', () => {
  it('replies to a synchronous command before data() returns', async () => {
    const { transport } = await conversation();
    transport.send(PING);
    assert.equal(transport.written, PONG);
  });

  it('replies to requests of one chunk with one write', async () => {
    const { transport } = await conversation();
    transport.send(PING.repeat(1000));
    assert.equal(transport.written, PONG.repeat(1000));
    assert.equal(transport.writes.length, 1);
  });

  it('continues half a request of one host with the bytes of the next', async () => {
    const { transport } = await conversation();
    transport.send('{"execute":');
    transport.listener.end(false);
    assert.equal(transport.released, 1);
    transport.send('"guest-ping"}');
    assert.equal(transport.written, PONG);
  });

  it('has the peer of the host that it serves, until that is released', async () => {
    const { transport, session } = await conversation();
    const peer = { kind: 'vsock', cid: 2, port: 1025 } as const;
    assert.equal(session.peer, undefined);
    transport.listener.connected?.(peer);
    transport.send(PING);
    assert.equal(session.peer, peer);
    transport.listener.end(false);
    assert.equal(transport.released, 1);
    assert.equal(session.peer, undefined);
  });

  it('gives the same replies wherever the input is cut in two', async () => {
    const input = `${PING}{"execute":"guest-sync","arguments":{"id":-9223372036854775808},"id":{"b":1,"a":2}}\xff[]${PING}`;
    const whole = await conversation();
    whole.transport.send(input);
    for (let at = 1; at < input.length; at += 1) {
      const { transport } = await conversation();
      transport.send(input.slice(0, at));
      transport.send(input.slice(at));
      assert.equal(transport.written, whole.transport.written, `cut at ${at}`);
    }
  });

  it('answers in order, and handles one request at a time', async () => {
    const { transport, slow } = await conversation();
    transport.send(PING + SLOW + SLOW + PING);
    assert.equal(transport.written, PONG, 'the first answer does not wait for the second');
    assert.equal(slow.length, 1);
    slow[0]?.finish('one');
    await transport.lines(2);
    assert.equal(slow.length, 2);
    slow[1]?.finish('two');
    assert.deepEqual(await transport.lines(4), [
      '{"return": {}}',
      '{"return": "one"}',
      '{"return": "two"}',
      '{"return": {}}',
    ]);
  });

  it('pauses a host that sends during a handler, and resumes it afterwards', async () => {
    const { transport, slow } = await conversation();
    transport.send(SLOW);
    assert.equal(transport.paused, false, 'nothing to hold back yet');
    transport.send(PING);
    assert.equal(transport.paused, true);
    slow[0]?.finish('');
    await transport.lines(2);
    assert.equal(transport.paused, false);
  });

  it('handles no request while the transport accepts no replies', async () => {
    const { transport } = await conversation();
    transport.accepting = false;
    transport.send(PING);
    transport.send(PING);
    assert.equal(transport.written, PONG);
    assert.equal(transport.paused, true);
    transport.drain();
    assert.equal(transport.written, PONG.repeat(2));
    assert.equal(transport.paused, false);
  });

  it('produces the pieces of a long reply as fast as they are accepted', async () => {
    const { transport } = await conversation();
    transport.accepting = false;
    transport.send(`{"execute":"test-huge"}${PING}`);
    assert.equal(transport.writes.length, 1);
    assert.ok(transport.written.length < HUGE / 2);
    transport.drain();
    assert.equal(transport.written, `{"return": "${'x'.repeat(HUGE)}"}\n${PONG}`);
  });

  it('releases the transport only after all replies', async () => {
    const { transport, slow } = await conversation();
    transport.send(SLOW + PING);
    transport.listener.end(false);
    assert.equal(transport.released, 0);
    slow[0]?.finish('');
    await transport.lines(2);
    assert.equal(transport.released, 1);
  });

  it('sends no reply when a command without a success response succeeds', async () => {
    const { transport } = await conversation();
    transport.send(`{"execute":"test-silent","id":1}${PING}`);
    assert.equal(transport.written, PONG);
  });

  it('replies when a command without a success response fails', async () => {
    const { transport } = await conversation();
    transport.send('{"execute":"test-refuse","id":1}');
    assert.equal(transport.written, '{"id": 1, "error": {"class": "GenericError", "desc": "not today"}}\n');
  });

  it('replies to a rejected promise as to an exception', async () => {
    const { transport } = await conversation();
    transport.send('{"execute":"test-reject"}');
    assert.deepEqual(await transport.lines(1), [
      '{"error": {"class": "GenericError", "desc": "not tomorrow"}}',
    ]);
  });

  it('hides an unexpected exception from the host, and logs it', async () => {
    const { transport, logged } = await conversation();
    transport.send(`{"execute":"test-crash","id":7}${PING}`);
    assert.equal(
      transport.written,
      '{"id": 7, "error": {"class": "GenericError", "desc": "The command test-crash failed for an internal reason"}}\n' +
        PONG,
    );
    assert.match(logged.join(), /^test-crash failed unexpectedly: TypeError: secret\n\s+at /);
  });

  it('sends the byte 0xFF before the reply to guest-sync-delimited only', async () => {
    const { transport } = await conversation();
    transport.send(
      '\xff{"execute":"guest-sync-delimited","arguments":{"id":5}}{"execute":"guest-sync-delimited","arguments":{}}' +
        '{"execute":"test-delimit-and-fail"}' +
        PING,
    );
    assert.equal(
      transport.written,
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}\n' +
        '\xff{"return": 5}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}\n' +
        '{"error": {"class": "GenericError", "desc": "no"}}\n' +
        PONG,
    );
  });

  it('checks the name, then the filter, then the arguments', async () => {
    const { transport } = await conversation();
    transport.send(
      '{"execute":"test-blocked","arguments":{"x":1}}{"execute":"guest-ping","arguments":{"foo":42}}',
    );
    assert.equal(
      transport.written,
      '{"error": {"class": "CommandNotFound", "desc": "The command test-blocked has not been found"}}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'foo\' is unexpected"}}\n',
    );
  });

  it('calls bulkDone after many bytes when all requests are answered', async () => {
    const { transport, bulks } = await conversation();
    transport.send('{"execute":"test-huge"}');
    assert.deepEqual(bulks, []);
    transport.send('{"execute":"test-huge"}');
    assert.deepEqual(bulks, [transport.written.length]);
    transport.send(PING);
    assert.equal(bulks.length, 1);
  });

  it('calls bulkStarted once for a message of more than 24 MiB, before it is complete', async () => {
    const { transport, started } = await conversation();
    const part = 'x'.repeat(HUGE);
    for (let message = 1; message <= 2; message++) {
      transport.send('{"execute":"test-ping","arguments":{"text":"');
      for (let sent = 0; sent < 3; sent++) transport.send(part);
      assert.equal(started.length, message);
      transport.send(`${part}"}}`);
      transport.send(PING);
      assert.equal(started.length, message);
    }
  });

  it('replies to the first 4096 of the malformed messages that arrive together, and to all requests', async () => {
    const { transport } = await conversation();
    transport.send(`${'{},'.repeat(100_000)}${PING}`);
    const lines = transport.written.split('\n');
    assert.equal(lines.length, 4096 + 2);
    assert.equal(
      lines[4095],
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    );
    assert.equal(lines[4096], '{"return": {}}');
    transport.send('{}');
    assert.match(transport.written, /lacks member 'execute'"\}\}\n$/);
  });

  it('reports that the transport is broken', async () => {
    const { transport, fatal } = await conversation();
    const reason = new Error('gone');
    transport.listener.fatal(reason);
    assert.deepEqual(fatal, [reason]);
  });
});
