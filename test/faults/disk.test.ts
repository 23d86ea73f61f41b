// Disks that are full, broken or read-only.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cannotMount, loopDisk, startFaultyAgent } from './faulty-agent.js';

const BLOCK = Buffer.alloc(64 * 1024, 0x5a).toString('base64');

describe('guestd with a faulty disk', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('reports a full disk, keeps the handle, and writes again once there is space', async () => {
    await using agent = await startFaultyAgent();
    using disk = loopDisk(agent.folder, 8);
    await using host = await agent.connect();
    const ballast = join(disk.directory, 'ballast');
    writeFileSync(ballast, Buffer.alloc(3_000_000));
    const path = join(disk.directory, 'file');
    const handle = await host.ask('guest-file-open', { path, mode: 'w+' });
    const write = { handle, 'buf-b64': BLOCK };
    let failure: unknown;
    while (failure === undefined) {
      failure = await host.ask('guest-file-write', write).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    assert.match(String(failure), /failed to write to file: No space left on device/);
    assert.deepEqual(await host.ask('guest-ping'), {});
    rmSync(ballast);
    await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
    await host.ask('guest-file-write', write);
    await host.ask('guest-file-flush', { handle });
    assert.equal(readFileSync(path).subarray(0, 65_536).toString('base64'), BLOCK);
    await host.ask('guest-file-close', { handle });
    await host.link[Symbol.asyncDispose]();
    await agent.assertHealthy();
  });

  it('reports a full state folder, keeps open handles, and never reuses a handle afterwards', async () => {
    await using agent = await startFaultyAgent({
      mounts: ({ statedir }) => `mount -t tmpfs -o size=64k,mode=700 none ${statedir}`,
    });
    await using host = await agent.connect();
    const open = { path: '/proc/self/comm' };
    const first = Number(await host.ask('guest-file-open', open));
    const inside = (script: string) =>
      execFileSync('nsenter', ['-t', String(agent.process.pid), '-m', '/bin/sh', '-c', script], {
        stdio: ['ignore', 'ignore', 'ignore'],
      });
    inside(`dd if=/dev/zero of=${agent.statedir}/full bs=4k || true`);
    const { desc } = await host.fails('guest-file-open', open);
    assert.equal(desc, 'failed to commit persistent state to disk');
    assert.ok(await host.ask('guest-file-read', { handle: first }));
    inside(`rm ${agent.statedir}/full`);
    const second = Number(await host.ask('guest-file-open', open));
    assert.ok(second > first);
    await agent.restart();
    await using next = await agent.connect();
    assert.ok(Number(await next.ask('guest-file-open', open)) >= 1000);
  });

  it('refuses to start in a read-only root with a message that names the state folder', async () => {
    await assert.rejects(
      startFaultyAgent({
        mounts: ({ folder }) => `mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}`,
      }),
      /failed to write persistent state to .*state\/qga.state: Read-only file system/,
    );
  });

  it('keeps answering when the root becomes read-only under it', async () => {
    await using agent = await startFaultyAgent({
      mounts: ({ folder }) => `mount --bind ${folder} ${folder}`,
    });
    const remount = (mode: string) =>
      execFileSync('nsenter', [
        ...['-t', String(agent.process.pid), '-m', 'mount'],
        ...['-o', `remount,bind,${mode}`, agent.folder],
      ]);
    await using host = await agent.connect();
    const open = { path: '/proc/self/comm' };
    const handle = await host.ask('guest-file-open', open);
    remount('ro');
    assert.equal(
      (await host.fails('guest-file-open', open)).desc,
      'failed to commit persistent state to disk',
    );
    const written = await host.fails('guest-file-open', { path: `${agent.folder}/new`, mode: 'w' });
    assert.match(written.desc, /Read-only file system/);
    assert.ok(await host.ask('guest-file-read', { handle }));
    remount('rw');
    await host.link[Symbol.asyncDispose]();
    await agent.assertHealthy();
  });

  it('reports an input/output error and keeps the handle', async () => {
    await using agent = await startFaultyAgent();
    using disk = loopDisk(agent.folder, 16);
    const path = join(disk.directory, 'file');
    writeFileSync(path, Buffer.alloc(4_000_000, 1));
    // Read from the disk again, not from the cache.
    execFileSync('umount', [disk.directory]);
    execFileSync('mount', ['-o', 'loop', disk.image, disk.directory]);
    await using host = await agent.connect();
    const handle = await host.ask('guest-file-open', { path });
    const size = statSync(disk.image).size;
    truncateSync(disk.image, 0);
    try {
      const { desc } = await host.fails('guest-file-read', { handle, count: 4_000_000 });
      assert.equal(desc, 'failed to read file: Input/output error');
      assert.deepEqual(await host.ask('guest-ping'), {});
      await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
      await host.ask('guest-file-close', { handle });
      await host.link[Symbol.asyncDispose]();
      await agent.assertHealthy();
    } finally {
      truncateSync(disk.image, size);
    }
  });

  it('starts and answers when its log file is on a full disk', async () => {
    await using agent = await startFaultyAgent({ options: ['--logfile', '/dev/full', '--verbose'] });
    await using host = await agent.connect();
    for (let index = 0; index < 100; index++) assert.deepEqual(await host.ask('guest-ping'), {});
    await host.link[Symbol.asyncDispose]();
    await agent.assertHealthy();
  });

  it('reports a file that may not be opened, and opens it once it may', async () => {
    await using agent = await startFaultyAgent({
      under: ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'],
    });
    await using host = await agent.connect();
    const path = join(agent.folder, 'locked');
    writeFileSync(path, 'text');
    chmodSync(path, 0);
    spawnSync('chown', ['65534', path]);
    assert.match((await host.fails('guest-file-open', { path })).desc, /Permission denied/);
    chmodSync(path, 0o644);
    assert.ok(await host.ask('guest-file-open', { path }));
  });
});
