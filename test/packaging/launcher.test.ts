// The program `guestd` of the npm package: a script that starts Node.
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';
import { describeStart } from './start.js';

const PROGRAM = join(projectFolder, 'packages/agent/bin/guestd.js');

describeStart('the npm package', () => PROGRAM);

describe('the launcher of the npm package', () => {
  let folder: string;
  let link: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestwire-launcher-'));
    link = join(folder, 'guestd');
    symlinkSync(PROGRAM, link);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const sh = (command: string, env: Record<string, string> = {}): SpawnSyncReturns<string> =>
    spawnSync('/bin/sh', ['-c', command, link], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });

  it('passes arguments unchanged through a link', () => {
    const { stdout } = sh(`"$0" --path='a  b"$x' --logfile= --dump-conf`);
    assert.match(stdout, /^path=a {2}b"\$x$/m);
  });

  it('names the missing Node and exits with status 1', () => {
    for (const tool of ['readlink', 'dirname', 'env', 'sed']) {
      symlinkSync(sh(`command -v ${tool}`).stdout.trim(), join(folder, tool));
    }
    const { status, stderr } = sh('"$0" --version', { PATH: folder });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'guestd: cannot find node in PATH; install Node 20.19 or newer, or use the single executable\n',
    );
  });

  it('names the limit when Node cannot reserve its address space', () => {
    const { status, stderr } = sh('ulimit -v 262144; "$0" --version');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^guestd: Node cannot start with 262144 KiB of address space; raise RLIMIT_AS [^\n]*\n$/,
    );
  });

  it('starts when the limit leaves Node enough address space', () => {
    const { status, stderr } = sh('ulimit -v 8388608; "$0" --version');
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });

  it('names a Node that is too old', () => {
    const old = join(folder, 'node-18.mjs');
    writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '18.20.1' });\n");
    const node = join(folder, 'bin', 'node');
    sh(`mkdir "${join(folder, 'bin')}"`);
    writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} --import=${old} "$@"\n`);
    chmodSync(node, 0o755);
    const { status, stderr } = sh('"$0" --version', {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'guestd: Node 18.20.1 is too old; install Node 20.19 or newer, or use the single executable\n',
    );
  });
});
