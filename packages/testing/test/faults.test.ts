import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  corruptReply,
  delayReply,
  disconnectAfterReply,
  disconnectDuringRequest,
  dropReply,
  duplicateReply,
  type Fault,
  fakeGuest,
  fragmentReply,
  manualClock,
  oversizeReply,
  prefixReply,
  resendReply,
  rewriteReply,
  splitReply,
  stallReading,
  suffixReply,
  truncateReply,
  when,
} from '@guestwire/testing';
import { rawHost, settled } from './support/raw-host.js';

function sync(id: number): string {
  return `{"execute":"guest-sync","arguments":{"id":${id}}}\n`;
}
function reply(id: number): string {
  return `{"return": ${id}}\n`;
}

/** Returns what a host receives for a number of guest-sync requests. */
async function receivedWith(faults: readonly Fault[], requests = 1): Promise<string[]> {
  const host = rawHost(fakeGuest({}, { faults }).host);
  for (let id = 1; id <= requests; id++) await host.send(sync(id));
  return await host.pieces();
}

describe('a fault in a reply', () => {
  const rows: readonly [
    title: string,
    faults: readonly Fault[],
    requests: number,
    received: readonly string[],
  ][] = [
    ['is absent by default: replies arrive whole', [], 2, [reply(1), reply(2)]],
    ['prefixReply sends bytes before the reply', [prefixReply('login: \xff')], 1, ['login: \xff', reply(1)]],
    [
      'suffixReply sends bytes after the reply',
      [suffixReply('{"return": 9}\n')],
      1,
      [reply(1), '{"return": 9}\n'],
    ],
    [
      'rewriteReply replaces the reply',
      [rewriteReply((text) => text.replace('1', '\xff'))],
      1,
      ['{"return": \xff}\n'],
    ],
    ['truncateReply keeps the first bytes', [truncateReply(4)], 2, ['{"re', '{"re']],
    ['truncateReply with a negative number drops the last bytes', [truncateReply(-2)], 1, ['{"return": 1']],
    ['truncateReply without a number keeps half of the reply', [truncateReply()], 1, ['{"retur']],
    ['truncateReply beyond the end changes nothing', [truncateReply(100)], 1, [reply(1)]],
    ['dropReply sends nothing', [when({ nth: 1 }, dropReply())], 2, [reply(2)]],
    ['duplicateReply sends the reply twice', [duplicateReply()], 1, [reply(1), reply(1)]],
    [
      'resendReply sends the reply again before the next one',
      [resendReply()],
      2,
      [reply(1), reply(1), reply(2)],
    ],
    [
      'delayReply until the next reply sends both together',
      [when({ nth: 1 }, delayReply('until-next-reply'))],
      2,
      [reply(1), reply(2)],
    ],
    ['fragmentReply sends pieces of a size', [fragmentReply(6)], 1, ['{"retu', 'rn": 1', '}\n']],
    ['splitReply sends two pieces', [splitReply(3)], 1, ['{"r', 'eturn": 1}\n']],
    ['fragmentReply(1) sends single bytes', [fragmentReply(1)], 1, reply(1).split('')],
    [
      'is applied to the result of the previous fault',
      [prefixReply('ab'), truncateReply(4), duplicateReply()],
      1,
      ['ab', '{"', 'ab{"'],
    ],
    ['limited to a command ignores others', [when('guest-ping', dropReply())], 1, [reply(1)]],
    [
      'limited to request indexes ignores others',
      [when({ command: 'guest-sync', nth: [2, 3] }, dropReply())],
      4,
      [reply(1), reply(4)],
    ],
    ['with chance 0 never applies', [when({ chance: 0 }, dropReply())], 1, [reply(1)]],
  ];
  for (const [title, faults, requests, received] of rows) {
    test(title, async () => {
      assert.deepEqual(await receivedWith(faults, requests), received);
    });
  }

  test('delayReply waits on the clock', async () => {
    const clock = manualClock();
    const host = rawHost(fakeGuest({}, { clock, faults: [delayReply(500)] }).host);
    await host.send(sync(1));
    await clock.advance(499);
    assert.equal(await host.received(), '');
    await clock.advance(1);
    assert.equal(await host.received(), reply(1));
  });

  test('delayReply with two numbers waits for a time between them that depends on the seed', async () => {
    const times = async (seed: number): Promise<number> => {
      const clock = manualClock();
      const host = rawHost(fakeGuest({}, { clock, seed, faults: [delayReply(100, 900)] }).host);
      await host.send(sync(1));
      await clock.runUntil(
        (async () => {
          while ((await host.received()) === '')
            await new Promise<void>((resolve) => clock.timer(1, resolve));
        })(),
      );
      return clock.now();
    };
    const waits = [await times(1), await times(2), await times(3)];
    assert.ok(waits.every((time) => time >= 100 && time <= 901));
    assert.equal(new Set(waits).size, 3);
    assert.equal(await times(1), waits[0]);
  });

  test('disconnectAfterReply after truncateReply ends the connection in the middle of the reply', async () => {
    const host = rawHost(fakeGuest({}, { faults: [truncateReply(5), disconnectAfterReply()] }).host);
    await host.send(sync(1));
    await host.closed;
    assert.equal(await host.received(), '{"ret');
  });

  test('corruptReply inverts one bit, the same one in every run', async () => {
    const bitsOf = (text: string): string =>
      Array.from(Buffer.from(text, 'latin1'), (byte) => byte.toString(2).padStart(8, '0')).join('');
    const [received = ''] = await receivedWith([corruptReply()]);
    const wrong = [...bitsOf(received)].filter((bit, i) => bit !== bitsOf(reply(1))[i]);
    assert.equal(received.length, reply(1).length);
    assert.equal(wrong.length, 1);
    assert.deepEqual(await receivedWith([corruptReply()]), [received]);
  });

  test('oversizeReply sends a string of the given size, with or without its end', async () => {
    const whole = (await receivedWith([oversizeReply(3_000_000)])).join('');
    assert.deepEqual(JSON.parse(whole), { return: 'A'.repeat(3_000_000) });
    const endless = (await receivedWith([oversizeReply(100, { endless: true })])).join('');
    assert.equal(endless, `{"return": "${'A'.repeat(100)}`);
  });

  test('prefixReply with a number sends random bytes, the same ones in every run', async () => {
    const received = await receivedWith([prefixReply(16)]);
    assert.equal(received[0]?.length, 16);
    assert.deepEqual(await receivedWith([prefixReply(16)]), received);
  });
});

describe('a fault in a request', () => {
  test('stallReading blocks the writes of the host', async () => {
    const clock = manualClock();
    const host = rawHost(fakeGuest({}, { clock, faults: [when('guest-sync', stallReading(1000))] }).host);
    await host.send(sync(1));
    let written = false;
    const more = host.send(sync(2)).then(() => {
      written = true;
    });
    await settled();
    assert.equal(written, false);
    await clock.advance(1000);
    assert.equal(await host.received(), reply(1));
    await more;
    await clock.advance(1000);
    assert.equal(await host.received(), reply(2));
  });

  test('disconnectDuringRequest ends the connection after a byte, and the agent keeps what it has read', async () => {
    for (const after of [0, 5, sync(1).length - 2]) {
      const fake = fakeGuest({}, { faults: [when({ nth: 2 }, disconnectDuringRequest(after))] });
      const host = rawHost(fake.connect());
      await host.send(sync(1) + sync(2));
      await host.closed;
      assert.equal(await host.received(), reply(1));
      assert.equal(fake.requests.length, 1);
      const next = rawHost(fake.connect());
      await next.send(sync(2).slice(after));
      assert.equal(await next.received(), reply(2));
    }
  });

  test('applies to a request that arrives byte by byte as soon as its command is known', async () => {
    const host = rawHost(fakeGuest({}, { faults: [when('guest-ping', disconnectDuringRequest())] }).host);
    const request = '{"execute":"guest-ping"}';
    const written = Array.from(request, (byte) => host.send(byte));
    const outcomes = await Promise.allSettled(written);
    await host.closed;
    const taken = outcomes.filter(({ status }) => status === 'fulfilled').length;
    assert.equal(taken, '{"execute":"guest-ping"'.length);
  });
});

test('inject installs faults that count requests from then on, until they are disposed of', async () => {
  const fake = fakeGuest();
  const host = rawHost(fake.host);
  await host.send(sync(1));
  assert.equal(await host.received(), reply(1));
  {
    using _fault = fake.inject(when({ command: 'guest-sync', nth: 2 }, dropReply()));
    for (const id of [2, 3, 4]) await host.send(sync(id));
    assert.equal(await host.received(), reply(2) + reply(4));
  }
  await host.send(sync(5));
  await host.send(sync(6));
  assert.equal(await host.received(), reply(5) + reply(6));
});
