import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { errnoOf } from '@guestwire/posix';
import { readInterfaces } from '../../src/guest/network/interfaces.js';
import { type Message, RTM_GETADDR, RTM_GETLINK, readMessages } from '../../src/guest/network/netlink.js';
import { fakeNetlink } from '../support/network-messages.js';

const RTM_NEWADDR = 20;
const NLMSG_DONE = 3;

const sample = fakeNetlink([
  {
    name: 'eth0',
    hardwareAddress: '52:54:00:12:34:56',
    ipv4: { bytes: '0a000001', prefix: 24 },
    ipv6: { bytes: 'fe800000000000000000000000000001', prefix: 64 },
  },
]);
const links = sample.dump(RTM_GETLINK, Buffer.alloc(0));
const addresses = sample.dump(RTM_GETADDR, Buffer.alloc(0));

/** In the byte order of a little-endian machine, as the kernel of most machines sends it. */
function datagram(messages: readonly Message[]): Buffer {
  return Buffer.concat(
    messages.map(({ type, body }) => {
      const header = Buffer.alloc(16);
      header.writeUInt32LE(16 + body.length, 0);
      header.writeUInt16LE(type, 4);
      return Buffer.concat([header, body, Buffer.alloc(-body.length & 3)]);
    }),
  );
}

const done: Message = { type: NLMSG_DONE, body: Buffer.alloc(4) };

export const target: FuzzTarget = {
  name: 'netlink',
  invariants:
    'only system errors; messages do not exceed the datagram; interfaces have six bytes of hardware address and valid prefixes',
  covers: ['agent/dist/src/guest/network/netlink', 'agent/dist/src/guest/network/interfaces'],
  seeds: [datagram([...links, done]), datagram([...links, ...addresses, done]), datagram(addresses)],
  structure: [4, 16],
  run(input) {
    let messages: readonly Message[];
    try {
      messages = readMessages(input).messages;
    } catch (error) {
      const errno = errnoOf(error);
      assert.ok(errno !== undefined, `not a system error: ${error}`);
      return 'error';
    }
    assert.ok(messages.reduce((sum, { body }) => sum + body.length + 16, 0) <= input.length);
    const isAddress = ({ type }: Message): boolean => type === RTM_NEWADDR;
    const interfaces = readInterfaces({
      dump: (type) => messages.filter((message) => isAddress(message) === (type === RTM_GETADDR)),
    });
    for (const { hardwareAddress, addresses: found } of interfaces) {
      assert.match(hardwareAddress ?? '00:00:00:00:00:00', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      for (const { prefix, 'ip-address-type': type } of found) {
        assert.ok(prefix >= 0 && prefix <= (type === 'ipv4' ? 32 : 128));
      }
    }
    return `${Math.min(interfaces.length, 3)} ${Math.min(interfaces[0]?.addresses.length ?? 0, 3)}`;
  },
};
