// What a person types at a real terminal: `script` makes one, and what it reads is typed there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeOnSocket } from './support/fake-on-socket.js';

const program = fileURLToPath(new URL('../../bin/guestctl.js', import.meta.url));

/** Answers a question. */
interface Typing {
  readonly at: string;
  readonly type: string;
}

/** Runs guestctl at a terminal, where somebody types as soon as each question stands there. */
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
  test('asks twice, mends what is mistyped, and shows nothing of it', async () => {
    await using guest = await fakeOnSocket({ 'guest-set-user-password': () => undefined });
    const { status, shown } = await atTerminal(
      ['passwd', 'alice', '--to', guest.target],
      [
        // A wrong letter is taken back; a wrong line is, too.
        { at: 'New password of alice: ', type: 'nonsense\u0015hunterX\u007f2\r' },
        { at: 'Again: ', type: 'hunter2\r' },
      ],
    );
    assert.equal(status, 0, shown);
    assert.doesNotMatch(shown, /hunter|nonsense/);
    assert.match(shown, /the password of alice was set/);
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

test('guestctl exec at a terminal leaves standard input alone', async () => {
  await using guest = await fakeOnSocket();
  const { status } = await atTerminal(['exec', '--to', guest.target, 'true'], []);
  assert.equal(status, 0);
  const request = guest.fake.requests.find(({ name }) => name === 'guest-exec');
  assert.equal(request?.args.get('input-data'), undefined);
});

test('Ctrl-C at a terminal ends the command of guestctl freeze, and thaws the guest', async () => {
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
