// A user moves files and folders of root to the places where the ssh commands read and write, while they run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accountModule } from '../../../src/commands/account.js';
import { context } from '../../support/command-context.js';
import { standIns } from '../../support/stand-ins.js';

const USER = 4711;
const SECRET = 'secret-of-root';
const DURATION_MS = 4_000;

/** Swaps what root has left in the user's home with what the commands use. */
const SWAPPER = `
const { renameSync, rmSync, symlinkSync, unlinkSync } = require('node:fs');
const attempt = (work, ...names) => { try { work(...names); } catch {} };
process.stdout.write('ready');
for (;;) {
  attempt(renameSync, '.ssh', 'own');
  attempt(renameSync, 'root-folder', '.ssh');
  attempt(renameSync, '.ssh', 'root-folder');
  attempt(symlinkSync, 'root-folder', '.ssh');
  attempt(unlinkSync, '.ssh');
  attempt(renameSync, 'own', '.ssh');
  attempt(renameSync, 'root-file', '.ssh/authorized_keys');
  attempt(renameSync, '.ssh/authorized_keys', '.ssh/taken');
  attempt(symlinkSync, '../root-file', '.ssh/authorized_keys');
  if (Math.random() < 0.2) attempt(() => rmSync('.ssh', { recursive: true }));
}
`;

/** Calls `see` with every file and folder below a folder, links not followed. */
function walk(folder: string, see: (path: string, stats: Stats) => void): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    see(path, stats);
    if (stats.isDirectory()) walk(path, see);
  }
}

test('the ssh commands neither read nor give away what a racing user moves into their way', {
  skip: process.getuid?.() === 0 ? false : 'files of another user: run the tests as root',
}, async () => {
  using stand = standIns();
  chmodSync(stand.root, 0o755);
  stand.file('etc/passwd', `alice:x:${USER}:${USER}::/home/alice:/bin/sh\n`);
  const home = stand.folder.file('home/alice');
  stand.file('home/alice/root-folder/marker', SECRET);
  const folder = join(home, 'root-folder');
  chmodSync(folder, 0o700);
  chmodSync(join(folder, 'marker'), 0o600);
  const { ino } = lstatSync(folder);
  mkdirSync(join(home, '.ssh'));
  for (const path of [home, join(home, '.ssh')]) chownSync(path, USER, USER);

  const { handlers } = accountModule({ ...stand, helperTimeout: 60 });
  const outcomes = { added: 0, refused: 0 };
  const swapper = spawn(process.execPath, ['-e', SWAPPER], { cwd: home, uid: USER, gid: USER });
  const exited = once(swapper, 'exit');
  await once(swapper.stdout, 'data');
  try {
    const end = performance.now() + DURATION_MS;
    for (let round = 0; performance.now() < end; round += 1) {
      const secret = stand.folder.file('secret');
      writeFileSync(secret, SECRET, { mode: 0o600 });
      renameSync(secret, join(home, 'root-file'));
      try {
        const keys = [`key ${round}`];
        await handlers['guest-ssh-add-authorized-keys']({ username: 'alice', keys }, context);
        outcomes.added += 1;
        const read = await handlers['guest-ssh-get-authorized-keys']({ username: 'alice' }, context);
        assert.ok(!JSON.stringify(read).includes(SECRET));
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'CommandError', String(error));
        outcomes.refused += 1;
      }
    }
  } finally {
    swapper.kill('SIGKILL');
    await exited;
  }

  assert.ok(outcomes.added > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
  let seen = 0;
  walk(home, (path, stats) => {
    if (stats.isFile() && stats.uid !== 0) assert.ok(!readFileSync(path, 'utf8').includes(SECRET), path);
    if (stats.ino !== ino) return;
    seen += 1;
    assert.deepEqual([stats.uid, stats.gid, stats.mode & 0o777], [0, 0, 0o700]);
    assert.deepEqual(readdirSync(path), ['marker']);
  });
  assert.equal(seen, 1);
});
