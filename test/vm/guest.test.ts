// A real guest: Debian 13 under QEMU, our agent on the port that hosts expect, the C agent beside it on another.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openLink } from '../compat/link.js';
import { type Conversation, converse, shell } from './lab/conversation.js';
import { boot, type Machine } from './lab/machine.js';
import { whatIsMissing } from './lab/requirements.js';

const missing = whatIsMissing();

/** A test that takes longer than this in milliseconds waits for something that does not come. */
const timeout = 120_000;

describe('guestd in a real guest', { skip: missing ?? false, timeout: 4 * timeout }, () => {
  let machine: Machine;
  /** The C agent; it also looks after the guest for these tests. */
  let reference: Conversation;

  before(async () => {
    machine = await boot();
    reference = await converse(machine.referenceSocket);
  });
  after(async () => {
    await reference?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
  });

  const withHost = async <T>(use: (host: Conversation) => Promise<T>): Promise<T> => {
    await using host = await converse(machine.agentSocket);
    return await use(host);
  };

  it('answers a host over virtio-serial', () =>
    withHost(async (host) => {
      assert.deepEqual(await host.ask('guest-ping'), {});
      assert.equal(await host.ask('guest-sync', { id: 7 }), 7);
    }));

  it('keeps a file as the host wrote it', () =>
    withHost(async (host) => {
      const bytes = randomBytes(1_500_000);
      const handle = await host.ask('guest-file-open', { path: '/root/copy', mode: 'w+' });
      const written = await host.ask('guest-file-write', { handle, 'buf-b64': bytes.toString('base64') });
      assert.deepEqual(written, { count: bytes.length, eof: false });
      await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
      const read = (await host.ask('guest-file-read', { handle, count: 2_000_000 })) as { 'buf-b64': string };
      assert.ok(Buffer.from(read['buf-b64'], 'base64').equals(bytes));
      await host.ask('guest-file-close', { handle });
      assert.equal(await shell(reference, 'stat -c "%s %a" /root/copy'), '1500000 666\n');
    }));

  it('goes on with a half request when the host has closed its side and come back', async () => {
    await withHost(async (host) => host.link.send(Buffer.from('{"execute":"guest-')));
    await using link = await openLink(machine.agentSocket);
    link.send(Buffer.from('ping","id":"half"}\n'));
    assert.match((await link.until(Buffer.from('\n'))).toString(), /"id": "half"/);
  });

  it('serves the next host after one that left in the middle of a reply', async () => {
    await withHost(async (host) => {
      const handle = await host.ask('guest-file-open', { path: '/root/copy' });
      host.link.send(
        Buffer.from(
          `${JSON.stringify({ execute: 'guest-file-read', arguments: { handle, count: 1_500_000 } })}\n`,
        ),
      );
      await host.link.until(Buffer.from('"buf-b64"'));
    });
    await withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
  });

  it('answers two thousand requests sent at once, each of them once, in order', () =>
    withHost(async ({ link }) => {
      const ids = Array.from({ length: 2000 }, (_, id) => id);
      link.send(Buffer.from(ids.map((id) => `{"execute":"guest-ping","id":${id}}`).join('')));
      for (const id of ids) {
        assert.equal((await link.until(Buffer.from('\n'))).toString(), `{"return": {}, "id": ${id}}`);
      }
    }));

  it('goes on where it was when the machine was stopped and continued', () =>
    withHost(async (host) => {
      await machine.monitor.execute('stop');
      await machine.monitor.event('STOP');
      host.link.send(Buffer.from('{"execute":"guest-ping","id":"stopped"}'));
      await machine.monitor.execute('cont');
      assert.match((await host.link.until(Buffer.from('\n'))).toString(), /"id": "stopped"/);
    }));

  describe('with a program that writes to the root filesystem', () => {
    const counter = '/root/counter';
    const count = (): Promise<number> => shell(reference, `cat ${counter}`).then(Number);
    /** Comes back when the program has written again. */
    const writesAgain = async (): Promise<void> => {
      for (const start = await count(); (await count()) === start; );
    };

    before(async () => {
      await reference.ask('guest-exec', {
        path: '/bin/sh',
        arg: [
          '-c',
          `i=1; while :; do echo $i > ${counter}.new; mv ${counter}.new ${counter}; i=$((i + 1)); sleep 0.05; done`,
        ],
      });
      await shell(reference, `while ! test -s ${counter}; do sleep 0.1; done`);
    });

    /** Whether a program waits for a frozen filesystem, as the kernel tells. */
    const someoneWaits = async (): Promise<boolean> =>
      (await shell(reference, 'grep -ls percpu_rwsem_wait /proc/[0-9]*/wchan || true')) !== '';

    it('holds the program while frozen, root filesystem included, and lets it go on after the thaw', () =>
      withHost(async (host) => {
        const frozen = await host.ask('guest-fsfreeze-freeze');
        try {
          assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
          assert.ok(Number(frozen) >= 1);
          const { desc } = await host.fails('guest-file-open', { path: '/etc/hostname' });
          assert.equal(desc, 'Command guest-file-open has been disabled: the command is not allowed');
          while (!(await someoneWaits()));
          const stood = await count();
          assert.deepEqual(await host.ask('guest-ping'), {});
          assert.equal(await count(), stood);
        } finally {
          assert.equal(await host.ask('guest-fsfreeze-thaw'), frozen);
        }
        assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
        await writesAgain();
      }));

    it('knows that it is frozen after it was killed and started again, and thaws', async () => {
      await withHost(async (host) => {
        await host.ask('guest-fsfreeze-freeze');
      });
      await shell(reference, 'kill -KILL $(cat /sys/fs/cgroup/system.slice/guestd.service/cgroup.procs)');
      await withHost(async (host) => {
        assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
        await host.ask('guest-fsfreeze-thaw');
        assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
        assert.ok(Number(await host.ask('guest-file-open', { path: '/etc/hostname' })) >= 1000);
      });
      await writesAgain();
    });
  });

  it('powers the machine off', async () => {
    await using link = await openLink(machine.agentSocket);
    link.send(Buffer.from('\xff{"execute":"guest-shutdown","arguments":{"mode":"powerdown"}}\n', 'latin1'));
    const { data } = await machine.monitor.event('SHUTDOWN');
    assert.deepEqual(data, { guest: true, reason: 'guest-shutdown' });
    assert.equal(await machine.ended, 0);
  });
});
