import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FakeGuestOptions, failWith, fakeGuest } from '@guestwire/testing';
import { rawHost } from './support/raw-host.js';

async function answer(request: string, options: FakeGuestOptions): Promise<string> {
  const host = rawHost(fakeGuest({ 'guest-ping': failWith('no') }, options).host);
  await host.send(request);
  return await host.received();
}

function generic(desc: string): string {
  return `{"error": {"class": "GenericError", "desc": "${desc}"}}\n`;
}
function notFound(desc: string): string {
  return `{"error": {"class": "CommandNotFound", "desc": "${desc}"}}\n`;
}

const FROZEN = '{"execute":"guest-fsfreeze-freeze"}{"execute":"guest-get-time"}';

/** Replies by release (qemu-ga §5.1, §13). */
const rows: readonly [release: string, input: string, request: string, answer: string][] = [
  [
    '1.0',
    'a command of a later release',
    '{"execute":"guest-sync-delimited"}',
    '{"error": {"class": "CommandNotFound", "data": {"name": "guest-sync-delimited"}}}\n',
  ],
  [
    '2.0',
    'a command of a later release',
    '{"execute":"guest-exec"}',
    notFound('The command guest-exec has not been found'),
  ],
  [
    '7.2',
    'a command of a later release',
    '{"execute":"guest-get-load"}',
    notFound('The command guest-get-load has not been found'),
  ],
  [
    '1.1',
    'a disabled command',
    '{"execute":"guest-info"}',
    '{"error": {"class": "CommandDisabled", "data": {"name": "guest-info"}}}\n',
  ],
  [
    '2.0',
    'a disabled command',
    '{"execute":"guest-info"}',
    generic('The command guest-info has been disabled for this instance'),
  ],
  [
    '4.2',
    'a disabled command',
    '{"execute":"guest-info"}',
    notFound('The command guest-info has been disabled for this instance'),
  ],
  ['7.2', 'a disabled command', '{"execute":"guest-info"}', notFound('Command guest-info has been disabled')],
  [
    '8.1',
    'a disabled command',
    '{"execute":"guest-info"}',
    notFound('Command guest-info has been disabled: the command is not allowed'),
  ],
  [
    '10.0',
    'a disabled command',
    '{"execute":"guest-info"}',
    notFound('Command guest-info has been disabled: the command is not allowed'),
  ],
  [
    '4.1',
    'a command while frozen',
    FROZEN,
    `{"return": 2}\n${generic('The command guest-get-time has been disabled for this instance')}`,
  ],
  [
    '7.2',
    'a command while frozen',
    FROZEN,
    `{"return": 2}\n${notFound('Command guest-get-time has been disabled: the agent is in frozen state')}`,
  ],
  [
    '10.0',
    'a command while frozen',
    FROZEN,
    `{"return": 2}\n${notFound('Command guest-get-time has been disabled: the command is not allowed')}`,
  ],
  [
    '1.1',
    'an id',
    '{"execute":"guest-sync","arguments":{"id":1},"id":2}',
    '{"error": {"class": "QMPExtraInputObjectMember", "data": {"member": "id"}}}\n',
  ],
  [
    '2.9',
    'an id',
    '{"execute":"guest-sync","arguments":{"id":1},"id":2}',
    generic("QMP input object member 'id' is unexpected"),
  ],
  [
    '2.12',
    'an id',
    '{"execute":"guest-sync","arguments":{"id":1},"id":2}',
    generic("QMP input member 'id' is unexpected"),
  ],
  ['3.0', 'an id', '{"execute":"guest-sync","arguments":{"id":1},"id":2}', '{"return": 1, "id": 2}\n'],
  [
    '1.1',
    'a command that fails',
    '{"execute":"guest-ping"}',
    '{"error": {"class": "QgaCommandFailed", "data": {"message": "no"}}}\n',
  ],
  ['2.0', 'a command that fails', '{"execute":"guest-ping"}', generic('no')],
  ['3.0', 'a byte FF', '\xff', ''],
  ['3.1', 'a byte FF', '\xff', generic("JSON parse error, stray '\\uFFFD'")],
  ['2.0', 'invalid JSON', '}', generic('JSON parse error, expecting value')],
  ['0.15', 'guest-sync', '{"execute":"guest-sync","arguments":{"id":1}}', '{"return": 1}\n'],
];

describe('a fake guest of release', () => {
  for (const [version, input, request, expected] of rows) {
    test(`${version} answers ${input}`, async () => {
      assert.equal(await answer(request, { version, disabled: ['guest-info'] }), expected);
    });
  }

  test('0.15 returns only its version from guest-info', async () => {
    assert.equal(
      await answer('{"execute":"guest-info"}', { version: '0.15' }),
      '{"return": {"version": "0.15.0"}}\n',
    );
  });

  test('1.1 lists its commands in reverse, without success-response', async () => {
    const text = await answer('{"execute":"guest-info"}', { version: '1.1' });
    assert.match(
      text,
      /^\{"return": \{"version": "1\.1\.0", "supported_commands": \[\{"enabled": true, "name": "guest-network-get-interfaces"\}, /,
    );
    assert.match(text, /, \{"enabled": true, "name": "guest-sync-delimited"\}\]\}\}\n$/);
    assert.equal(text.includes('guest-fstrim'), false);
  });

  test('10.0 lists all 43 commands and those of the test', async () => {
    const host = rawHost(fakeGuest({ 'x-own': () => 1 }).host);
    await host.send('{"execute":"guest-info"}');
    const { return: info } = JSON.parse(await host.received());
    assert.equal(info.version, '10.0.0');
    assert.equal(info.supported_commands.length, 44);
    assert.deepEqual(info.supported_commands[0], { enabled: true, name: 'x-own', 'success-response': true });
  });

  for (const version of ['', '7', '0.14', 'x', '1.2.3.4', '-1.0']) {
    test(`"${version}" is rejected`, () => {
      assert.throws(() => fakeGuest({}, { version }), RangeError);
    });
  }
});
