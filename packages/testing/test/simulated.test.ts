import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Guest, isGuestError, openGuest } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { fakeFiles, fakeGuest, fakePrograms, manualClock } from '@guestwire/testing';

function data(text: string): Base64Data {
  return Base64Data.fromBytes(Buffer.from(text));
}

function failsWith(text: string) {
  return (error: unknown): boolean => isGuestError(error, 'command') && error.desc === text;
}

describe('fakeFiles', () => {
  const guestWith = async (
    initial: Record<string, string>,
  ): Promise<[Guest, ReturnType<typeof fakeFiles>]> => {
    const files = fakeFiles(initial);
    return [await openGuest(fakeGuest({ ...files.handlers }).host), files];
  };

  test('read reports the end of the file only when it was reached', async () => {
    const [guest, files] = await guestWith({ '/x': 'hello' });
    const handle = await guest.call('guest-file-open', { path: '/x' });
    const read = async (count: number): Promise<[string, boolean]> => {
      const { 'buf-b64': bytes, eof } = await guest.call('guest-file-read', { handle, count });
      return [bytes.decode().toString(), eof];
    };
    assert.deepEqual(await read(5), ['hello', false]);
    assert.deepEqual(await read(5), ['', true]);
    assert.equal(files.openCount(), 1);
    await guest.call('guest-file-close', { handle });
    assert.equal(files.openCount(), 0);
  });

  test('write overwrites, appends, extends and truncates', async () => {
    const [guest, files] = await guestWith({ '/x': 'hello' });
    const write = async (mode: string, text: string, offset = 0): Promise<string | undefined> => {
      const handle = await guest.call('guest-file-open', { path: '/x', mode });
      await guest.call('guest-file-seek', { handle, offset, whence: 'set' });
      await guest.call('guest-file-write', { handle, 'buf-b64': data(text) });
      return files.contents.get('/x')?.toString();
    };
    assert.equal(await write('r+', 'J'), 'Jello');
    assert.equal(await write('a', '!'), 'Jello!');
    assert.equal(await write('rb+', 'y', 8), 'Jello!\0\0y');
    assert.equal(await write('w', 'new'), 'new');
  });

  test('seek counts from the start, the position and the end', async () => {
    const [guest] = await guestWith({ '/x': 'hello' });
    const handle = await guest.call('guest-file-open', { path: '/x' });
    const seek = async (offset: number, whence: 'set' | 'cur' | 'end' | 0 | 1 | 2): Promise<unknown> =>
      (await guest.call('guest-file-seek', { handle, offset, whence })).position;
    assert.equal(await seek(2, 'set'), 2);
    assert.equal(await seek(2, 'cur'), 4);
    assert.equal(await seek(-1, 1), 3);
    assert.equal(await seek(-1, 'end'), 4);
    assert.equal(await seek(7, 2), 12);
    await assert.rejects(seek(-1, 'set'), failsWith('failed to seek file: Invalid argument'));
  });

  test('fail with the errors of an agent', async () => {
    const [guest] = await guestWith({ '/x': '' });
    const open = (path: string, mode: string): Promise<unknown> =>
      guest.call('guest-file-open', { path, mode });
    await assert.rejects(
      open('/y', 'r'),
      failsWith("failed to open file '/y' (mode: 'r'): No such file or directory"),
    );
    await assert.rejects(open('/y', 'x'), failsWith("invalid file open mode 'x'"));
    const reader = await guest.call('guest-file-open', { path: '/x' });
    const writer = await guest.call('guest-file-open', { path: '/x', mode: 'w' });
    await assert.rejects(
      guest.call('guest-file-write', { handle: reader, 'buf-b64': data('') }),
      failsWith('failed to write to file: Bad file descriptor'),
    );
    await assert.rejects(
      guest.call('guest-file-read', { handle: writer }),
      failsWith('failed to read file: Bad file descriptor'),
    );
    await assert.rejects(
      guest.call('guest-file-read', { handle: reader, count: -1 }),
      failsWith("value '-1' is invalid for argument count"),
    );
    await assert.rejects(
      guest.call('guest-file-write', { handle: writer, 'buf-b64': data('ab'), count: 3 }),
      failsWith("value '3' is invalid for argument count"),
    );
    await assert.rejects(
      guest.call('guest-file-seek', { handle: writer, offset: 0, whence: 3 }),
      failsWith('invalid whence code 3'),
    );
    await guest.call('guest-file-close', { handle: writer });
    await assert.rejects(
      guest.call('guest-file-flush', { handle: writer }),
      failsWith("handle '1001' has not been found"),
    );
  });
});

describe('fakePrograms', () => {
  test('pass arguments and input to the program and return its outcome', async () => {
    const programs = fakePrograms({
      '/bin/cat': ({ input, args }) => ({ stdout: input, stderr: args.join(), exitCode: 3 }),
    });
    await using guest = await openGuest(fakeGuest({ ...programs.handlers }).host);
    const { exitCode, stdout, stderr } = await guest.exec('/bin/cat', ['-'], { input: 'x', env: { A: '1' } });
    assert.deepEqual([exitCode, String(stdout), String(stderr)], [3, 'x', '-']);
    assert.deepEqual(programs.started, [
      { path: '/bin/cat', args: ['-'], env: ['A=1'], input: Buffer.from('x') },
    ]);
  });

  for (const [capture, out, error] of [
    [undefined, undefined, undefined],
    [false, undefined, undefined],
    ['none', undefined, undefined],
    [true, 'out', 'error'],
    ['separated', 'out', 'error'],
    ['merged', 'outerror', undefined],
    ['stdout', 'out', undefined],
    ['stderr', undefined, 'error'],
  ] as const) {
    test(`capture output with capture-output ${capture}`, async () => {
      const { handlers } = fakePrograms({ a: () => ({ stdout: 'out', stderr: 'error', signal: 9 }) });
      await using guest = await openGuest(fakeGuest({ ...handlers }).host);
      const { pid } = await guest.call('guest-exec', {
        path: 'a',
        ...(capture === undefined ? {} : { 'capture-output': capture }),
      });
      const status = await guest.call('guest-exec-status', { pid });
      assert.deepEqual(
        {
          ...status,
          'out-data': status['out-data']?.decode().toString(),
          'err-data': status['err-data']?.decode().toString(),
        },
        {
          exited: true,
          signal: 9,
          'out-data': out,
          'err-data': error,
          ...(out === undefined ? {} : { 'out-truncated': false }),
          ...(error === undefined ? {} : { 'err-truncated': false }),
        },
      );
    });
  }

  test('run for the given time and are forgotten after their exit status was returned', async () => {
    const clock = manualClock();
    const { handlers } = fakePrograms({ a: () => ({ after: 1000 }) }, clock);
    await using guest = await openGuest(fakeGuest({ ...handlers }, { clock }).host, { clock });
    const { pid } = await guest.call('guest-exec', { path: 'a' });
    await clock.advance(999);
    assert.deepEqual(await guest.call('guest-exec-status', { pid }), { exited: false });
    await clock.advance(1);
    assert.deepEqual(await guest.call('guest-exec-status', { pid }), { exited: true, exitcode: 0 });
    await assert.rejects(guest.call('guest-exec-status', { pid }), failsWith('PID ld does not exist'));
  });

  test('fail for a path without a program', async () => {
    const { handlers } = fakePrograms({});
    await using guest = await openGuest(fakeGuest({ ...handlers }).host);
    await assert.rejects(
      guest.call('guest-exec', { path: 'toString' }),
      failsWith('Failed to execute child process “toString” (No such file or directory)'),
    );
  });
});
