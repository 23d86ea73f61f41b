// The socket of the agent is in a folder of a filesystem that it freezes.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createAgent, unixListen } from '../../../src/index.js';
import { type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import { Host } from '../../support/host.js';
import { cannotFreeze } from '../../support/loop-filesystems.js';
import { isThawed, run, type StorageStack, storageStack } from '../../support/storage-stack.js';

const FREEZE = '{"execute":"guest-fsfreeze-freeze"}';
const THAW = '{"execute":"guest-fsfreeze-thaw"}';
const STATUS = '{"execute":"guest-fsfreeze-status"}';

function cannotMakeBtrfs(): string | false {
  const { status } = spawnSync('mkfs.btrfs', ['--version'], { stdio: 'ignore' });
  return status === 0 ? false : 'btrfs needs mkfs.btrfs (Debian package btrfs-progs)';
}

describe('an agent whose socket is on a frozen filesystem', {
  skip: cannotFreeze(),
  timeout: 600_000,
}, () => {
  let stack: StorageStack;
  let folder: GuestdFolder;

  beforeEach(() => {
    stack = storageStack();
    folder = guestdFolder();
  });
  afterEach(() => {
    folder[Symbol.dispose]();
    stack[Symbol.dispose]();
  });

  it('thaws when it is stopped, and then removes the socket', async () => {
    // The last to be thawed: its thaw is not under way yet when the transport is closed.
    const others = [stack.make('a'), stack.make('b'), stack.make('c')];
    const directory = stack.make('d');
    stack.list(...others, directory);
    const path = `${directory}/ga.sock`;
    const rescued = folder.file('rescued');
    const agent = await createAgent({
      transport: unixListen(path),
      statedir: folder.path,
      systemRoot: stack.root,
    });
    await agent.start();
    using host = await Host.connect(path);
    assert.equal(await host.ask(FREEZE), '{"return": 4}');
    // If the thread of the agent waited for the thaw, nothing in this process could end that.
    const rescuer = spawn('sh', ['-c', `sleep 8; touch ${rescued}; fsfreeze -u ${directory}`]);
    try {
      await agent.stop();
      assert.deepEqual([existsSync(rescued), isThawed(directory), existsSync(path)], [false, true, false]);
    } finally {
      rescuer.kill();
    }
  });

  for (const type of ['ext4', 'btrfs'] as const) {
    const skip = type === 'btrfs' && cannotMakeBtrfs();
    const title = `thaws at its start after it was killed while frozen, and reports that to the host (${type})`;
    it(title, { skip }, async () => {
      const directory = stack.make('a', undefined, type);
      const home = `${directory}/run`;
      // A subvolume has another device number than the filesystem.
      if (type === 'btrfs') run('btrfs', '-q', 'subvolume', 'create', home);
      else run('mkdir', home);
      stack.list(directory);
      const path = `${home}/ga.sock`;
      // Where the test connects; the last path of the command line counts.
      symlinkSync(path, folder.socket);
      const serve = () => folder.serve(['-p', path, '--system-root', stack.root]);
      const killed = await serve();
      assert.equal(await killed.host.ask(FREEZE), '{"return": 1}');
      const exit = once(killed.child, 'exit');
      killed.child.kill('SIGKILL');
      await exit;

      const { host } = await serve();
      assert.equal(await host.ask(STATUS), '{"return": "thawed"}');
      assert.ok(isThawed(directory));
      assert.match(await host.ask(THAW), /by the agent: the channel is on a frozen filesystem; /);
      assert.equal(await host.ask(THAW), '{"return": 0}');
    });
  }
});
