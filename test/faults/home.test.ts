// A user's home on a filesystem that another program has frozen.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { cannotMount, startFaultyAgent } from './faulty-agent.js';
import { frozenDisk } from './frozen-disk.js';

const USER = 4711;

const newline = Buffer.from('\n');

/** Adds a key to a frozen home that has the given folders, and requests the thaw behind it. */
async function addsKeyAfterThaw(folders: readonly string[]): Promise<void> {
  using disk = frozenDisk();
  // The user searches it.
  chmodSync(dirname(disk.root), 0o755);
  for (const folder of folders) {
    mkdirSync(join(disk.directory, folder));
    chownSync(join(disk.directory, folder), USER, USER);
  }
  mkdirSync(join(disk.root, 'etc'));
  mkdirSync(join(disk.root, 'home'));
  writeFileSync(join(disk.root, 'etc/passwd'), `alice:x:${USER}:${USER}::/home/alice:/bin/sh\n`);
  symlinkSync(join(disk.directory, 'alice'), join(disk.root, 'home/alice'));
  await using agent = await startFaultyAgent({ options: ['--system-root', disk.root] });
  await using host = await agent.connect();
  disk.freeze();
  const add = {
    execute: 'guest-ssh-add-authorized-keys',
    arguments: { username: 'alice', keys: ['ssh-ed25519 AAAA alice'] },
  };
  host.link.send(Buffer.from(`${JSON.stringify(add)}\n{"execute": "guest-fsfreeze-thaw"}\n`));
  assert.equal((await host.link.until(newline)).toString(), '{"return": {}}');
  assert.equal((await host.link.until(newline)).toString(), '{"return": 1}');
  const keys = join(disk.directory, 'alice/.ssh/authorized_keys');
  assert.equal(readFileSync(keys, 'utf8'), 'ssh-ed25519 AAAA alice');
}

describe('guestd with a frozen home', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('thaws at the request of a host that waits for a further key', async () => {
    await addsKeyAfterThaw(['alice', 'alice/.ssh']);
  });

  it('thaws at the request of a host that waits for the first key', async () => {
    await addsKeyAfterThaw(['alice']);
  });
});
