import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '@guestwire/protocol/contract';
import { MessageReader } from '@guestwire/protocol/wire';
import { WireObject } from '@guestwire/schema';
import { redactArguments } from '../../src/audit/redact.js';

/** Returns what the audit log has for arguments, as they arrive over the wire. */
function redacted(command: keyof typeof commands, args: string): unknown {
  const reader = new MessageReader();
  reader.push(Buffer.from(args));
  const message = reader.next();
  assert.ok(message?.kind === 'value' && message.value instanceof WireObject);
  return redactArguments(message.value, commands[command]);
}

test('redactArguments replaces passwords, data and keys by type and length', () => {
  assert.deepEqual(
    redacted('guest-set-user-password', '{"username": "alice", "password": "c2VjcmV0", "crypted": false}'),
    { username: 'alice', password: { redacted: 'string', length: 8 }, crypted: false },
  );
  assert.deepEqual(redacted('guest-file-write', '{"handle": 1000, "buf-b64": "AAAA", "count": 3}'), {
    handle: 1000,
    'buf-b64': { redacted: 'string', length: 4 },
    count: 3,
  });
  assert.deepEqual(
    redacted(
      'guest-ssh-add-authorized-keys',
      '{"username": "alice", "keys": ["ssh-rsa AAAA"], "reset": true}',
    ),
    { username: 'alice', keys: { redacted: 'array', length: 1 }, reset: true },
  );
});

test('redactArguments keeps the names of environment variables only', () => {
  assert.deepEqual(
    redacted('guest-exec', '{"path": "/bin/x", "env": ["A=one=two", "secret", 5], "input-data": "AA=="}'),
    {
      path: '/bin/x',
      env: [
        { A: { redacted: 'string', length: 7 } },
        { redacted: 'string', length: 6 },
        { redacted: 'number' },
      ],
      'input-data': { redacted: 'string', length: 4 },
    },
  );
});

test('redactArguments replaces data in pieces without reading it', () => {
  const text = 'AAAA'.repeat(100_000);
  assert.deepEqual(redacted('guest-file-write', `{"handle": 1, "buf-b64": "${text}"}`), {
    handle: 1,
    'buf-b64': { redacted: 'string', length: 400_000 },
  });
});

test('redactArguments replaces members that the schema does not describe', () => {
  assert.deepEqual(redacted('guest-exec', '{"pasword": "x", "path": {"a": 1}, "other": [1, true, null]}'), {
    pasword: { redacted: 'string', length: 1 },
    path: { a: 1 },
    other: { redacted: 'array', length: 3 },
  });
});

test('redactArguments bounds its result, whatever the arguments', () => {
  const long = 'x'.repeat(100_000);
  const many = (item: string) => Array.from({ length: 2000 }, () => item).join();
  for (const value of [
    `"${long}"`,
    `[${many(`"${long.slice(0, 300)}"`)}]`,
    `[${many('[1,[2,[3,[4]]]]')}]`,
    `{${Array.from({ length: 10_000 }, (_, i) => `"${i}": "${i}"`).join()}}`,
    `{"${long}": 1}`,
  ]) {
    const size = JSON.stringify(redacted('guest-exec', `{"path": ${value}, "arg": ${value}}`)).length;
    assert.ok(size < 16_384, String(size));
  }
});

test('redactArguments says how much of a text or list it has left out', () => {
  assert.deepEqual(
    redacted('guest-exec', `{"path": "${'x'.repeat(300)}", "arg": [${'"y",'.repeat(39)}"z"]}`),
    {
      path: `${'x'.repeat(256)}… (300 in all)`,
      arg: [...Array.from({ length: 32 }, () => 'y'), '… (8 more)'],
    },
  );
});
