import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fakeGuest, fakePrograms } from '@guestwire/testing';
import { execMany, formatOutcome, isSuccess } from '../src/exec-many.js';

const folder = mkdtempSync(join(tmpdir(), 'exec-many-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('execMany', () => {
  test('returns the outcome of each guest in the order of the targets', async () => {
    const listening = await Promise.all(
      ['6.12.48', '6.1.0'].map((release, index) => {
        const programs = fakePrograms({ uname: () => ({ stdout: `${release}\n` }) });
        return fakeGuest(programs.handlers).listen(join(folder, `vm${index}.sock`));
      }),
    );
    const unreachable = `unix:${join(folder, 'nowhere.sock')}`;
    const targets = [unreachable, ...listening.map(({ target }) => target)];

    const outcomes = await execMany(targets, ['uname', '-r'], { concurrency: 2 });
    assert.deepEqual(outcomes.map(isSuccess), [false, true, true]);
    const lines = outcomes.map((outcome) => formatOutcome(outcome, 0).split('  ')[1]);
    assert.deepEqual(lines.slice(1), ['6.12.48', '6.1.0']);
    assert.match(lines[0] ?? '', /^error: .*nowhere\.sock/);
    for (const socket of listening) await socket[Symbol.asyncDispose]();
  });

  test('reports the exit status and the error output of a program that fails', async () => {
    const programs = fakePrograms({ false: () => ({ exitCode: 3, stderr: 'not \x1b[31mtoday\n' }) });
    await using listening = await fakeGuest(programs.handlers).listen(join(folder, 'vm.sock'));
    const [outcome] = await execMany([listening.target], ['false']);
    assert.ok(outcome !== undefined && !isSuccess(outcome));
    assert.match(formatOutcome(outcome, 0), /exit status 3: not {2}\[31mtoday$/);
  });
});
