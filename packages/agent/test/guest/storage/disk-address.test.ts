import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { DeviceTree } from '../../../src/guest/storage/device-tree.js';
import { diskAddress } from '../../../src/guest/storage/disk-address.js';
import { type DeviceFolder, deviceFolder } from '../../support/device-folder.js';

const nowhere = { domain: -1, bus: -1, slot: -1, function: -1 };

/** A disk at a place below `/sys/devices`, and the drivers of the PCI devices above it. */
function disk(folder: DeviceFolder, path: string, drivers: Readonly<Record<string, string>> = {}) {
  folder.block(path, '8:0', { udev: ['N:x', 'E:ID_MODEL=m', 'E:ID_SERIAL=S_1'] });
  for (const [device, driver] of Object.entries(drivers)) {
    folder.write(`sys/bus/pci/drivers/${driver}/bind`, '');
    folder.link(`sys/devices/${device}/driver`, `sys/bus/pci/drivers/${driver}`);
  }
  return () => diskAddress(new DeviceTree(folder.path), `/sys/devices/${path}`);
}

const located = [
  {
    what: 'a virtio disk',
    path: 'pci0000:00/0000:00:02.0/virtio0/block/vda',
    driver: 'virtio-pci',
    address: { 'bus-type': 'virtio', bus: 0, target: 0, unit: 0 },
  },
  {
    what: 'a disk of virtio-scsi, whose unit is the logical unit',
    path: 'pci0000:00/0000:00:02.0/virtio1/host2/target2:0:3/2:0:3:7/block/sda',
    driver: 'virtio-pci',
    address: { 'bus-type': 'scsi', bus: 0, target: 0, unit: 7 },
  },
  {
    what: 'a disk of an LSI controller, whose unit is the target',
    path: 'pci0000:00/0000:00:02.0/host0/target0:0:5/0:0:5:0/block/sda',
    driver: 'sym53c8xx',
    address: { 'bus-type': 'scsi', bus: 0, target: 0, unit: 5 },
  },
  {
    what: 'a SATA disk, whose unit is the index of its channel',
    path: 'pci0000:00/0000:00:02.0/ata11/host10/target10:0:0/10:0:0:0/block/sda',
    driver: 'ahci',
    beside: ['ata9', 'ata10'],
    address: { 'bus-type': 'sata', bus: 0, target: 0, unit: 2 },
  },
  {
    what: 'the slave on the second IDE bus',
    path: 'pci0000:00/0000:00:02.0/ata2/host1/target1:0:1/1:0:1:0/block/sdb',
    driver: 'ata_piix',
    beside: ['ata1'],
    address: { 'bus-type': 'ide', bus: 1, target: 0, unit: 1 },
  },
  {
    what: 'an NVMe disk',
    path: 'pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1',
    driver: 'nvme',
    address: { 'bus-type': 'nvme', bus: 0, target: 0, unit: 0 },
  },
  {
    what: 'a USB disk',
    path: 'pci0000:00/0000:00:02.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb',
    driver: 'xhci_hcd',
    address: { 'bus-type': 'usb', bus: 0, target: 0, unit: 0 },
  },
] as const;

for (const { what, path, driver, address, ...rest } of located) {
  test(`diskAddress locates ${what}`, () => {
    using folder = deviceFolder();
    const device = 'pci0000:00/0000:00:02.0';
    const address0 = disk(folder, path, { [device]: driver });
    for (const channel of 'beside' in rest ? rest.beside : [])
      folder.write(`sys/devices/${device}/${channel}/x`, '');
    assert.deepEqual(address0(), {
      'pci-controller': { domain: 0, bus: 0, slot: 2, function: 0 },
      ...address,
      serial: 'S_1',
      dev: `/dev/${path.slice(path.lastIndexOf('/') + 1)}`,
    });
  });
}

test('diskAddress uses the device of the last bridge whose driver is known', () => {
  using folder = deviceFolder();
  const address = disk(folder, 'pci0000:00/0000:00:1e.0/0000:05:0a.3/virtio3/block/vdb', {
    'pci0000:00/0000:00:1e.0': 'pcieport',
    'pci0000:00/0000:00:1e.0/0000:05:0a.3': 'virtio-pci',
  });
  assert.deepEqual(address()?.['pci-controller'], { domain: 0, bus: 5, slot: 10, function: 3 });
});

for (const [what, path] of [
  ['an unknown driver', 'pci0000:00/0000:00:02.0/thing/block/xa'],
  ['a path of no sense', 'pci0000:00/thing/block/xa'],
  ['neither PCI nor virtio', 'platform/thing/block/xa'],
] as const) {
  test(`diskAddress has the node and no location for ${what}`, () => {
    using folder = deviceFolder();
    assert.deepEqual(disk(folder, path, { 'pci0000:00/0000:00:02.0': 'other' })(), {
      'pci-controller': nowhere,
      'bus-type': 'unknown',
      bus: 0,
      target: 0,
      unit: 0,
      serial: 'S_1',
      dev: '/dev/xa',
    });
  });
}

test('diskAddress has only the controller of a SATA disk outside any channel', () => {
  using folder = deviceFolder();
  const address = disk(folder, 'pci0000:00/0000:00:1f.2/block/sda', { 'pci0000:00/0000:00:1f.2': 'ahci' })();
  assert.deepEqual(address?.['pci-controller'], { domain: 0, bus: 0, slot: 31, function: 2 });
  assert.equal(address?.['bus-type'], 'unknown');
});

test('diskAddress considers eight channels of a controller', () => {
  using folder = deviceFolder();
  const device = 'pci0000:00/0000:00:02.0';
  const disks = Array.from({ length: 20 }, (_, i) => {
    const path = `${device}/ata${i}/host${i}/target${i}:0:0/${i}:0:0:0/block/sda`;
    folder.write(`sys/devices/${path}/uevent`, 'DEVNAME=sda\n');
    return `/sys/devices/${path}`;
  });
  folder.write('sys/bus/pci/drivers/ahci/bind', '');
  folder.link(`sys/devices/${device}/driver`, 'sys/bus/pci/drivers/ahci');
  const found = disks.map((path) => diskAddress(new DeviceTree(folder.path), path)?.['bus-type']);
  assert.equal(found.filter((type) => type === 'sata').length, 8);
});

test('diskAddress throws for an unreadable controller, or leaves the location unknown if lenient', () => {
  using folder = deviceFolder();
  const path = 'pci0000:00/0000:00:02.0/host0/target0:0:5/0:0:5:0/block/sda';
  disk(folder, path, { 'pci0000:00/0000:00:02.0': 'sym53c8xx' });
  const tree = new (class extends DeviceTree {
    override list(name: string) {
      return super.list(`${name}/gone`);
    }
  })(folder.path);
  assert.throws(() => diskAddress(tree, `/sys/devices/${path}`), {
    name: 'OperationError',
    message: 'opendir("/sys/devices/pci0000:00/0000:00:02.0"): No such file or directory',
  });
  const address = diskAddress(tree, `/sys/devices/${path}`, true);
  assert.deepEqual([address?.['bus-type'], address?.dev], ['unknown', '/dev/sda']);
});

test('diskAddress has both addresses of a channel disk of s390x', () => {
  using folder = deviceFolder();
  const virtio = disk(folder, 'css0/0.1.00a3/0.0.1234/virtio1/block/vda')();
  assert.deepEqual(virtio?.['ccw-address'], { cssid: 0, ssid: 1, subchno: 0xa3, devno: 0x1234 });
  assert.equal(virtio?.['bus-type'], 'virtio');
  assert.deepEqual(virtio?.['pci-controller'], nowhere);
  using other = deviceFolder();
  const scsi = disk(other, 'css0/0.0.0002/0.0.0003/virtio1/host0/target0:1:2/0:1:2:3/block/sda')();
  assert.deepEqual([scsi?.['bus-type'], scsi?.bus, scsi?.target, scsi?.unit], ['scsi', 1, 2, 3]);
  using dasd = deviceFolder();
  assert.equal(disk(dasd, 'css0/0.0.0002/0.0.0003/block/dasda')()?.['bus-type'], 'unknown');
});

test('diskAddress has no controller for virtio without PCI', () => {
  using folder = deviceFolder();
  const address = disk(folder, 'platform/a000000.virtio_mmio/virtio0/block/vda')();
  assert.deepEqual([address?.['bus-type'], address?.['pci-controller']], ['virtio', nowhere]);
});

test('diskAddress returns nothing without a node, a serial number or a location', () => {
  using folder = deviceFolder();
  folder.block('platform/x/block/xa', '8:0', { node: false });
  assert.equal(diskAddress(new DeviceTree(folder.path), '/sys/devices/platform/x/block/xa'), undefined);
  rmSync(folder.file('sys/devices/platform/x/block/xa/uevent'));
  assert.equal(diskAddress(new DeviceTree(folder.path), '/sys/devices/platform/x/block/xa'), undefined);
});

test('diskAddress omits an empty serial number', () => {
  using folder = deviceFolder();
  folder.block('platform/x/block/xa', '8:0', { udev: ['E:ID_SERIAL='] });
  const address = diskAddress(new DeviceTree(folder.path), '/sys/devices/platform/x/block/xa');
  assert.equal(address !== undefined && 'serial' in address, false);
});

test('diskAddress ignores a PCI device whose numbers exceed 32 bits', () => {
  using folder = deviceFolder();
  const path = 'pci0000:00/0000:123456789:02.0/virtio0/block/vda';
  const address = disk(folder, path, { 'pci0000:00/0000:123456789:02.0': 'virtio-pci' })();
  assert.deepEqual(address?.['pci-controller'], nowhere);
});
