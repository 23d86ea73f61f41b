import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import {
  delayReply,
  fakeGuest,
  formatRecording,
  fragmentReply,
  manualClock,
  parseRecording,
  type RecordedEvent,
  recordTransport,
  replay,
  when,
} from '@guestwire/testing';
import fc from 'fast-check';
import { rawHost } from './support/raw-host.js';

const HEADING = 'guestwire recording 1\ntarget memory\n\n';

describe('recordTransport and formatRecording', () => {
  test('record bytes with their times and the side that ended the connection', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock, faults: [when('guest-ping', delayReply(1.5))] });
    const transport = recordTransport(fake.host, clock);
    const host = rawHost(transport);
    await clock.advance(2);
    await host.send('{"execute":"guest-ping"}\n{"execute":"guest-sync","arguments":{"id":7}} ');
    await clock.advance(1.5);
    await host.close();
    assert.equal(
      formatRecording(transport.recording),
      HEADING +
        '2.000 > {"execute":"guest-ping"}\\n\n' +
        '      | {"execute":"guest-sync","arguments":{"id":7}}\\x20\n' +
        '3.500 < {"return": {}}\\n\n' +
        '3.500 < {"return": 7}\\n\n' +
        '3.500 host ends\n',
    );
  });

  test('record that the guest ended the connection', async () => {
    const fake = fakeGuest();
    const transport = recordTransport(fake.host, manualClock());
    const host = rawHost(transport);
    await host.send(' ');
    await fake.disconnect();
    await host.closed;
    await host.close();
    assert.equal(formatRecording(transport.recording), `${HEADING}0.000 > \\x20\n0.000 guest ends\n`);
  });

  test('round-trip through parseRecording', () => {
    const at = fc.nat(1e9).map((thousandths) => thousandths / 1000);
    const by = fc.constantFrom('host' as const, 'guest' as const);
    const bytes = fc
      .oneof(
        fc.uint8Array({ minLength: 1 }),
        fc.string({ minLength: 1 }).map((text) => Buffer.from(text)),
        fc.nat(9000).map((length) => Buffer.alloc(length + 1, 'a\n b \\n')),
      )
      .map((array) => Buffer.from(array));
    const event: fc.Arbitrary<RecordedEvent> = fc.oneof(
      fc.record({ at, by, kind: fc.constant('bytes' as const), bytes }, { noNullPrototype: true }),
      fc.record({ at, by, kind: fc.constant('end' as const) }, { noNullPrototype: true }),
    );
    fc.assert(
      fc.property(fc.string(), fc.array(event), (target, events) => {
        const text = formatRecording({ target, events });
        assert.match(text, /^[ -~\n]*$/);
        assert.deepEqual(parseRecording(text), { target, events });
        assert.equal(formatRecording(parseRecording(text)), text);
      }),
    );
  });

  test('parseRecording ignores comments and empty lines', () => {
    assert.deepEqual(
      parseRecording(`guestwire recording 1\n# by hand\ntarget x\n\n1.000 host ends\n\n# so\n`),
      {
        target: 'x',
        events: [{ at: 1, by: 'host', kind: 'end' }],
      },
    );
  });

  const malformed = [
    ['', /line 1 .*expected "guestwire recording 1"/],
    ['guestwire recording 2\n', /line 1/],
    ['guestwire recording 1\n', /no target/],
    ['guestwire recording 1\n1.000 > x\n', /line 2 .*target/],
    [`${HEADING}1.000 > \n`, /line 4/],
    [`${HEADING}1.0 > x\n`, /line 4/],
    [`${HEADING}1.000 > \\q\n`, /line 4/],
    [`${HEADING}1.000 > \\x0G\n`, /line 4/],
    [`${HEADING}1.000 > é\n`, /line 4/],
    [`${HEADING}1.000 = x\n`, /line 4/],
    [`${HEADING}      | x\n`, /line 4/],
    [`${HEADING}1.000 host ends\n      | x\n`, /line 5/],
    [`${HEADING}1.000 nobody ends\n`, /line 4/],
  ] as const;
  for (const [text, message] of malformed) {
    test(`parseRecording rejects ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseRecording(text),
        (error) => error instanceof SyntaxError && message.test(error.message),
      );
    });
  }
});

async function recordingOf(faults: Parameters<typeof when>[1][] = []): Promise<string> {
  const fake = fakeGuest({ 'guest-file-open': () => 1000 }, { faults });
  const transport = recordTransport(fake.host);
  await using guest = await openGuest(transport);
  await guest.call('guest-ping');
  await guest.call('guest-file-open', { path: '/x', mode: 'r' });
  await guest.close();
  return formatRecording(transport.recording);
}

describe('replay', () => {
  for (const [delivery, faults] of [
    ['whole', []],
    ['byte by byte', [fragmentReply(1)]],
    ['in pieces', [fragmentReply(7)]],
  ] as const) {
    test(`answers the same requests with the host's ids, for replies recorded ${delivery}`, async () => {
      const text = await recordingOf([...faults]);
      await using replayed = replay(parseRecording(text));
      await using guest = await openGuest(replayed.host);
      await guest.call('guest-ping');
      assert.equal(await guest.call('guest-file-open', { mode: 'r', path: '/x' }), 1000);
      await guest.close();
    });
  }

  test('reports a different request and ends the connection', async () => {
    const replayed = replay(parseRecording(await recordingOf()));
    await using guest = await openGuest(replayed.host);
    await guest.call('guest-ping');
    await assert.rejects(guest.call('guest-file-open', { path: '/y' }), (error) =>
      isGuestError(error, 'closed'),
    );
    await assert.rejects(
      replayed.finish(),
      /^Error: host request 3 \([\d.]+ ms\) differs: the recording has guest-file-open \{"mode":"r","path":"\/x"\}, the host sent guest-file-open \{"path":"\/y"\}$/,
    );
  });

  test('reports a request that the host did not send', async () => {
    const replayed = replay(parseRecording(await recordingOf()));
    await using guest = await openGuest(replayed.host);
    await guest.call('guest-ping');
    await assert.rejects(replayed.finish(), /request 3 .*has guest-file-open .*sent nothing/);
  });

  test('reports a request after the end of the recording', async () => {
    const replayed = replay(
      parseRecording(`${HEADING}1.000 > {"execute":"guest-ping"}\n1.000 < {"return": {}}\\n\n`),
    );
    const host = rawHost(replayed.host);
    await host.send('{"execute":"guest-ping"}{"execute":"guest-info"}');
    await host.closed;
    assert.equal(await host.received(), '{"return": {}}\n');
    await assert.rejects(
      replayed.finish(),
      /request 2 differs: the recording has ended, the host sent guest-info$/,
    );
  });

  test('repeats the delays of the guest on the given clock', async () => {
    const clock = manualClock();
    const replayed = replay(
      parseRecording(
        `${HEADING}1.000 > {"execute":"guest-ping"}\n31.000 < {"return"\n61.000 < : {}}\\n\n61.000 guest ends\n`,
      ),
      { clock },
    );
    const host = rawHost(replayed.host);
    await clock.advance(500);
    await host.send('{"execute":"guest-ping"}');
    await clock.advance(29);
    assert.equal(await host.received(), '');
    await clock.advance(1);
    assert.equal(await host.received(), '{"return"');
    await clock.advance(30);
    assert.equal(await host.received(), ': {}}\n');
    await host.closed;
    await replayed.finish();
  });

  test('cuts replies where they were cut, also inside an id of another length', async () => {
    for (const number of [12, 1234, 123456789]) {
      const replayed = replay(
        parseRecording(
          `${HEADING}1.000 > {"execute":"guest-sync","arguments":{"id":4711}}\n` +
            '1.000 < {"return": 4\n1.000 < 71\n1.000 < 1}\\n\n1.000 < {}\n',
        ),
      );
      const host = rawHost(replayed.host);
      await host.send(`{"execute":"guest-sync","arguments":{"id":${number}}}`);
      const pieces = await host.pieces();
      assert.equal(pieces.join(''), `{"return": ${number}}\n{}`);
      assert.equal(pieces[0], `{"return": ${String(number)[0]}`);
      assert.equal(pieces.at(-1), '{}');
    }
  });

  test('does not replace a result that equals the id of an earlier synchronization', async () => {
    const replayed = replay(
      parseRecording(
        `${HEADING}1.000 > {"execute":"guest-sync","arguments":{"id":7}}\n1.000 < {"return": 7}\\n\n` +
          '2.000 > {"execute":"guest-file-open","arguments":{"path":"/x"},"id":"a"}\n2.000 < {"return": 7, "id": "a"}\\n\n',
      ),
    );
    const host = rawHost(replayed.host);
    await host.send('{"execute":"guest-sync","arguments":{"id":12345}}');
    await host.send('{"execute":"guest-file-open","arguments":{"path":"/x"},"id":9}');
    assert.equal(await host.received(), '{"return": 12345}\n{"return": 7, "id": 9}\n');
    await replayed.finish();
  });
});
