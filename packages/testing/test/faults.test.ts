import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  byteByByte,
  cut,
  cutInTwo,
  delayed,
  doubled,
  type Fault,
  fakeGuest,
  flipped,
  followed,
  hungUp,
  hungUpInRequest,
  inPieces,
  late,
  lost,
  manualClock,
  on,
  oversized,
  preceded,
  repeated,
  rewritten,
  stalled,
} from '@guestwire/testing';
import { rawHost, settled } from './support/raw-host.js';

function sync(id: number): string {
  return `{"execute":"guest-sync","arguments":{"id":${id}}}\n`;
}
function reply(id: number): string {
  return `{"return": ${id}}\n`;
}

/** What a host hears that synchronises a few times. */
async function heardWith(faults: readonly Fault[], requests = 1): Promise<string[]> {
  const host = rawHost(fakeGuest({}, { faults }).host);
  for (let id = 1; id <= requests; id++) await host.say(sync(id));
  return await host.pieces();
}

describe('a reply', () => {
  const rows: readonly [
    what: string,
    faults: readonly Fault[],
    requests: number,
    heard: readonly string[],
  ][] = [
    ['comes whole where there is no fault', [], 2, [reply(1), reply(2)]],
    ['is preceded by garbage', [preceded('login: \xff')], 1, ['login: \xff', reply(1)]],
    [
      'is followed by a message that nobody asked for',
      [followed('{"return": 9}\n')],
      1,
      [reply(1), '{"return": 9}\n'],
    ],
    ['is another one', [rewritten((text) => text.replace('1', '\xff'))], 1, ['{"return": \xff}\n']],
    ['is cut after some bytes', [cut(4)], 2, ['{"re', '{"re']],
    ['is cut before its last bytes', [cut(-2)], 1, ['{"return": 1']],
    ['is cut in the middle', [cut()], 1, ['{"retur']],
    ['is cut where it has ended already', [cut(100)], 1, [reply(1)]],
    ['is lost', [on({ nth: 1 }, lost())], 2, [reply(2)]],
    ['comes twice', [doubled()], 1, [reply(1), reply(1)]],
    ['comes once more before the next', [repeated()], 2, [reply(1), reply(1), reply(2)]],
    ['comes only before the next', [on({ nth: 1 }, late())], 2, [reply(1), reply(2)]],
    ['comes in pieces', [inPieces(6)], 1, ['{"retu', 'rn": 1', '}\n']],
    ['comes in two pieces', [cutInTwo(3)], 1, ['{"r', 'eturn": 1}\n']],
    ['comes byte by byte', [byteByByte], 1, reply(1).split('')],
    ['meets one fault after the other', [preceded('ab'), cut(4), doubled()], 1, ['ab', '{"', 'ab{"']],
    ['meets a fault only for its command', [on('guest-ping', lost())], 1, [reply(1)]],
    [
      'meets a fault only at certain times',
      [on({ command: 'guest-sync', nth: [2, 3] }, lost())],
      4,
      [reply(1), reply(4)],
    ],
    ['meets a fault by no chance', [on({ chance: 0 }, lost())], 1, [reply(1)]],
  ];
  for (const [what, faults, requests, heard] of rows) {
    test(what, async () => {
      assert.deepEqual(await heardWith(faults, requests), heard);
    });
  }

  test('is delayed by the clock', async () => {
    const clock = manualClock();
    const host = rawHost(fakeGuest({}, { clock, faults: [delayed(500)] }).host);
    await host.say(sync(1));
    await clock.advance(499);
    assert.equal(await host.heard(), '');
    await clock.advance(1);
    assert.equal(await host.heard(), reply(1));
  });

  test('is delayed by some time between two, which the seed decides', async () => {
    const times = async (seed: number): Promise<number> => {
      const clock = manualClock();
      const host = rawHost(fakeGuest({}, { clock, seed, faults: [delayed(100, 900)] }).host);
      await host.say(sync(1));
      await clock.until(
        (async () => {
          while ((await host.heard()) === '') await new Promise<void>((resolve) => clock.timer(1, resolve));
        })(),
      );
      return clock.now();
    };
    const seen = [await times(1), await times(2), await times(3)];
    assert.ok(seen.every((time) => time >= 100 && time <= 901));
    assert.equal(new Set(seen).size, 3);
    assert.equal(await times(1), seen[0]);
  });

  test('ends in the middle with the connection', async () => {
    const host = rawHost(fakeGuest({}, { faults: [cut(5), hungUp()] }).host);
    await host.say(sync(1));
    await host.over;
    assert.equal(await host.heard(), '{"ret');
  });

  test('has as many wrong bits as asked for, the same ones in every run', async () => {
    const bitsOf = (text: string): string =>
      Array.from(Buffer.from(text, 'latin1'), (byte) => byte.toString(2).padStart(8, '0')).join('');
    const [heard = ''] = await heardWith([flipped()]);
    const wrong = [...bitsOf(heard)].filter((bit, i) => bit !== bitsOf(reply(1))[i]);
    assert.equal(heard.length, reply(1).length);
    assert.equal(wrong.length, 1);
    assert.deepEqual(await heardWith([flipped()]), [heard]);
  });

  test('holds as many bytes as asked for, with an end or without', async () => {
    const whole = (await heardWith([oversized(3_000_000)])).join('');
    assert.deepEqual(JSON.parse(whole), { return: 'A'.repeat(3_000_000) });
    const endless = (await heardWith([oversized(100, { endless: true })])).join('');
    assert.equal(endless, `{"return": "${'A'.repeat(100)}`);
  });

  test('is preceded by random bytes, the same ones in every run', async () => {
    const heard = await heardWith([preceded(16)]);
    assert.equal(heard[0]?.length, 16);
    assert.deepEqual(await heardWith([preceded(16)]), heard);
  });
});

describe('a request', () => {
  test('is not read on: the host has to wait', async () => {
    const clock = manualClock();
    const host = rawHost(fakeGuest({}, { clock, faults: [on('guest-sync', stalled(1000))] }).host);
    await host.say(sync(1));
    let written = false;
    const more = host.say(sync(2)).then(() => {
      written = true;
    });
    await settled();
    assert.equal(written, false);
    await clock.advance(1000);
    assert.equal(await host.heard(), reply(1));
    await more;
    await clock.advance(1000);
    assert.equal(await host.heard(), reply(2));
  });

  test('is read to some byte, and then the connection ends', async () => {
    for (const after of [0, 5, sync(1).length - 2]) {
      const fake = fakeGuest({}, { faults: [on({ nth: 2 }, hungUpInRequest(after))] });
      const host = rawHost(fake.connect());
      await host.say(sync(1) + sync(2));
      await host.over;
      assert.equal(await host.heard(), reply(1));
      assert.equal(fake.requests.length, 1);
      // The guest has kept what it had read.
      const next = rawHost(fake.connect());
      await next.say(sync(2).slice(after));
      assert.equal(await next.heard(), reply(2));
    }
  });

  test('that comes byte by byte meets the fault when its command is known', async () => {
    const host = rawHost(fakeGuest({}, { faults: [on('guest-ping', hungUpInRequest())] }).host);
    const request = '{"execute":"guest-ping"}';
    const written = Array.from(request, (byte) => host.say(byte));
    const outcomes = await Promise.allSettled(written);
    await host.over;
    const taken = outcomes.filter(({ status }) => status === 'fulfilled').length;
    assert.equal(taken, '{"execute":"guest-ping"'.length);
  });
});

test('faults come and go, and count from when they came', async () => {
  const fake = fakeGuest();
  const host = rawHost(fake.host);
  await host.say(sync(1));
  assert.equal(await host.heard(), reply(1));
  {
    using _fault = fake.inject(on({ command: 'guest-sync', nth: 2 }, lost()));
    for (const id of [2, 3, 4]) await host.say(sync(id));
    assert.equal(await host.heard(), reply(2) + reply(4));
  }
  await host.say(sync(5));
  await host.say(sync(6));
  assert.equal(await host.heard(), reply(5) + reply(6));
});
