import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect, isGuestError, openTransport } from '@guestwire/client';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-exec-'));
after(() => rmSync(folder, { recursive: true }));

/** A program that plays a guest on its standard input and output. */
const guestProgram = `${process.execPath} ${fileURLToPath(new URL('support/guest-program.js', import.meta.url))}`;

/** Is there a process of this number that runs, and is no zombie? */
function runs(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) Z /.test(readFileSync(path, 'latin1'));
}

function closedWith(words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(isGuestError(error, 'closed'), String(error));
    assert.match(error.message, words);
    return true;
  };
}

describe('a command', () => {
  test('carries a conversation', async () => {
    await using guest = await connect(`exec:${guestProgram}`);
    assert.equal(await guest.call('guest-sync', { id: 7 }), 7);
  });

  test('carries a conversation through a shell pipe', async () => {
    await using guest = await connect(`exec:cat | ${guestProgram} | cat`);
    assert.equal(await guest.call('guest-sync', { id: 8 }), 8);
  });

  test('that is not there is named, with its exit status and what the shell says', async () => {
    await assert.rejects(
      connect('exec:no-such-program-at-all'),
      closedWith(/^exec:no-such-program-at-all: the program exited with status 127: .*not found$/s),
    );
  });

  test('that fails tells why', async () => {
    await assert.rejects(
      connect('exec:echo "Permission denied (publickey)." >&2; exit 255'),
      closedWith(/the program exited with status 255: Permission denied \(publickey\)\.$/),
    );
  });

  test('that is killed tells by what', async () => {
    await assert.rejects(connect('exec:kill -9 $$'), closedWith(/the program was killed by SIGKILL$/));
  });

  test('that closes its output and goes on ends the connection', async () => {
    await assert.rejects(connect('exec:exec >&-; sleep 1000'), closedWith(/the program closed its output$/));
  });

  test('that says much to its standard error is quoted by the end of that', async () => {
    await assert.rejects(
      connect('exec:yes a long line | head -n 100000 >&2; echo the end >&2; exit 1'),
      (error) => {
        assert.ok(isGuestError(error, 'closed'));
        assert.ok(error.message.endsWith('the end'));
        assert.ok(error.message.length < 66_000, String(error.message.length));
        return true;
      },
    );
  });

  test('that reads nothing more is told of as closed, and not as a broken pipe', async () => {
    await using transport = await openTransport({
      kind: 'exec',
      command: 'exec <&-; echo no more >&2; exit 3',
    });
    await assert.rejects(
      async () => {
        for (;;) await transport.write(Buffer.alloc(100_000));
      },
      closedWith(/exited with status 3: no more$/),
    );
  });

  test('is ended, with all that it has started, when the guest is closed', async () => {
    const pids = join(folder, 'pids');
    const guest = await connect(`exec:sleep 1000 & echo $! $$ > ${pids}; ${guestProgram}; sleep 1000`);
    const numbers = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    assert.equal(numbers.length, 2);
    assert.ok(numbers.every(runs));
    await guest.close();
    assert.deepEqual(numbers.filter(runs), []);
  });

  test('that takes no notice of SIGTERM is killed', async () => {
    const pid = join(folder, 'pid');
    const guest = await connect(
      `exec:trap "" TERM; echo $$ > ${pid}; ${guestProgram}; while :; do sleep 1000; done`,
      { timeout: 30_000 },
    );
    const number = Number(readFileSync(pid, 'utf8'));
    await guest.close();
    assert.equal(runs(number), false);
  });

  test('is ended when nobody answers', async () => {
    const pid = join(folder, 'mute');
    await assert.rejects(connect(`exec:echo $$ > ${pid}; exec sleep 1000`, { timeout: 300 }), (error) =>
      isGuestError(error, 'timeout'),
    );
    assert.equal(runs(Number(readFileSync(pid, 'utf8'))), false);
  });

  test('is not started for a caller who has given up', async () => {
    const witness = join(folder, 'witness');
    const target = { kind: 'exec', command: `touch ${witness}` } as const;
    await assert.rejects(openTransport(target, AbortSignal.abort()));
    assert.equal(existsSync(witness), false);
  });
});
