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
import { MemoryChannel } from '../support/memory-channel.js';

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
  const channel = new MemoryChannel();
  const logged: string[] = [];
  const fatal: Error[] = [];
  const bulks: number[] = [];
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
  await channel.open(
    new Session(channel, dispatcher, {
      fatal: (error) => fatal.push(error),
      bulkDone: () => bulks.push(channel.written.length),
    }),
  );
  return { channel, logged, fatal, bulks, slow };
}

describe('a session', () => {
  it('answers a synchronous command before the delivery of its bytes returns', async () => {
    const { channel } = await conversation();
    channel.send(PING);
    assert.equal(channel.written, PONG);
  });

  it('answers requests that come together with one write', async () => {
    const { channel } = await conversation();
    channel.send(PING.repeat(1000));
    assert.equal(channel.written, PONG.repeat(1000));
    assert.equal(channel.writes.length, 1);
  });

  it('continues half a request of one host with the bytes of the next', async () => {
    const { channel } = await conversation();
    channel.send('{"execute":');
    channel.listener.end();
    assert.equal(channel.released, 1);
    channel.send('"guest-ping"}');
    assert.equal(channel.written, PONG);
  });

  it('gives the same replies wherever the input is cut in two', async () => {
    const input = `${PING}{"execute":"guest-sync","arguments":{"id":-9223372036854775808},"id":{"b":1,"a":2}}\xff[]${PING}`;
    const whole = await conversation();
    whole.channel.send(input);
    for (let at = 1; at < input.length; at += 1) {
      const { channel } = await conversation();
      channel.send(input.slice(0, at));
      channel.send(input.slice(at));
      assert.equal(channel.written, whole.channel.written, `cut at ${at}`);
    }
  });

  it('answers in order, and handles one request at a time', async () => {
    const { channel, slow } = await conversation();
    channel.send(PING + SLOW + SLOW + PING);
    assert.equal(channel.written, PONG, 'the first answer does not wait for the second');
    assert.equal(slow.length, 1);
    slow[0]?.finish('one');
    await channel.lines(2);
    assert.equal(slow.length, 2);
    slow[1]?.finish('two');
    assert.deepEqual(await channel.lines(4), [
      '{"return": {}}',
      '{"return": "one"}',
      '{"return": "two"}',
      '{"return": {}}',
    ]);
  });

  it('pauses a host that goes on sending while a handler is at work, and resumes it afterwards', async () => {
    const { channel, slow } = await conversation();
    channel.send(SLOW);
    assert.equal(channel.paused, false, 'nothing to hold back yet');
    channel.send(PING);
    assert.equal(channel.paused, true);
    slow[0]?.finish('');
    await channel.lines(2);
    assert.equal(channel.paused, false);
  });

  it('handles no request while the channel takes no replies', async () => {
    const { channel } = await conversation();
    channel.accepting = false;
    channel.send(PING);
    channel.send(PING);
    assert.equal(channel.written, PONG);
    assert.equal(channel.paused, true);
    channel.drain();
    assert.equal(channel.written, PONG.repeat(2));
    assert.equal(channel.paused, false);
  });

  it('makes the pieces of a long reply only as fast as they are taken', async () => {
    const { channel } = await conversation();
    channel.accepting = false;
    channel.send(`{"execute":"test-huge"}${PING}`);
    assert.equal(channel.writes.length, 1);
    assert.ok(channel.written.length < HUGE / 2);
    channel.drain();
    assert.equal(channel.written, `{"return": "${'x'.repeat(HUGE)}"}\n${PONG}`);
  });

  it('lets the channel go on only when everything has been answered', async () => {
    const { channel, slow } = await conversation();
    channel.send(SLOW + PING);
    channel.listener.end();
    assert.equal(channel.released, 0);
    slow[0]?.finish('');
    await channel.lines(2);
    assert.equal(channel.released, 1);
  });

  it('answers nothing when a command succeeds that has no success response', async () => {
    const { channel } = await conversation();
    channel.send(`{"execute":"test-silent","id":1}${PING}`);
    assert.equal(channel.written, PONG);
  });

  it('answers when such a command fails', async () => {
    const { channel } = await conversation();
    channel.send('{"execute":"test-refuse","id":1}');
    assert.equal(channel.written, '{"id": 1, "error": {"class": "GenericError", "desc": "not today"}}\n');
  });

  it('answers a rejected promise as it answers an exception', async () => {
    const { channel } = await conversation();
    channel.send('{"execute":"test-reject"}');
    assert.deepEqual(await channel.lines(1), [
      '{"error": {"class": "GenericError", "desc": "not tomorrow"}}',
    ]);
  });

  it('tells the host nothing of an unexpected exception, and the log everything', async () => {
    const { channel, logged } = await conversation();
    channel.send(`{"execute":"test-crash","id":7}${PING}`);
    assert.equal(
      channel.written,
      '{"id": 7, "error": {"class": "GenericError", "desc": "The command test-crash failed for an internal reason"}}\n' +
        PONG,
    );
    assert.match(logged.join(), /^test-crash failed unexpectedly: TypeError: secret\n\s+at /);
  });

  it('puts the byte 0xFF before the reply to a delimited sync, and before nothing else', async () => {
    const { channel } = await conversation();
    channel.send(
      '\xff{"execute":"guest-sync-delimited","arguments":{"id":5}}{"execute":"guest-sync-delimited","arguments":{}}' +
        '{"execute":"test-delimit-and-fail"}' +
        PING,
    );
    assert.equal(
      channel.written,
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}\n' +
        '\xff{"return": 5}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}\n' +
        '{"error": {"class": "GenericError", "desc": "no"}}\n' +
        PONG,
    );
  });

  it('checks in the order: known, enabled, arguments', async () => {
    const { channel } = await conversation();
    channel.send(
      '{"execute":"test-blocked","arguments":{"x":1}}{"execute":"guest-ping","arguments":{"foo":42}}',
    );
    assert.equal(
      channel.written,
      '{"error": {"class": "CommandNotFound", "desc": "The command test-blocked has not been found"}}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'foo\' is unexpected"}}\n',
    );
  });

  it('says when many bytes have gone through and everything is answered', async () => {
    const { channel, bulks } = await conversation();
    channel.send('{"execute":"test-huge"}'.repeat(5));
    assert.deepEqual(bulks, []);
    channel.send('{"execute":"test-huge"}'.repeat(3));
    assert.deepEqual(bulks, [channel.written.length]);
    channel.send(PING);
    assert.equal(bulks.length, 1);
  });

  it('passes on that the channel is broken', async () => {
    const { channel, fatal } = await conversation();
    const reason = new Error('gone');
    channel.listener.fatal(reason);
    assert.deepEqual(fatal, [reason]);
  });
});
