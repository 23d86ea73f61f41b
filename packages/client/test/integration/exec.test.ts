import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect, isGuestError, openTransport } from '@guestwire/client';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-exec-'));
after(() => rmSync(folder, { recursive: true }));

/** A program that simulates a guest on its standard input and output. */
const guestProgram = `${process.execPath} ${fileURLToPath(new URL('../support/guest-program.js', import.meta.url))}`;

/** Returns whether the process runs and is not a zombie. */
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

describe('an exec target', () => {
  test('carries requests and replies', async () => {
    await using guest = await connect(`exec:${guestProgram}`);
    assert.equal(await guest.call('guest-sync', { id: 7 }), 7);
  });

  test('carries requests and replies through a shell pipe', async () => {
    await using guest = await connect(`exec:cat | ${guestProgram} | cat`);
    assert.equal(await guest.call('guest-sync', { id: 8 }), 8);
  });

  test("rejects a missing program with its exit status and the shell's error", async () => {
    await assert.rejects(
      connect('exec:no-such-program-at-all'),
      closedWith(/^exec:no-such-program-at-all: the program exited with status 127: .*not found$/s),
    );
  });

  test('rejects a failing command with its standard error', async () => {
    await assert.rejects(
      connect('exec:echo "Permission denied (publickey)." >&2; exit 255'),
      closedWith(/the program exited with status 255: Permission denied \(publickey\)\.$/),
    );
  });

  test('names the signal that killed the command', async () => {
    await assert.rejects(connect('exec:kill -9 $$'), closedWith(/the program was killed by SIGKILL$/));
  });

  test('closes when the command closes its output', async () => {
    await assert.rejects(connect('exec:exec >&-; sleep 1000'), closedWith(/the program closed its output$/));
  });

  test('quotes the last 64 KiB of standard error', async () => {
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

  test('rejects with closed, not EPIPE, when the command stops reading', async () => {
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

  test('terminates the command and its children when the guest is closed', async () => {
    const pids = join(folder, 'pids');
    const guest = await connect(`exec:sleep 1000 & echo $! $$ > ${pids}; ${guestProgram}; sleep 1000`);
    const numbers = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    assert.equal(numbers.length, 2);
    assert.ok(numbers.every(runs));
    await guest.close();
    assert.deepEqual(numbers.filter(runs), []);
  });

  test('kills a command that ignores SIGTERM', async () => {
    const pid = join(folder, 'pid');
    const guest = await connect(
      `exec:trap "" TERM; echo $$ > ${pid}; ${guestProgram}; while :; do sleep 1000; done`,
      { timeout: 30_000 },
    );
    const number = Number(readFileSync(pid, 'utf8'));
    await guest.close();
    assert.equal(runs(number), false);
  });

  test('terminates the command when no agent answers', async () => {
    const pid = join(folder, 'mute');
    await assert.rejects(connect(`exec:echo $$ > ${pid}; exec sleep 1000`, { timeout: 300 }), (error) =>
      isGuestError(error, 'timeout'),
    );
    assert.equal(runs(Number(readFileSync(pid, 'utf8'))), false);
  });

  test('does not start the command if the signal has already fired', async () => {
    const witness = join(folder, 'witness');
    const target = { kind: 'exec', command: `touch ${witness}` } as const;
    await assert.rejects(openTransport(target, AbortSignal.abort()));
    assert.equal(existsSync(witness), false);
  });
});
