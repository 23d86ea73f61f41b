import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Guest, GuestError, isGuestError, openGuest } from '@guestwire/client';
import { WireObject } from '@guestwire/protocol';
import { REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import { dropReply, fakeGuest, manualClock, prefixReply, rewriteReply, when } from '@guestwire/testing';
import fc from 'fast-check';

/** A clock that stands still, so that no time limit expires on a busy machine. */
const patient = { clock: manualClock() };

/** Opens a guest that returns this text for every command except synchronizations. */
async function returning(json: string): Promise<Guest> {
  const fake = fakeGuest(
    {},
    {
      faults: [
        when(
          { command: REGISTRATION_ORDER.filter((name) => !name.startsWith('guest-sync')) },
          // Replaces the result and keeps the id.
          rewriteReply((reply) => reply.replace(/^.*("id": \d+)\}\n$/s, `{"return": ${json}, $1}\n`)),
        ),
      ],
    },
  );
  return await openGuest(fake.host, patient);
}

function isProtocol(error: unknown): boolean {
  return isGuestError(error, 'protocol');
}

/** Commands with valid arguments. */
const calls: readonly (readonly [name: string, call: (guest: Guest) => Promise<unknown>])[] = [
  ['guest-ping', (guest) => guest.call('guest-ping')],
  ['guest-get-time', (guest) => guest.call('guest-get-time')],
  ['guest-info', (guest) => guest.call('guest-info')],
  ['guest-file-open', (guest) => guest.call('guest-file-open', { path: '/x' })],
  ['guest-file-read', (guest) => guest.call('guest-file-read', { handle: 1 })],
  ['guest-file-seek', (guest) => guest.call('guest-file-seek', { handle: 1, offset: 0, whence: 'set' })],
  ['guest-fsfreeze-status', (guest) => guest.call('guest-fsfreeze-status')],
  ['guest-fstrim', (guest) => guest.call('guest-fstrim')],
  ['guest-network-get-interfaces', (guest) => guest.call('guest-network-get-interfaces')],
  ['guest-network-get-route', (guest) => guest.call('guest-network-get-route')],
  ['guest-get-vcpus', (guest) => guest.call('guest-get-vcpus')],
  ['guest-get-disks', (guest) => guest.call('guest-get-disks')],
  ['guest-get-fsinfo', (guest) => guest.call('guest-get-fsinfo')],
  ['guest-get-memory-block-info', (guest) => guest.call('guest-get-memory-block-info')],
  ['guest-exec', (guest) => guest.call('guest-exec', { path: '/x' })],
  ['guest-exec-status', (guest) => guest.call('guest-exec-status', { pid: 1 })],
  ['guest-get-users', (guest) => guest.call('guest-get-users')],
  ['guest-get-osinfo', (guest) => guest.call('guest-get-osinfo')],
  ['guest-get-cpustats', (guest) => guest.call('guest-get-cpustats')],
  ['guest-get-load', (guest) => guest.call('guest-get-load')],
];

const wrongForAll = [
  'null',
  'true',
  '1.5',
  '1e400',
  '"\\ud83d\\ude00"',
  '[[]]',
  '[null]',
  '{"0": 1}',
  '-0.0',
];

describe('Guest.call with a return value of the wrong type', () => {
  for (const [name, call] of calls) {
    test(`rejects ${name} with protocol`, async () => {
      for (const json of wrongForAll) {
        await using guest = await returning(json);
        // A newer agent may return an object with unknown members.
        if (json === '{"0": 1}' && ['guest-ping', 'guest-get-osinfo'].includes(name)) continue;
        await assert.rejects(call(guest), isProtocol, `${name} took ${json}`);
        assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
      }
    });
  }

  test('names the invalid member', async () => {
    await using guest = await returning('[{"online": true, "can-offline": false, "logical-id": "0"}]');
    await assert.rejects(
      guest.call('guest-get-vcpus'),
      (error) => isProtocol(error) && /return\[0\]\.logical-id/.test(String(error)),
    );
  });

  const numbers = [
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740993', 9007199254740993n],
    ['-0', 0],
    ['9223372036854775808', undefined],
    ['18446744073709551616', undefined],
    ['-9223372036854775809', undefined],
    [`1${'0'.repeat(400)}`, undefined],
    ['1e3', undefined],
    ['1.0', undefined],
  ] as const;
  for (const [json, value] of numbers) {
    test(`${value === undefined ? 'rejects' : 'returns an exact integer for'} ${json.slice(0, 30)}`, async () => {
      await using guest = await returning(json);
      const time = guest.call('guest-get-time');
      if (value === undefined) await assert.rejects(time, isProtocol);
      else assert.equal(await time, value);
    });
  }

  test('rejects an unknown enum value', async () => {
    await using guest = await returning('"melted"');
    await assert.rejects(guest.call('guest-fsfreeze-status'), isProtocol);
  });

  test('rejects invalid base64 when it is decoded', async () => {
    await using guest = await returning('{"count": 1, "buf-b64": "<>", "eof": true}');
    const { 'buf-b64': data } = await guest.call('guest-file-read', { handle: 1 });
    assert.throws(() => data.decode(), /Base64/);
  });
});

describe('members named like JavaScript properties', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON'];
  const members = names.map((name) => `"${name}": {"polluted": true}`).join(', ');

  test('are dropped by a typed call', async () => {
    await using guest = await returning(`{"pid": 7, ${members}}`);
    const result = await guest.call('guest-exec', { path: '/x' });
    assert.deepEqual(Object.entries(result), [['pid', 7]]);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.equal('polluted' in result, false);
    assert.equal('polluted' in {}, false);
  });

  test('are plain members of a raw value', async () => {
    await using guest = await returning(`{${members}}`);
    const value = await guest.callRaw('guest-ping');
    assert.ok(value instanceof WireObject);
    assert.deepEqual([...value.keys()], names);
    assert.equal('polluted' in value, false);
    assert.equal('polluted' in {}, false);
  });

  for (const name of names) {
    test(`select no branch of a union (${name})`, async () => {
      await using guest = await returning(`[{"type": "${name}", "cpu": 0}]`);
      await assert.rejects(guest.call('guest-get-cpustats'), isProtocol);
    });
  }

  test('are not taken for a reply', async () => {
    const fake = fakeGuest({}, { faults: [when('guest-ping', prefixReply(`{${members}}\n`))] });
    await using guest = await openGuest(fake.host, patient);
    await assert.rejects(guest.call('guest-ping'), isProtocol);
  });
});

describe('Guest.call with an oversized reply', () => {
  const tooMuch: readonly (readonly [what: string, json: () => string])[] = [
    ['a million and more elements', () => `[${'0,'.repeat(2 ** 20)}0]`],
    ['a million and more objects', () => `[${'{},'.repeat(2 ** 19 + 2 ** 18)}{}]`],
    ['lists within lists', () => '['.repeat(5000)],
    ['objects within objects', () => '{"a":'.repeat(5000)],
    ['a string of 85 MB', () => `"${'a'.repeat(85_000_000)}"`],
    ['a number of 85 MB', () => '1'.repeat(85_000_000)],
    ['a name of 85 MB', () => `{"${'a'.repeat(85_000_000)}": 1}`],
    ['the same member again and again', () => `{${'"a": 1, '.repeat(200_000)}"a": 1}`],
  ];
  for (const [what, json] of tooMuch) {
    test(`rejects ${what} with protocol`, async () => {
      await using guest = await returning(json());
      await assert.rejects(guest.call('guest-get-users'), isProtocol);
      assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
    });
  }

  test('accepts the maximum number of tokens', async () => {
    await using guest = await returning(`{"keys": [${'"k",'.repeat(500_000)}"k"]}`);
    const { keys } = await guest.call('guest-ssh-get-authorized-keys', { username: 'a' });
    assert.equal(keys.length, 500_001);
  });

  test('truncates an oversized error text', async () => {
    const text = 'x'.repeat(30_000_000);
    const fake = fakeGuest(
      {},
      {
        faults: [
          when(
            'guest-ping',
            rewriteReply((reply) =>
              reply.replace(
                /^.*("id": \d+)\}\n$/s,
                `{$1, "error": {"class": "${text}", "desc": "${text}"}}\n`,
              ),
            ),
          ),
        ],
      },
    );
    await using guest = await openGuest(fake.host, patient);
    await assert.rejects(
      guest.call('guest-ping'),
      (error) => isGuestError(error, 'command') && error.message.length < 100_000,
    );
  });

  test('does not buffer an endless reply, with or without a pending call', async () => {
    const fake = fakeGuest({}, { faults: [when('guest-ping', dropReply())] });
    await using guest = await openGuest(fake.host, patient);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (const waits of [false, true]) {
      const call = waits ? guest.call('guest-ping') : undefined;
      const refused = call === undefined ? undefined : assert.rejects(call, isProtocol);
      await fake.send('{"return": "');
      for (let i = 0; i < 100; i++) {
        await fake.send(Buffer.alloc(2 ** 20, 'a'));
        if (i % 20 === 0) await sleep(1);
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      await refused;
      assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
    }
    // One message of 80 MiB may be buffered, plus garbage that is not collected yet.
    assert.ok(most < 250 * 2 ** 20, `${most} bytes were held`);
  });
});

describe('Guest.call with a flood of messages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-hostile-'));
  after(() => rmSync(folder, { recursive: true }));

  test('times out', async () => {
    let talks = true;
    await using fake = fakeGuest({}, { faults: [when('guest-ping', dropReply())] });
    const { target } = await fake.listen(join(folder, 'flood.sock'));
    await using guest = await connect(target);
    const line = Buffer.from('{"return": {}, "id": 1}\n'.repeat(1000));
    const talking = (async () => {
      while (talks) await fake.send(line);
    })();
    await assert.rejects(guest.call('guest-ping', undefined, { timeout: 200 }), (error) =>
      isGuestError(error, 'timeout'),
    );
    talks = false;
    await talking;
    assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
  });
});

test('Guest.call returns the type of the contract or rejects with protocol for any JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...calls), fc.json(), async ([, call], json) => {
      await using guest = await returning(json);
      try {
        const result = await call(guest);
        assert.equal(Object(result) === result ? 'polluted' in Object(result) : false, false);
      } catch (error) {
        assert.ok(error instanceof GuestError, String(error));
        assert.equal(error.code, 'protocol');
      }
      assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
    }),
    { numRuns: 300 },
  );
});
