import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeAgent } from '../support/fake-agent.js';

const program = fileURLToPath(new URL('../../../bin/guestctl.js', import.meta.url));

describe('the program guestctl', () => {
  test('reads standard input and sets its exit status', async () => {
    await using agent = await fakeAgent({ 'guest-x': '{"error": {"class": "GenericError", "desc": "no"}}' });
    const child = spawn(process.execPath, [program, 'call', 'guest-x', '-', '--to', agent.target]);
    child.stdin.end('{"a": 1}');
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(err, 'guestctl: guest-x: no\n');
    assert.equal(status, 1);
    assert.deepEqual(agent.requests, ['{"execute": "guest-x", "arguments": {"a": 1}}']);
  });

  test('exits cleanly on EPIPE', async () => {
    const much = JSON.stringify('x'.repeat(1_000_000));
    await using agent = await fakeAgent({ 'guest-x': `{"return": ${much}}` });
    const child = spawn(process.execPath, [program, 'call', 'guest-x', '--to', agent.target]);
    child.stdout.destroy();
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(err, '');
    assert.equal(status, 0);
  });
});
