// guestd's Debian package in a guest with Debian's C agent: it replaces that agent, and is removed without a trace.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { filesDisk } from './lab/disks.js';
import type { Guest } from './lab/guest.js';
import { GUESTD_PORT, guestImage } from './lab/guest-image.js';
import { guestdPackage } from './lab/guestd-package.js';
import { describeGuest } from './lab/suite.js';
import { apparmorProfile, describeSandboxes } from './sandboxes.js';

/** Returns the program that has the agent's port open. */
function programOfPort(guest: Guest): Promise<string> {
  return guest.shell(`port=$(readlink -f /dev/virtio-ports/${GUESTD_PORT})
    fd=$(find /proc/[0-9]*/fd -lname "$port" 2>/dev/null)
    readlink "\${fd%/fd/*}/exe"`);
}

/** Lists every file of the root filesystem with its type and mode, except dpkg's database. */
function listFiles(guest: Guest, into: string): Promise<string> {
  return guest.shell(
    `find / -xdev -path /var/lib/dpkg -prune -o -printf '%p %y %m %l\\n' | LC_ALL=C sort > ${into}`,
  );
}

const CONFIGURATION = '/etc/qemu/qemu-ga.conf';

function hardware() {
  return {
    image: guestImage(),
    disks: [
      filesDisk(
        { 'guestd.deb': readFileSync(guestdPackage()), 'guestd.apparmor': apparmorProfile() },
        '200M',
      ),
      filesDisk({}, '20M'),
    ],
    kernelArguments: 'apparmor=1',
  };
}

describeGuest("guestd's Debian package in a real guest", hardware, (see) => {
  see('starts in a guest where the C agent is running', async (guest, context) => {
    const info = (await guest.withHost((host) => host.ask('guest-info'))) as { version: string };
    context.diagnostic(`qemu-ga ${info.version}`);
    assert.equal(await programOfPort(guest), '/usr/sbin/qemu-ga\n');
    await listFiles(guest, '/run/before');
    await guest.shell('mount -r /dev/vdb /mnt');
  });

  see(
    'replaces the C agent on dpkg -i, with a connected host and a program that writes',
    (guest) =>
      guest.withHost(async (host) => {
        await guest.shell(`mkdir -p /etc/qemu; printf '[general]\\nblock-rpcs=guest-file-flush\\n' > ${CONFIGURATION}
          systemd-run --quiet --unit writer /bin/sh -c 'while :; do dd if=/dev/urandom of=/root/written bs=64k count=4 conv=fsync status=none; sleep 0.1; done'`);
        assert.deepEqual(await host.ask('guest-ping'), {});
        await guest.shell('dpkg -i /mnt/guestd.deb');
        await host.synchronize();
        assert.deepEqual(await host.ask('guest-ping'), {});
        assert.equal(await programOfPort(guest), '/usr/sbin/guestd\n');
        assert.equal(await guest.shell('systemctl is-active writer'), 'active\n');
        // Its configuration may remain.
        assert.match(await guest.shell('dpkg --list qemu-guest-agent | tail -n 1'), /^.[cn] /);
        await guest.shell('systemctl stop writer; rm /root/written');
      }),
    { patience: 400_000 },
  );

  see('installs one executable file and its native addon, in a guest without Node', async (guest) => {
    assert.equal(await guest.shell('command -v node || true'), '');
    const found = await guest.shell("find / -xdev -name '*.node' -o -xdev -name 'node_modules'");
    assert.equal(found, '/usr/lib/guestd/koffi.node\n');
  });

  see('uses the configuration of the C agent', async (guest) => {
    await guest.withHost(async (host) => {
      const { desc } = await host.fails('guest-file-flush', { handle: 1 });
      assert.equal(desc, 'Command guest-file-flush has been disabled: the command is not allowed');
    });
    await guest.shell(
      `rm ${CONFIGURATION}; rmdir --ignore-fail-on-non-empty /etc/qemu; systemctl restart guestd`,
    );
    await guest.withHost(async (host) => {
      const { desc } = await host.fails('guest-file-flush', { handle: 1 });
      assert.equal(desc, "handle '1' has not been found");
    });
  });

  describeSandboxes(see);

  see(
    'stops the agent when the port is unplugged, and starts it when the port is plugged in',
    async (guest) => {
      await guest.machine.unplug(GUESTD_PORT);
      // Until ExecStopPost has ended, too.
      await guest.shell(
        'until systemctl is-active guestd | grep -q -e inactive -e failed; do sleep 0.2; done',
      );
      await guest.machine.plug(GUESTD_PORT);
      await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
      assert.equal(await guest.shell('systemctl is-active guestd'), 'active\n');
    },
    { patience: 600_000 },
  );

  see(
    'leaves no trace after dpkg --purge',
    async (guest) => {
      await guest.shell('dpkg --purge guestd qemu-guest-agent');
      await listFiles(guest, '/run/after');
      assert.equal(await guest.shell('LC_ALL=C comm -13 /run/before /run/after'), '');
      assert.equal(await guest.shell("find /run /tmp /var/tmp -name '*guestd*'"), '');
      assert.equal(await guest.shell("find /run -name 'qga*' -not -path '/run/reference/*'"), '');
      assert.equal(await guest.shell('systemctl list-unit-files --no-legend "guestd*" || true'), '');
      assert.equal(await guest.shell('dpkg --list | grep -c guestd || true'), '0\n');
    },
    { patience: 240_000 },
  );
});
