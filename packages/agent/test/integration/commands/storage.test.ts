import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type StorageDevices, storageModule } from '../../../src/commands/storage.js';
import { context } from '../../support/command-context.js';
import { type DeviceFolder, deviceFolder } from '../../support/device-folder.js';
import { collectingLogger } from '../../support/logger.js';
import { cannotFreeze, loopFilesystems } from '../../support/loop-filesystems.js';

const noDevices: StorageDevices = {
  trim: async () => ({ error: 'no disk' }),
  space: async () => undefined,
  smart: async () => undefined,
};

function commandsOf(root: string, devices: Partial<StorageDevices> = {}, log = collectingLogger()) {
  const { handlers } = storageModule({ log, root }, { ...noDevices, ...devices });
  return {
    trim: async (minimum?: number | bigint) =>
      handlers['guest-fstrim'](minimum === undefined ? {} : { minimum }, context),
    disks: async () => handlers['guest-get-disks'](undefined, context),
    filesystems: async () => handlers['guest-get-fsinfo'](undefined, context),
    statistics: async () => handlers['guest-get-diskstats'](undefined, context),
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

function mount(folder: DeviceFolder, ...mounts: readonly [number: string, directory: string][]): void {
  const lines = mounts.map(
    ([number, directory], i) => `${i} 0 ${number} / ${directory} rw - ext4 /dev/x rw\n`,
  );
  folder.write('proc/self/mountinfo', lines.join(''));
}

/** Two virtio disks, the first with a partition, and a volume on a partition and the second disk. */
function guest(): DeviceFolder {
  const folder = deviceFolder();
  const vda = 'pci0000:00/0000:00:02.0/virtio0/block/vda';
  const vdb = 'pci0000:00/0000:00:03.0/virtio1/block/vdb';
  folder.block(vda, '254:0', { udev: ['E:ID_SERIAL=first'] });
  folder.block(`${vda}/vda1`, '254:1', { partition: true });
  folder.block(vdb, '254:16');
  folder.block('virtual/block/dm-0', '253:0', {
    slaves: [`${vda}/vda1`, vdb],
    udev: ['E:DM_NAME=vg-data'],
  });
  for (const slot of [2, 3]) {
    folder.link(`sys/devices/pci0000:00/0000:00:0${slot}.0/driver`, 'sys/bus/pci/drivers/virtio-pci');
  }
  mkdirSync(folder.file('sys/bus/pci/drivers/virtio-pci'), { recursive: true });
  return folder;
}

function disk(slot: number, dev: string, serial?: string) {
  return {
    'pci-controller': { domain: 0, bus: 0, slot, function: 0 },
    'bus-type': 'virtio',
    bus: 0,
    target: 0,
    unit: 0,
    ...(serial !== undefined && { serial }),
    dev,
  };
}

describe('guest-get-fsinfo', () => {
  test('lists filesystems, the last mounted first, and the disks under them', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/'], ['253:0', '/srv/my\\040data']);
    const [volume, root] = await commandsOf(folder.path).filesystems();
    assert.deepEqual(root, {
      name: 'vda1',
      mountpoint: '/',
      type: 'ext4',
      disk: [disk(2, '/dev/vda1')],
    });
    assert.equal(volume?.name, 'dm-0');
    assert.equal(volume?.mountpoint, '/srv/my data');
    const byNode = (a: { dev?: string }, b: { dev?: string }) => ((a.dev ?? '') < (b.dev ?? '') ? -1 : 1);
    assert.deepEqual([...(volume?.disk ?? [])].sort(byNode), [disk(2, '/dev/vda1'), disk(3, '/dev/vdb')]);
  });

  test('counts bytes from blocks', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/']);
    const space = async () => ({ blockSize: 1024n, blocks: 2n ** 54n, free: 100n, available: 60n });
    const [root] = await commandsOf(folder.path, { space }).filesystems();
    assert.deepEqual(Object.entries(root ?? {}).slice(3, 6), [
      ['used-bytes', 2n ** 64n - 102400n],
      ['total-bytes', 2n ** 64n - 40n * 1024n],
      ['total-bytes-privileged', 2n ** 64n],
    ]);
  });

  test('reads one filesystem after the other, so that hung ones block one thread only', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/'], ['254:16', '/b'], ['253:0', '/c']);
    let asked = 0;
    const never = new Promise<undefined>(() => {});
    void commandsOf(folder.path, {
      space() {
        asked += 1;
        return never;
      },
    }).filesystems();
    await setImmediate();
    assert.equal(asked, 1);
  });

  test('uses the device number for a device that /sys does not have, as in a container', async () => {
    using folder = guest();
    mount(folder, ['9:127', '/']);
    assert.deepEqual(await commandsOf(folder.path).filesystems(), [
      { name: '9:127', mountpoint: '/', type: 'ext4', disk: [] },
    ]);
  });

  test('lists no disks for a virtual device without slaves', async () => {
    using folder = guest();
    folder.block('virtual/block/loop0', '7:0');
    rmSync(folder.file('sys/devices/virtual/block/loop0/slaves'), { recursive: true });
    mount(folder, ['7:0', '/mnt']);
    assert.deepEqual((await commandsOf(folder.path).filesystems())[0]?.disk, []);
  });

  test('fails for a link loop in /sys', async () => {
    using folder = guest();
    mount(folder, ['8:8', '/']);
    symlinkSync('8:8', folder.file('sys/dev/block/8:8'));
    await fails(
      commandsOf(folder.path).filesystems(),
      'realpath("/sys/dev/block/8:8"): Too many levels of symbolic links',
    );
  });

  test('fails without a mount list', async () => {
    using folder = guest();
    await fails(commandsOf(folder.path).filesystems(), "failed to open mtab file: '/proc/self/mounts'");
  });
});

describe('guest-get-disks', () => {
  const byName = <T extends { name: string }>(disks: readonly T[]): T[] =>
    [...disks].sort((a, b) => (a.name < b.name ? -1 : 1));

  test('lists disks and partitions, their dependencies, and the names of volumes', async () => {
    using folder = guest();
    const disks = await commandsOf(folder.path).disks();
    assert.deepEqual(
      byName(
        disks.map(({ dependencies, ...rest }) => ({
          ...rest,
          dependencies: [...(dependencies ?? [])].sort(),
        })),
      ),
      [
        { name: '/dev/dm-0', partition: false, alias: 'vg-data', dependencies: ['/dev/vda1', '/dev/vdb'] },
        { name: '/dev/vda', partition: false, address: disk(2, '/dev/vda', 'first'), dependencies: [] },
        { name: '/dev/vda1', partition: true, dependencies: ['/dev/vda'] },
        { name: '/dev/vdb', partition: false, address: disk(3, '/dev/vdb'), dependencies: [] },
      ],
    );
    const names = disks.map(({ name }) => name);
    assert.ok(names.indexOf('/dev/vda1') < names.indexOf('/dev/vda'), 'a partition stands before its disk');
  });

  test('omits devices that are empty, have no node, or are not links', async () => {
    using folder = guest();
    folder.block('virtual/block/loop0', '7:0', { size: 0 });
    folder.block('virtual/block/loop1', '7:1', { node: false });
    folder.write('sys/block/file/size', '1\n');
    folder.block('virtual/block/loop2', '7:2');
    rmSync(folder.file('sys/devices/virtual/block/loop2/size'));
    assert.equal((await commandsOf(folder.path).disks()).length, 4);
  });

  test('recognizes a partition by the name of its disk and a number', async () => {
    using folder = deviceFolder();
    const nvme = 'pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1';
    folder.block(nvme, '259:0');
    for (const [i, name] of ['nvme0n1p1', 'nvme0n12', 'nvme0n1px', 'nvme0n1boot0', 'nvme0n'].entries()) {
      folder.block(`${nvme}/${name}`, `259:${i + 1}`, { partition: true });
    }
    const names = (await commandsOf(folder.path).disks()).flatMap(({ name, partition }) =>
      partition ? [name] : [],
    );
    assert.deepEqual(names.sort(), ['/dev/nvme0n12', '/dev/nvme0n1p1']);
  });

  test('reads the health of NVMe disks only', async () => {
    using folder = guest();
    folder.block('pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1', '259:0');
    mkdirSync(folder.file('sys/bus/pci/drivers/nvme'));
    folder.link('sys/devices/pci0000:00/0000:00:05.0/driver', 'sys/bus/pci/drivers/nvme');
    const asked: string[] = [];
    const smart: StorageDevices['smart'] = async (node) => {
      asked.push(node.slice(folder.path.length));
      return undefined;
    };
    const disks = await commandsOf(folder.path, { smart }).disks();
    assert.deepEqual(asked, ['/dev/nvme0n1']);
    assert.equal(disks.find(({ name }) => name === '/dev/nvme0n1')?.smart, undefined);
  });

  test('fails without /sys/block', async () => {
    using folder = deviceFolder();
    await fails(
      commandsOf(folder.path).disks(),
      'Can\'t open directory "/sys/block": No such file or directory',
    );
  });
});

describe('guest-fstrim', () => {
  test('trims every filesystem, also after one that fails', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/'], ['254:16', '/b'], ['253:0', '/c']);
    const calls: string[] = [];
    const trim: StorageDevices['trim'] = async (directory, minimum) => {
      calls.push(`${directory} ${minimum}`);
      return `${directory}` === '/b'
        ? { error: 'failed to trim: Input/output error' }
        : { trimmed: 5n, minimum: 7n };
    };
    const log = collectingLogger();
    assert.deepEqual(await commandsOf(folder.path, { trim }, log).trim(4096), {
      paths: [
        { path: '/c', trimmed: 5n, minimum: 7n },
        { path: '/b', error: 'failed to trim: Input/output error' },
        { path: '/', trimmed: 5n, minimum: 7n },
      ],
    });
    assert.deepEqual(calls, ['/ 4096', '/b 4096', '/c 4096']);
    assert.deepEqual(log.lines, ['syslog: guest-fstrim called']);
  });

  test('treats a missing minimum as zero', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/']);
    const minima: bigint[] = [];
    await commandsOf(folder.path, {
      trim: async (_, minimum) => {
        minima.push(minimum);
        return { error: '' };
      },
    }).trim();
    assert.deepEqual(minima, [0n]);
  });

  test('frees space of a real filesystem', { skip: cannotFreeze() }, async () => {
    using real = loopFilesystems();
    const { handlers } = storageModule({ log: collectingLogger(), root: real.root });
    const { paths } = await handlers['guest-fstrim']({ minimum: 4096 }, context);
    assert.deepEqual(
      paths.map(({ path }) => path),
      real.directories.toReversed(),
    );
    for (const { path, trimmed, minimum, error } of paths) {
      assert.equal(error, undefined, path);
      assert.ok(Number(trimmed) > 1_000_000, `${path}: ${trimmed}`);
      assert.equal(Number(minimum), 4096);
    }
  });

  test('reports the reason for each filesystem that could not be trimmed', async () => {
    using folder = guest();
    mount(folder, ['254:1', '/proc'], ['254:16', folder.file('none')]);
    const { handlers } = storageModule({ log: collectingLogger(), root: folder.path });
    assert.deepEqual(await handlers['guest-fstrim']({}, context), {
      paths: [
        { path: folder.file('none'), error: 'failed to open: No such file or directory' },
        { path: '/proc', error: 'trim not supported' },
      ],
    });
  });
});

test('guest-get-diskstats returns the kernel’s counters', async () => {
  using folder = deviceFolder();
  const commands = commandsOf(folder.path);
  await fails(commands.statistics(), 'open("/proc/diskstats"): No such file or directory');
  folder.write('proc/diskstats', '8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n');
  assert.deepEqual(
    (await commands.statistics()).map(({ name }) => name),
    ['sda'],
  );
});
