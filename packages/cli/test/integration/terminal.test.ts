// Types at a real terminal, which script(1) creates from its standard input.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeOnSocket } from '../support/fake-on-socket.js';

const program = fileURLToPath(new URL('../../../bin/guestctl.js', import.meta.url));

/** Text to type when a prompt appears. */
interface Typing {
  readonly at: string;
  readonly type: string;
}

/** Runs guestctl at a terminal and types at its prompts. */
async function atTerminal(
  args: readonly string[],
  typings: readonly Typing[],
): Promise<{ status: unknown; shown: string }> {
  const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null']);
  const ended = once(child, 'exit');
  const left = [...typings];
  let shown = '';
  for await (const chunk of child.stdout) {
    shown += String(chunk);
    const [next] = left;
    if (next === undefined || !shown.includes(next.at)) continue;
    left.shift();
    child.stdin.write(next.type);
    if (left.length === 0) child.stdin.end();
  }
  const [status] = await ended;
  return { status, shown };
}

describe('guestctl passwd at a terminal', () => {
  test('prompts twice without echo, and supports backspace and Ctrl-U', async () => {
    await using guest = await fakeOnSocket({ 'guest-set-user-password': () => undefined });
    const { status, shown } = await atTerminal(
      ['passwd', 'alice', '--to', guest.target],
      [
        // Ctrl-U erases the line, backspace a character.
        { at: 'New password of alice: ', type: 'nonsense\u0015hunterX\u007f2\r' },
        { at: 'Again: ', type: 'hunter2\r' },
      ],
    );
    assert.equal(status, 0, shown);
    assert.doesNotMatch(shown, /hunter|nonsense/);
    assert.match(shown, /password of alice set/);
    const request = guest.fake.requests.find(({ name }) => name === 'guest-set-user-password');
    assert.equal(request?.args.get('password'), Buffer.from('hunter2').toString('base64'));
  });

  test('changes nothing when Ctrl-C is pressed', async () => {
    await using guest = await fakeOnSocket();
    const { status, shown } = await atTerminal(
      ['passwd', 'alice', '--to', guest.target],
      [{ at: 'New password of alice: ', type: 'abc\u0003' }],
    );
    assert.equal(status, 130, shown);
    assert.deepEqual(guest.fake.commands, []);
  });
});

test('guestctl exec ignores standard input at a terminal', async () => {
  await using guest = await fakeOnSocket();
  const { status } = await atTerminal(['exec', '--to', guest.target, 'true'], []);
  assert.equal(status, 0);
  const request = guest.fake.requests.find(({ name }) => name === 'guest-exec');
  assert.equal(request?.args.get('input-data'), undefined);
});

test('guestctl freeze ends its command and thaws the guest on Ctrl-C', async () => {
  await using guest = await fakeOnSocket();
  const { status, shown } = await atTerminal(
    ['freeze', '--to', guest.target, '--', 'sleep', '600'],
    [{ at: 'filesystems frozen', type: '\u0003' }],
  );
  assert.equal(status, 130, shown);
  assert.match(shown, /thawed after/);
  const done = guest.fake.commands.filter((name) => /-(freeze|thaw)$/.test(name));
  assert.deepEqual(done, ['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw']);
});
