// Filesystems that are stored on each other, and mount points that change while they are frozen.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Guestd, type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import type { Host } from '../../support/host.js';
import { cannotFreeze } from '../../support/loop-filesystems.js';
import { isThawed, run, type StorageStack, storageStack } from '../../support/storage-stack.js';
import { until } from '../../support/until.js';

const FREEZE = '{"execute":"guest-fsfreeze-freeze"}';
const THAW = '{"execute":"guest-fsfreeze-thaw"}';
const STATUS = '{"execute":"guest-fsfreeze-status"}';
const PING = '{"execute":"guest-ping"}';

function freezeList(...mountpoints: string[]): string {
  return JSON.stringify({ execute: 'guest-fsfreeze-freeze-list', arguments: { mountpoints } });
}

function returned(value: unknown): string {
  return `{"return": ${JSON.stringify(value)}}`;
}

async function killed(child: Guestd, signal: NodeJS.Signals = 'SIGKILL'): Promise<unknown> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return (await exit)[0];
}

describe('guestd', { skip: cannotFreeze(), timeout: 600_000 }, () => {
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

  const serve = (...args: string[]) => folder.serve(['--system-root', stack.root, ...args]);

  async function freezesAndThaws(host: Host, count: number): Promise<void> {
    assert.equal(await host.ask(FREEZE), returned(count));
    assert.equal(await host.ask(THAW), returned(count));
  }

  describe('guestd freezes a loop filesystem before the one that has its file,', () => {
    it('whatever the order of the mount list', async () => {
      const low = stack.make('low');
      const high = stack.make('high', low);
      stack.list(high, low);
      const { host } = await serve();
      await freezesAndThaws(host, 2);
      // A writer under way makes FIFREEZE wait for the disk.
      writeFileSync(`${high}/dirty`, Buffer.alloc(4_000_000));
      await freezesAndThaws(host, 2);
    });

    it('if it lies on a bind mount, in a chain, on xfs and ext4', async () => {
      const low = stack.make('low', undefined, 'xfs');
      const bind = stack.mount('--bind', low, stack.folder.file('bind'));
      const middle = stack.make('middle', bind);
      const high = stack.make('high', middle);
      stack.list(high, middle, low);
      const { host } = await serve();
      await freezesAndThaws(host, 3);
    });

    it('if it lies on an overlay', async () => {
      const low = stack.make('low');
      for (const name of ['lower', 'upper', 'work']) mkdirSync(`${low}/${name}`);
      const options = `lowerdir=${low}/lower,upperdir=${low}/upper,workdir=${low}/work`;
      const overlay = stack.mount('-t', 'overlay', '-o', options, 'overlay', stack.folder.file('overlay'));
      const high = stack.make('high', overlay);
      stack.list(high, low);
      const { host } = await serve();
      await freezesAndThaws(host, 2);
    });

    it('if its file was deleted', async () => {
      const low = stack.make('low');
      const high = stack.make('high', low);
      run('rm', `${low}/high.img`);
      stack.list(high, low);
      const { host } = await serve();
      await freezesAndThaws(host, 2);
    });
  });

  it('freezes a filesystem once that is mounted several times, by any of its mount points', async () => {
    const first = stack.make('first');
    const bind = stack.mount('--bind', first, stack.folder.file('bind'));
    const other = stack.make('other');
    stack.list(first, bind, other);
    const { host } = await serve();
    assert.equal(await host.ask(freezeList(bind, first, '/nowhere')), returned(1));
    writeFileSync(`${other}/new`, 'not blocked');
    assert.equal(await host.ask(THAW), returned(1));
    assert.equal(await host.ask(freezeList()), returned(0));
    await freezesAndThaws(host, 2);
  });

  it('thaws a filesystem that was mounted over, and keeps it from being unmounted', async () => {
    const directory = stack.make('a');
    stack.list(directory);
    const { host } = await serve();
    assert.equal(await host.ask(FREEZE), returned(1));
    assert.throws(() => run('umount', directory), /busy/);
    stack.mount('-t', 'tmpfs', 'over', directory);
    assert.equal(await host.ask(THAW), returned(1));
    stack.unmount(directory);
    assert.ok(isThawed(directory));
    stack.unmount(directory);
  });

  for (const { what, hide } of [
    { what: 'is mounted over', hide: (directory: string) => stack.mount('-t', 'tmpfs', 'over', directory) },
    { what: 'was unmounted', hide: (directory: string) => stack.unmount(directory) },
  ]) {
    it(`thaws a filesystem of an agent that was killed, although it ${what}`, async () => {
      const directory = stack.make('a');
      stack.list(directory);
      const first = await serve();
      assert.equal(await first.host.ask(FREEZE), returned(1));
      await killed(first.child);
      hide(directory);
      writeFileSync(stack.folder.file('root/proc/self/mountinfo'), '');
      const { host } = await serve();
      assert.equal(await host.ask(STATUS), returned('frozen'));
      assert.equal(await host.ask(THAW), returned(1));
      assert.equal(await host.ask(STATUS), returned('thawed'));
      // The loop device of an unmounted filesystem is free as soon as that is thawed.
      if (what === 'was unmounted') await until(() => run('losetup', '-j', `${directory}.img`) === '');
    });
  }

  /** Begins a freeze that hangs: another program has frozen the filesystem below. */
  async function hangingFreeze(): Promise<{ child: Guestd; host: Host; low: string; high: string }> {
    const low = stack.make('low');
    const high = stack.make('high', low);
    const side = stack.make('side');
    stack.list(low, high, side);
    const { child, host } = await serve();
    writeFileSync(`${high}/dirty`, Buffer.alloc(1_000_000));
    run('fsfreeze', '--freeze', low);
    host.send(FREEZE);
    const isHanging = () => run('sh', '-c', `cat /proc/${child.pid}/task/*/stat`).includes(') D ');
    await until(isHanging);
    return { child, host, low, high };
  }

  /** Starts programs that write to a file until one of them is suspended, since the freeze of that filesystem may be still to come. */
  async function suspendedWriter(path: string): Promise<ChildProcess> {
    for (;;) {
      const writer = spawn('sh', ['-c', 'echo written > "$0"', path]);
      const isSuspended = () => run('sh', '-c', `cat /proc/${writer.pid}/stat || true`).includes(') D ');
      await until(() => writer.exitCode !== null || isSuspended());
      if (writer.exitCode === null) return writer;
    }
  }

  it('cancels a FIFREEZE that hangs at SIGTERM: the others are thawed at once, and this one when it ends', async () => {
    const { child, low, high } = await hangingFreeze();
    const writer = await suspendedWriter(stack.folder.file('side/new'));
    const exit = once(child, 'exit');
    const written = once(writer, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await written, [0, null]);
    assert.equal(child.exitCode, null);
    run('fsfreeze', '--unfreeze', low);
    assert.deepEqual(await exit, [0, null]);
    assert.ok(isThawed(high));
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => /isfrozen|freeze/.test(name)),
      [],
    );
  });

  it('answers ping, status and thaw while the kernel hangs in a FIFREEZE, which the thaw cancels', async () => {
    const { host, high } = await hangingFreeze();
    host.send(PING);
    host.send(STATUS);
    host.send(THAW);
    // The thaw also thaws the filesystem that the other program has frozen, so that FIFREEZE ends.
    assert.match(await host.line(), /a thaw was requested before the freeze was complete/);
    assert.equal(await host.line(), '{"return": {}}');
    assert.match(await host.line(), /^\{"return": "(frozen|thawed)"\}$/);
    assert.match(await host.line(), /^\{"return": [123]\}$/);
    assert.equal(await host.ask(STATUS), returned('thawed'));
    assert.ok(isThawed(high));
  });

  it('continues the lease of an agent that was killed', async () => {
    const directory = stack.make('a');
    stack.list(directory);
    const first = await serve('--freeze-timeout=3');
    assert.equal(await first.host.ask(FREEZE), returned(1));
    await killed(first.child);
    const { host } = await serve('--freeze-timeout=0');
    while ((await host.ask(STATUS)) !== returned('thawed'));
    assert.ok(isThawed(directory));
    assert.match(
      await host.ask(THAW),
      /^\{"error": .*filesystems were thawed at .*Z by the agent: no guest-fsfreeze-thaw/,
    );
    assert.equal(await host.ask(THAW), returned(0));
  });

  it('thaws at SIGTERM under a service manager, and the next thaw fails once', async () => {
    const directory = stack.make('a');
    stack.list(directory);
    const log = `${directory}/log`;
    const first = await folder.serve(['--system-root', stack.root, '-v', '-l', log], { INVOCATION_ID: 'x' });
    assert.equal(await first.host.ask(FREEZE), returned(1));
    assert.equal(await killed(first.child, 'SIGTERM'), 0);
    assert.ok(isThawed(directory));
    const { host } = await serve();
    assert.equal(await host.ask(STATUS), returned('thawed'));
    assert.match(
      await host.ask(THAW),
      /by the agent: the agent was stopped; the snapshot may be inconsistent/,
    );
    assert.equal(await host.ask(THAW), returned(0));
    assert.ok(!existsSync(folder.file('guestd.freeze')));
  });

  it('ignores SIGTERM while frozen without a service manager, and thaws with --thaw-on-stop', async () => {
    const directory = stack.make('a');
    stack.list(directory);
    const first = await folder.serve(['--system-root', stack.root], { INVOCATION_ID: undefined });
    assert.equal(await first.host.ask(FREEZE), returned(1));
    first.child.kill('SIGTERM');
    assert.equal(await first.host.ask(PING), '{"return": {}}');
    assert.equal(await first.host.ask(STATUS), returned('frozen'));
    assert.equal(await first.host.ask(THAW), returned(1));
    await killed(first.child);
    const second = await serve('--thaw-on-stop');
    assert.equal(await second.host.ask(FREEZE), returned(1));
    assert.equal(await killed(second.child, 'SIGTERM'), 0);
    assert.ok(isThawed(directory));
  });

  describe('guestd --thaw-after-exit', () => {
    const thawAfterExit = (...args: string[]) =>
      folder.run('--thaw-after-exit', '-t', folder.path, '--system-root', stack.root, ...args);

    it('thaws what an agent that was killed has frozen, and runs its hook with thaw', async () => {
      const directory = stack.make('a');
      stack.list(directory);
      const hook = folder.file('hook');
      writeFileSync(hook, `#!/bin/sh\necho $1 >> ${folder.file('calls')}\n`, { mode: 0o755 });
      const { child, host } = await serve(`-F${hook}`);
      assert.equal(await host.ask(FREEZE), returned(1));
      await killed(child);
      assert.deepEqual(await thawAfterExit(`-F${hook}`), {
        code: 0,
        stdout: 'thawed 1 filesystems and ran 1 hooks with thaw\n',
        stderr: '',
      });
      assert.ok(isThawed(directory));
      assert.equal(readFileSync(folder.file('calls'), 'utf8'), 'freeze\nthaw\n');
      assert.deepEqual(await thawAfterExit(), { code: 0, stdout: 'nothing is frozen\n', stderr: '' });
      const next = await serve();
      assert.match(
        await next.host.ask(THAW),
        /by the agent: the agent had ended; the snapshot may be inconsistent/,
      );
    });

    it('does nothing while an agent is running', async () => {
      const directory = stack.make('a');
      stack.list(directory);
      const { host } = await serve();
      assert.equal(await host.ask(FREEZE), returned(1));
      const { code, stdout, stderr } = await thawAfterExit();
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /error: an agent is running and uses the state folder/);
      assert.equal(await host.ask(STATUS), returned('frozen'));
      assert.equal(await host.ask(THAW), returned(1));
    });

    for (const { what, files } of [
      { what: 'the record of the agent before it', files: ['qga.state.isfrozen'] },
      { what: 'nothing but the flag file', files: ['guestd.freeze'] },
    ]) {
      it(`does nothing while an agent is running that has started frozen with ${what}`, async () => {
        const directory = stack.make('a');
        stack.list(directory);
        const first = await serve();
        assert.equal(await first.host.ask(FREEZE), returned(1));
        await killed(first.child);
        for (const file of files) unlinkSync(folder.file(file));
        const { host } = await serve();
        const { code, stdout } = await thawAfterExit();
        assert.deepEqual([code, stdout], [1, '']);
        assert.equal(await host.ask(STATUS), returned('frozen'));
        assert.equal(await host.ask(THAW), returned(1));
      });
    }
  });
});
