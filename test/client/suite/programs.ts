import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { isGuestError } from '@guestwire/client';
import { type Stand, since } from './stand.js';

/** Tests of programs in the guest. */
export function describePrograms(stand: Stand): void {
  describe('Guest.exec', () => {
    test('passes arguments, environment and input unchanged, and returns the output', async () => {
      // More than a pipe holds, and no more than libvirt carries in one request.
      const input = randomBytes(90_000);
      const odd = ["a'b", '$(id)', 'two\nlines', '', 'ü'];
      const result = await stand.guest.exec(
        '/bin/sh',
        ['-c', 'printf "%s|" "$@" "$A" >&2; PATH=/usr/bin:/bin; exec cat', 'sh', ...odd],
        { input, env: { A: 'x y' } },
      );
      assert.deepEqual(
        { ...result, stdout: result.stdout.equals(input), stderr: String(result.stderr) },
        {
          exitCode: 0,
          signal: undefined,
          stdout: true,
          stderr: `${[...odd, 'x y'].join('|')}|`,
          truncated: { stdout: false, stderr: false },
        },
      );
    });

    test('returns how the program ended', async () => {
      assert.equal((await stand.guest.exec('/bin/sh', ['-c', 'exit 7'])).exitCode, 7);
      const killed = await stand.guest.exec('/bin/sh', ['-c', 'kill -9 $$']);
      assert.deepEqual([killed.exitCode, killed.signal], [undefined, 9]);
      await assert.rejects(stand.guest.exec('/no/such/program'), (error) => isGuestError(error, 'command'));
    });

    test('captures the requested output', async () => {
      const script = ['-c', 'echo out; echo err >&2'];
      for (const [capture, out, err] of [
        ['separated', 'out\n', 'err\n'],
        ['stdout', 'out\n', ''],
        ['stderr', '', 'err\n'],
        ['none', '', ''],
      ] as const) {
        const { stdout, stderr } = await stand.guest.exec('/bin/sh', script, { capture });
        assert.deepEqual([String(stdout), String(stderr)], [out, err], capture);
      }
      const merged = stand.guest.exec('/bin/sh', script, { capture: 'merged' });
      if (since(stand.options.release, '8.1')) assert.equal(String((await merged).stdout), 'out\nerr\n');
      else await assert.rejects(merged, (error) => isGuestError(error, 'unsupported'));
    });

    test('terminates the program on timeout', async () => {
      const path = stand.fresh();
      await assert.rejects(
        stand.guest.exec('/bin/sh', ['-c', 'echo $$ >"$1"; exec /bin/sleep 1000', 'sh', path], {
          timeout: 500,
        }),
        (error) => isGuestError(error, 'timeout'),
      );
      assert.equal(
        await stand.shell('if kill -0 "$(cat "$1")" 2>/dev/null; then echo alive; else echo gone; fi', path),
        'gone',
      );
    });

    test('kills a program that ignores SIGTERM', async () => {
      const path = stand.fresh();
      const caller = new AbortController();
      const running = stand.guest.exec(
        '/bin/sh',
        ['-c', 'trap "" TERM; echo $$ >"$1"; while :; do /bin/sleep 0.1; done', 'sh', path],
        {
          signal: caller.signal,
        },
      );
      const rejected = assert.rejects(running, (error) => isGuestError(error, 'aborted'));
      await stand.guest.waitFor(async () =>
        (await stand.shell('cat "$1" 2>/dev/null || :', path)) === '' ? undefined : true,
      );
      caller.abort();
      await rejected;
      assert.equal(
        await stand.shell('if kill -0 "$(cat "$1")" 2>/dev/null; then echo alive; else echo gone; fi', path),
        'gone',
      );
    });
  });
}
