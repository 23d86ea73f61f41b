// Freezing a real guest, its root filesystem included, while it works.
import assert from 'node:assert/strict';
import type { Conversation } from './lab/conversation.js';
import type { Guest } from './lab/guest.js';
import { guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';

const COUNTER = '/root/counter';

/** Returns the counter of the program that writes. */
function count(guest: Guest): Promise<number> {
  return guest.shell(`cat ${COUNTER}`).then(Number);
}

/** Waits until the program has written again. */
async function writesAgain(guest: Guest): Promise<void> {
  for (const start = await count(guest); (await count(guest)) === start; );
}

/** Writes to the root filesystem, which waits while that is frozen. */
function writes(guest: Guest): Promise<string> {
  return guest.shell('echo written > /root/written; rm /root/written');
}

/** Waits until the kernel shows a program that waits for a frozen filesystem. */
function someoneWaits(guest: Guest): Promise<string> {
  return guest.shell('until grep -ls percpu_rwsem_wait /proc/[0-9]*/wchan; do sleep 0.05; done');
}

/** Runs a step while the guest is frozen, and thaws it afterwards in any case. */
async function frozen<T>(host: Conversation, use: () => Promise<T>): Promise<T> {
  const count = await host.ask('guest-fsfreeze-freeze');
  try {
    assert.ok(Number(count) >= 1);
    return await use();
  } finally {
    assert.equal(await host.ask('guest-fsfreeze-thaw'), count);
  }
}

/** Returns the available memory in bytes. */
function available(guest: Guest): Promise<number> {
  return guest.shell("awk '/^MemAvailable/ { print $2 * 1024 }' /proc/meminfo").then(Number);
}

describeGuest(
  'guestd in a real guest: freezing',
  () => ({ image: guestdImage() }),
  (see) => {
    see('freezes the same number of filesystems as the C agent in the same guest', async (guest) => {
      const theirs = await guest.reference.ask('guest-fsfreeze-freeze');
      assert.equal(await guest.reference.ask('guest-fsfreeze-thaw'), theirs);
      await guest.withHost(async (host) => {
        assert.equal(await host.ask('guest-fsfreeze-freeze'), theirs);
        assert.equal(await host.ask('guest-fsfreeze-thaw'), theirs);
      });
    });

    see('suspends a program that writes to the root filesystem until the thaw', async (guest) => {
      await guest.shell(`systemd-run --quiet --unit writer /bin/sh -c '
      i=1; while :; do echo $i > ${COUNTER}.new; mv ${COUNTER}.new ${COUNTER}; i=$((i + 1)); sleep 0.05; done'
      while ! test -s ${COUNTER}; do sleep 0.1; done`);
      await guest.withHost(async (host) => {
        await frozen(host, async () => {
          assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
          const { desc } = await host.fails('guest-file-open', { path: '/etc/hostname' });
          assert.equal(desc, 'Command guest-file-open has been disabled: the command is not allowed');
          await someoneWaits(guest);
          const stood = await count(guest);
          assert.deepEqual(await host.ask('guest-ping'), {});
          assert.equal(await count(guest), stood);
        });
        assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
        await writesAgain(guest);
      });
    });

    see('thaws for a host that connects after the one that froze has disconnected', async (guest) => {
      await guest.withHost((host) => host.ask('guest-fsfreeze-freeze'));
      await guest.withHost(async (host) => {
        assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
        assert.ok(Number(await host.ask('guest-fsfreeze-thaw')) >= 1);
      });
      await writesAgain(guest);
    });

    see('freezes and thaws twenty times while the program writes', async (guest) => {
      await guest.withHost(async (host) => {
        for (let time = 1; time <= 20; time++) await frozen(host, async () => host.ask('guest-ping'));
      });
      await writesAgain(guest);
    });

    see('freezes and thaws with hardly any free memory', async (guest, context) => {
      // Files in a memory filesystem cannot be written out without swap.
      await guest.shell(`mount -o remount,size=100% /dev/shm
      need=$(awk '/^MemAvailable/ { print int($2 / 1024) - 45 }' /proc/meminfo)
      dd if=/dev/zero of=/dev/shm/hog bs=1M count=$need status=none`);
      try {
        await guest.withHost((host) =>
          frozen(host, async () => {
            const left = await available(guest);
            context.diagnostic(`${(left / 1e6).toFixed(0)} MB of memory available while frozen`);
            assert.ok(left < 60e6);
            await someoneWaits(guest);
            assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
          }),
        );
      } finally {
        await guest.shell('rm /dev/shm/hog');
      }
      await writesAgain(guest);
      assert.equal(await guest.shell('dmesg | grep -ci "out of memory" || true'), '0\n');
    });

    see('reports the frozen state and thaws after it was killed and restarted', async (guest) => {
      await guest.withHost((host) => host.ask('guest-fsfreeze-freeze'));
      await guest.shell('systemctl kill --signal=KILL guestd');
      await guest.withHost(async (host) => {
        assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
        await host.ask('guest-fsfreeze-thaw');
        assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
        assert.ok(Number(await host.ask('guest-file-open', { path: '/etc/hostname' })) >= 1000);
      });
      await writesAgain(guest);
    });

    see('thaws when the service is stopped', async (guest) => {
      await guest.withHost((host) => host.ask('guest-fsfreeze-freeze'));
      await guest.shell('systemctl stop guestd');
      await writes(guest);
      assert.equal(await guest.shell('systemctl is-active guestd || true'), 'inactive\n');
      await guest.shell('systemctl start guestd');
    });

    see(
      'thaws when the service is stopped and the agent has to be killed',
      async (guest) => {
        const folder = '/run/systemd/system/guestd.service.d';
        // A signal that the agent does not notice. The time is also that of the command which thaws, and the guest is emulated.
        await guest.shell(`mkdir -p ${folder}
      printf '[Service]\\nKillSignal=SIGWINCH\\nTimeoutStopSec=40\\n' > ${folder}/deaf.conf
      systemctl daemon-reload`);
        try {
          await guest.withHost((host) => host.ask('guest-fsfreeze-freeze'));
          await guest.shell('systemctl stop guestd');
          await writes(guest);
          assert.equal(await guest.shell('systemctl show --property Result guestd'), 'Result=timeout\n');
          assert.equal(await guest.shell('ls /run/qga.state.isfrozen 2>/dev/null || true'), '');
        } finally {
          await guest.shell(`rm -r ${folder}; systemctl daemon-reload; systemctl restart guestd`);
        }
        // The host has not thawed: its snapshot may be inconsistent.
        await guest.withHost(async (host) => {
          const { desc } = await host.fails('guest-fsfreeze-thaw');
          assert.match(String(desc), /were thawed at .*; the snapshot may be inconsistent/);
        });
      },
      { patience: 400_000 },
    );

    see('keeps its lease when the clock of the guest is set', async (guest) => {
      await guest.withHost((host) =>
        frozen(host, async () => {
          for (const step of ['+1 day', '-2 days', '+1 day']) {
            await guest.shell(`date --set '${step}'`);
            assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
          }
        }),
      );
      await writesAgain(guest);
    });

    see('is not killed by a watchdog of systemd while it is frozen', async (guest) => {
      const folder = '/run/systemd/system/guestd.service.d';
      const seconds = 4;
      await guest.shell(`mkdir -p ${folder}
      printf '[Service]\\nType=notify\\nNotifyAccess=main\\nWatchdogSec=${seconds}\\n' > ${folder}/watchdog.conf
      systemctl daemon-reload; systemctl restart guestd`);
      const life = (): Promise<string> => guest.shell('systemctl show --property MainPID,NRestarts guestd');
      try {
        await guest.withHost((host) =>
          frozen(host, async () => {
            const before = await life();
            // Wait longer than the watchdog's interval.
            await guest.shell(`sleep ${3 * seconds}`);
            assert.equal(await host.ask('guest-fsfreeze-status'), 'frozen');
            assert.equal(await life(), before);
          }),
        );
      } finally {
        await guest.shell(`rm -r ${folder}; systemctl daemon-reload; systemctl restart guestd`);
      }
    });

    see('keeps its state and its log across all freezes', async (guest) => {
      const handle = await guest.withHost(async (host) =>
        Number(await host.ask('guest-file-open', { path: '/etc/hostname' })),
      );
      // The counter of handles continues; it is written ahead.
      const state = await guest.shell('cat /run/qga.state');
      assert.ok(Number(/^fd_counter=(\d+)$/m.exec(state)?.[1]) > handle, state);
      assert.equal(await guest.shell('ls /run/qga.state.isfrozen 2>/dev/null || true'), '');
      const log = await guest.shell('journalctl --boot --no-pager --output cat _SYSTEMD_UNIT=guestd.service');
      const times = (text: string): number => log.split(text).length - 1;
      assert.equal(times('guest-fsfreeze called'), times('guest-fsthaw called'));
      assert.ok(times('guest-fsthaw called') >= 24, log);
      assert.equal(await guest.shell('systemctl is-active guestd'), 'active\n');
    });
  },
);
