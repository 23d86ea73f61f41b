import assert from 'node:assert/strict';
import type { Dirent } from 'node:fs';
import type { FuzzTarget } from '@guestwire/fuzz';
import { encodeReply, success } from '@guestwire/protocol';
import { DeviceTree } from '../../src/guest/storage/device-tree.js';
import { diskAddress } from '../../src/guest/storage/disk-address.js';

const DRIVERS = ['ata_piix', 'sym53c8xx', 'virtio-pci', 'ahci', 'nvme', 'xhci_hcd', 'unknown'];

/** A tree in which all devices have one driver, and all files the same text. */
class FixedTree extends DeviceTree {
  readonly #driver: string;
  readonly #text: string;

  constructor(driver: string, text: string) {
    super('');
    this.#driver = driver;
    this.#text = text;
  }

  override linkName(): string {
    return this.#driver;
  }

  override read(): string {
    return this.#text;
  }

  override list(): readonly Dirent[] {
    return [];
  }
}

export const target: FuzzTarget = {
  name: 'disk-address',
  invariants:
    'the path and files of a disk in /sys never throw; an address is numbers and text that a reply can carry',
  covers: ['agent/dist/src/guest/storage/disk-address', 'agent/dist/src/guest/storage/device-tree'],
  seeds: [
    '/sys/devices/pci0000:00/0000:00:02.0/virtio0/block/vda\nDEVNAME=vda\nMAJOR=253\nMINOR=0\n',
    '/sys/devices/pci0000:00/0000:00:02.0/ata11/host10/target10:0:0/10:0:0:0/block/sda\nE:ID_SERIAL=S_1\n',
    '/sys/devices/css0/0.0.0001/0.0.0002/virtio1/block/vdb\nDEVNAME=/dev/x\n',
    '/sys/devices/platform/virtio/host2/target2:0:3/2:0:3:7/block/sda\n',
  ],
  dictionary: [
    '/devices/pci0000:00/',
    '/devices/css0/',
    '/virtio',
    '/block',
    '/target0:0:1/0:0:1:2',
    '/ata1/',
    '/host2/',
    '0000:00:02.0',
    'DEVNAME=',
    'MAJOR=',
    'E:ID_SERIAL=',
    '\n',
    'ffffffffffffffff',
  ],
  structure: ['tokens', 'lines'],
  run(input) {
    const [path = '', ...lines] = input.toString().split('\n');
    const outcomes = DRIVERS.map((driver) => {
      const address = diskAddress(new FixedTree(driver, lines.join('\n')), path);
      const reply = Buffer.concat([...encodeReply(success(address))]).toString('latin1');
      assert.match(reply, /^[ -~]*\n$/);
      assert.doesNotMatch(reply.replace(/"(?:[^"\\]|\\.)*"/g, ''), /nan|inf|\./);
      return address?.['bus-type'] ?? '-';
    });
    return outcomes.join(' ');
  },
};
