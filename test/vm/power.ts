import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { swapDisk } from './lab/disks.js';
import type { Guest } from './lab/guest.js';
import { GUESTD_PORT, type GuestKind, guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';

/** Returns the request for a command that sends no reply on success. */
function request(command: string, args: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ execute: command, arguments: args })}\n`);
}

/** Returns the id of the current boot. */
function bootId(guest: Guest): Promise<string> {
  return guest.shell('cat /proc/sys/kernel/random/boot_id');
}

/** Returns the process that has the agent's port open, and its descriptor. */
function holderOfPort(guest: Guest): Promise<string> {
  return guest.shell(
    `find /proc/[0-9]*/fd -lname "$(readlink -f /dev/virtio-ports/${GUESTD_PORT})" 2>/dev/null || true`,
  );
}

/** Returns QEMU's status of the machine, and reports it. */
async function status(guest: Guest, context: TestContext): Promise<string> {
  const answer = (await guest.machine.monitor.execute('query-status')) as { status: string };
  context.diagnostic(`QEMU: query-status ${JSON.stringify(answer)}`);
  return answer.status;
}

/** Enables the swap area for suspend to disk, unless it is enabled. */
function swapOn(guest: Guest): Promise<string> {
  return guest.shell('grep -q /dev/vdb /proc/swaps || swapon /dev/vdb');
}

/** Returns what a suspend must not change. The agent must have replied once. */
async function identity(guest: Guest): Promise<readonly string[]> {
  const holder = await holderOfPort(guest);
  assert.match(holder, /^\/proc\/\d+\/fd\/\d+\n$/);
  return [await bootId(guest), holder];
}

/** Tests suspend, reboot, halt and powerdown of a guest; QEMU's events are reported. */
export function describePower(kind: GuestKind): void {
  const hardware = () => ({
    image: guestdImage(kind),
    disks: [swapDisk(1 << 30)],
    kernelArguments: 'resume=/dev/vdb',
  });
  describeGuest(`guestd in a real guest with ${kind}: power`, hardware, (see) => {
    see(
      'guest-suspend-disk ends QEMU; after a start the guest has the same boot id and the same agent process',
      async (guest, context) => {
        await swapOn(guest);
        const before = await guest.withHost(() => identity(guest));
        await guest.withHost(async (host) => {
          host.link.send(request('guest-suspend-disk'));
          await guest.sees(context, 'SUSPEND_DISK');
          const { data } = await guest.sees(context, 'SHUTDOWN');
          assert.deepEqual(data, { guest: true, reason: 'guest-shutdown' });
          const code = await guest.machine.ended;
          context.diagnostic(`QEMU: ended with status ${code}; started again`);
          assert.equal(code, 0);
        });
        await guest.startAgain();
        await guest.withHost(async (host) => assert.equal(await host.ask('guest-sync', { id: 4 }), 4));
        assert.deepEqual(await identity(guest), before);
        context.diagnostic(`same boot id ${before[0]?.trim()}, same descriptor ${before[1]?.trim()}`);
      },
      { patience: 400_000 },
    );

    see(
      'guest-suspend-ram suspends until the host wakes the machine; the same agent process continues',
      (guest, context) =>
        guest.withHost(async (host) => {
          const before = await identity(guest);
          host.link.send(request('guest-suspend-ram'));
          await guest.sees(context, 'SUSPEND');
          assert.equal(await status(guest, context), 'suspended');
          await guest.machine.monitor.execute('system_wakeup');
          await guest.sees(context, 'WAKEUP');
          await host.synchronize();
          assert.deepEqual(await host.ask('guest-ping'), {});
          assert.deepEqual(await identity(guest), before);
        }),
    );

    see(
      'guest-shutdown with mode reboot resets the machine, and the agent starts again',
      async (guest, context) => {
        const before = await bootId(guest);
        guest.machine.monitor.forget();
        await guest.withHost(async (host) => {
          host.link.send(request('guest-shutdown', { mode: 'reboot' }));
          const { data } = await guest.sees(context, 'RESET');
          assert.deepEqual(data, { guest: true, reason: 'guest-reset' });
        });
        await guest.isBack();
        assert.notEqual(await bootId(guest), before);
        await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
      },
      { patience: 400_000 },
    );

    see(
      'guest-shutdown with mode halt stops the kernel and leaves the machine on',
      async (guest, context) => {
        await guest.withHost(async (host) => {
          host.link.send(request('guest-shutdown', { mode: 'halt' }));
          context.diagnostic(`console: ${await guest.machine.prints('reboot: System halted')}`);
          assert.equal(await status(guest, context), 'running');
        });
        await guest.machine.monitor.execute('quit');
        await guest.startAgain();
      },
      { patience: 400_000 },
    );

    see('guest-shutdown with mode powerdown switches the machine off', async (guest, context) => {
      await guest.withHost(async (host) => {
        host.link.send(request('guest-shutdown', { mode: 'powerdown' }));
        const { data } = await guest.sees(context, 'SHUTDOWN');
        assert.deepEqual(data, { guest: true, reason: 'guest-shutdown' });
        assert.equal(await guest.machine.ended, 0);
      });
    });
  });
}
