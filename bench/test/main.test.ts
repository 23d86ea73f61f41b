// The program itself: its exit statuses and its JSON.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../src/main.js', import.meta.url));
const GUESTD = fileURLToPath(new URL('../../../packages/agent/bin/guestd.js', import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
}

describe('bench', () => {
  it('prints its help', () => {
    const { status, stdout } = bench('--help');
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: npm run bench/);
  });

  it('exits with status 2 and a line for a usage error', () => {
    const { status, stdout, stderr } = bench('--rounds', '0');
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(stderr, 'bench: --rounds: 0 is not an integer from 1 to 9999\n');
  });

  it('exits with status 2 if --only selects nothing', () => {
    const { status, stderr } = bench('--only', 'nothing');
    assert.equal(status, 2);
    assert.match(stderr, /^bench: --only: nothing is measured/);
  });

  it('prints what it has measured of a given agent as JSON', () => {
    const args = [
      '--agent',
      `mine=${process.execPath} ${GUESTD}`,
      '--only',
      'start',
      '--rounds',
      '1',
      '--json',
    ];
    const { status, stdout, stderr } = bench(...args);
    assert.equal(status, 0, stderr);
    const { rounds, sections } = JSON.parse(stdout) as {
      rounds: number;
      sections: { columns: string[]; rows: { metric: { id: string }; values: Record<string, unknown> }[] }[];
    };
    assert.equal(rounds, 1);
    assert.deepEqual(sections[0]?.columns, ['mine']);
    assert.deepEqual(
      sections[0]?.rows.map(({ metric, values }) => [metric.id, Object.keys(values)]),
      [['start', ['mine']]],
    );
  });

  it('keeps a CPU profile with --profile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'guestwire-profile-'));
    try {
      const agent = ['--agent', `mine=${process.execPath} ${GUESTD}`];
      const { status, stderr } = bench(...agent, '--only', 'start', '--rounds', '1', '--profile', folder);
      assert.equal(status, 0, stderr);
      const files = readdirSync(join(folder, 'mine', 'start'));
      assert.equal(files.length, 1);
      const profile = readFileSync(join(folder, 'mine', 'start', files[0] ?? ''), 'utf8');
      assert.ok(profile.includes('/packages/agent/dist/src/'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends its agents at a signal', async () => {
    const agent = ['--agent', `mine=${process.execPath} ${GUESTD}`];
    const child = spawn(process.execPath, [PROGRAM, ...agent, '--only', 'memory', '--rounds', '1'], {
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const agents = (): string[] =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean);
    while (agents().length === 0) await delay(5);
    const started = agents();
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [143, null]);
    while (started.some((pid) => existsSync(`/proc/${pid}`))) await delay(5);
  });
});
