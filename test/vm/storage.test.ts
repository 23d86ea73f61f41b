// Both agents in one guest with every kind of disk: both must list, trim and freeze the same.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Conversation } from './lab/conversation.js';
import { emptyDisk, partitionedDisk } from './lab/disks.js';
import type { Guest } from './lab/guest.js';
import { guestdImage } from './lab/guest-image.js';
import type { Hardware } from './lab/machine.js';
import { describeGuest } from './lab/suite.js';

const MiB = 2 ** 20;

/** The virtio disks are vda (the root), vdb with two partitions, vdc and vdd. The others have serial numbers. */
function hardware(): Hardware {
  return {
    image: guestdImage('storage'),
    disks: [partitionedDisk(130 * MiB, 64 * MiB), emptyDisk(64 * MiB), emptyDisk(64 * MiB)],
    devices: [
      'virtio-scsi-pci,id=scsi',
      'lsi53c895a,id=lsi',
      'qemu-xhci,id=usb',
      'virtio-net-pci,netdev=net0,mac=52:54:00:12:34:56',
      'pcie-root-port,id=bridge,chassis=1',
      'virtio-scsi-pci,id=behind,bus=bridge',
    ],
    networks: ['user,id=net0,restrict=on,ipv6=on'],
    otherDisks: [
      { make: emptyDisk(64 * MiB), device: 'scsi-hd,bus=scsi.0,scsi-id=1,lun=3,serial=SCSI1' },
      { make: emptyDisk(64 * MiB), device: 'scsi-hd,bus=lsi.0,scsi-id=4,serial=LSI4' },
      { make: emptyDisk(64 * MiB), device: 'ide-hd,bus=ide.1,serial=SATA1' },
      { make: emptyDisk(64 * MiB), device: 'ide-hd,bus=ide.4,serial=SATA4' },
      { make: emptyDisk(64 * MiB), device: 'nvme,serial=NVME1' },
      { make: emptyDisk(160 * MiB), device: 'usb-storage,bus=usb.0,serial=USB1' },
      { make: emptyDisk(64 * MiB), device: 'scsi-hd,bus=behind.0,scsi-id=2,serial=BEHIND2' },
    ],
  };
}

/** Returns a shell expression for a disk's device node, by its serial number in udev's database. */
function bySerial(serial: string): string {
  return `$(node ${serial})`;
}

/**
 * Creates filesystems on partitions, LVM volumes, LUKS, btrfs subvolumes, md, and on loop devices with files on a partition
 * and on an overlay, and a bind mount.
 */
const furnish = `set -e
node() {
  for uevent in /sys/block/*/uevent; do
    name=\${uevent%/uevent}; name=\${name##*/}
    if grep -qs "^E:ID_SERIAL.*$1" /run/udev/data/b$(cat /sys/block/$name/dev); then echo /dev/$name; fi
  done | head -n 1
}
udevadm settle
for serial in SCSI1 LSI4 SATA1 SATA4 NVME1 USB1 BEHIND2; do test -n "$(node $serial)"; done
mkdir -p /srv/part /srv/volume /srv/striped /srv/secret /srv/tree /srv/branch /srv/loop '/srv/a name' /srv/raid
mkdir -p /srv/overlay /srv/inner
mkfs.ext4 -q /dev/vdb1
mount /dev/vdb1 /srv/part
vgcreate -qq group ${bySerial('SCSI1')} ${bySerial('NVME1')} ${bySerial('LSI4')}
lvcreate -qq -n volume -L 32M group
mkfs.ext4 -q /dev/group/volume
mount /dev/group/volume /srv/volume
lvcreate -qq -n striped -i 3 -L 36M group
mkfs.ext4 -q /dev/group/striped
mount /dev/group/striped /srv/striped
printf secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 ${bySerial('SATA1')} -
printf secret | cryptsetup open ${bySerial('SATA1')} secret -
mkfs.ext4 -q /dev/mapper/secret
mount /dev/mapper/secret /srv/secret
mkfs.btrfs -q ${bySerial('USB1')}
mount ${bySerial('USB1')} /srv/tree
btrfs -q subvolume create /srv/tree/branch
mount -o subvol=branch ${bySerial('USB1')} /srv/branch
truncate -s 32M /srv/part/image
mkfs.ext4 -q /srv/part/image
mount -o loop /srv/part/image /srv/loop
mkfs.ext4 -q ${bySerial('BEHIND2')}
mount ${bySerial('BEHIND2')} '/srv/a name'
mount --bind /srv/part /mnt
mdadm -q --create /dev/md0 --run --assume-clean --metadata=1.2 --level=1 --raid-devices=2 /dev/vdc /dev/vdd
mkfs.ext4 -q /dev/md0
mount /dev/md0 /srv/raid
mkdir /srv/volume/upper /srv/volume/work
mount -t overlay -o lowerdir=/srv/part,upperdir=/srv/volume/upper,workdir=/srv/volume/work overlay /srv/overlay
truncate -s 8M /srv/overlay/image2
mkfs.ext4 -q /srv/overlay/image2
mount -o loop /srv/overlay/image2 /srv/inner
ip link set lo up
ip addr add 192.0.2.7/24 dev $(ls /sys/class/net | grep -v lo | head -n 1)
ip link set $(ls /sys/class/net | grep -v lo | head -n 1) up
ip route add 198.51.100.0/24 via 192.0.2.1
udevadm settle`;

type Reply = Readonly<Record<string, unknown>>;

/** Sends a request to both agents, the C agent first, and returns both results. */
async function both(guest: Guest, command: string, args?: Reply): Promise<readonly [unknown, unknown]> {
  const theirs = await guest.reference.ask(command, args);
  const ours = await guest.withHost((host: Conversation) => host.ask(command, args));
  return [theirs, ours];
}

/** As {@link both}, again until the C agent says the same before and after: the guest may still configure its network. */
async function bothAtRest(
  guest: Guest,
  command: string,
  changing: ReadonlySet<string>,
): Promise<readonly [unknown, unknown]> {
  for (;;) {
    const replies = (await both(guest, command)).map((reply) => still(reply, changing));
    const [theirs, ours] = replies;
    if (isDeepStrictEqual(still(await guest.reference.ask(command), changing), theirs)) return [theirs, ours];
  }
}

/** Replaces the values of changing members, at any depth, by their types. */
function still(value: unknown, changing: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((element) => still(element, changing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      changing.has(name) ? typeof member : still(member, changing),
    ]),
  );
}

/** Read-only commands, with the members of their replies that change over time. */
const looking: readonly (readonly [command: string, ...changing: string[]])[] = [
  ['guest-fsfreeze-status'],
  ['guest-get-fsinfo', 'used-bytes'],
  ['guest-get-disks', 'smart'],
  [
    'guest-get-diskstats',
    ...['read', 'write', 'discard'].flatMap((kind) =>
      ['sectors', 'ios', 'merges', 'ticks'].map((unit) => `${kind}-${unit}`),
    ),
    ...['flush-ios', 'flush-ticks', 'ios-pgr', 'total-ticks', 'weight-ticks'],
  ],
  [
    'guest-network-get-interfaces',
    'rx-bytes',
    'rx-packets',
    'tx-bytes',
    'tx-packets',
    'rx-dropped',
    'tx-dropped',
  ],
  ['guest-network-get-route'],
  ['guest-get-vcpus'],
  [
    'guest-get-cpustats',
    'user',
    'nice',
    'system',
    'idle',
    'iowait',
    'irq',
    'softirq',
    'steal',
    'guest',
    'guestnice',
  ],
  ['guest-get-memory-blocks'],
  ['guest-get-memory-block-info'],
];

describeGuest('guestd and the C agent in a guest with every kind of disk', hardware, (see) => {
  see(
    'finds disks on every kind of controller',
    async (guest) => {
      await guest.shell(furnish);
      const disks = (await guest.withHost((host) => host.ask('guest-get-disks'))) as readonly {
        readonly name: string;
        readonly address?: { readonly 'bus-type': string };
      }[];
      const buses = new Set(disks.flatMap(({ address }) => address?.['bus-type'] ?? []));
      assert.deepEqual([...buses].sort(), ['nvme', 'sata', 'scsi', 'usb', 'virtio']);
    },
    // Creating nine filesystems takes long in an emulated machine.
    { patience: 600_000 },
  );

  for (const [command, ...changing] of looking) {
    see(`returns the same for ${command} as the C agent`, async (guest, context) => {
      const [theirs, ours] = await bothAtRest(guest, command, new Set(changing));
      context.diagnostic(`${command}: ${JSON.stringify(ours).slice(0, 300)}`);
      assert.deepEqual(ours, theirs);
    });
  }

  see('returns the same health of an NVMe disk as the C agent', async (guest) => {
    const smartOf = (disks: unknown): unknown =>
      (disks as readonly Reply[]).find(({ name }) => String(name).startsWith('/dev/nvme'))?.['smart'];
    const [theirs, ours] = (await both(guest, 'guest-get-disks')).map(smartOf);
    const changing = new Set(
      ['data-units-read', 'data-units-written', 'host-read-commands', 'host-write-commands'].map(
        (name) => `${name}-lo`,
      ),
    );
    assert.equal((ours as Reply)['type'], 'nvme');
    assert.deepEqual(still(ours, changing), still(theirs, changing));
  });

  see('trims the same filesystems as the C agent, with the same errors for the others', async (guest) => {
    const outcomes = (response: unknown): unknown =>
      still((response as Reply)['paths'], new Set(['trimmed']));
    const [theirs, ours] = await both(guest, 'guest-fstrim', { minimum: 4096 });
    assert.deepEqual(outcomes(ours), outcomes(theirs));
  });

  see('freezes the same number of filesystems as the C agent', async (guest) => {
    const frozenBy = async (agent: Conversation): Promise<unknown> => {
      const frozen = await agent.ask('guest-fsfreeze-freeze');
      assert.equal(await agent.ask('guest-fsfreeze-thaw'), frozen);
      return frozen;
    };
    const theirs = await frozenBy(guest.reference);
    assert.equal(await guest.withHost(frozenBy), theirs);
    assert.ok(Number(theirs) >= 8, `${theirs}`);
  });

  see('freezes only the filesystems in the list', (guest) =>
    guest.withHost(async (host) => {
      // A subvolume and a bind mount stand for their filesystem, which is frozen once.
      const mountpoints = ['/srv/secret', '/srv/branch', '/srv/tree', '/mnt', '/nowhere'];
      assert.equal(await host.ask('guest-fsfreeze-freeze-list', { mountpoints }), 3);
      assert.equal(await host.ask('guest-fsfreeze-thaw'), 3);
    }),
  );

  see('suspends a writer on each filesystem until the thaw', async (guest) => {
    const folders =
      '/srv/part /srv/volume /srv/striped /srv/secret /srv/branch /srv/loop /srv/raid /srv/inner';
    await guest.shell(`for folder in ${folders}; do
      cd $folder
      setsid sh -c 'i=1; while :; do echo $i > counter.new; mv counter.new counter; i=$((i + 1)); sleep 0.1; done' \
        </dev/null >/dev/null 2>&1 &
      echo $! >> /run/writers
      until test -s counter; do sleep 0.1; done
    done`);
    const counters = async (): Promise<readonly string[]> =>
      (await guest.shell(`for folder in ${folders}; do cat $folder/counter; done`)).trim().split('\n');
    await guest.withHost(async (host) => {
      const count = await host.ask('guest-fsfreeze-freeze');
      try {
        const stood = await counters();
        await guest.shell('sleep 0.5');
        assert.deepEqual(await counters(), stood);
        assert.equal(stood.length, folders.split(' ').length);
      } finally {
        assert.equal(await host.ask('guest-fsfreeze-thaw'), count);
      }
      const before = await counters();
      const moves = async (): Promise<boolean> =>
        (await counters()).every((counter, index) => counter !== before[index]);
      while (!(await moves()));
    });
    await guest.shell('kill $(cat /run/writers)');
  });

  see('has the commands of the C agent in the same order', async (guest) => {
    const names = (info: unknown): readonly unknown[] =>
      (info as { supported_commands: readonly Reply[] }).supported_commands.map(({ name }) => name);
    const [theirs, ours] = (await both(guest, 'guest-info')).map(names);
    assert.deepEqual(ours, theirs);
  });
});
