import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { readInterfaces } from '../../../src/guest/network/interfaces.js';
import {
  attributeOf,
  kernelNetlink,
  type Message,
  RTM_GETLINK,
  readMessages,
} from '../../../src/guest/network/netlink.js';

const NEWLINK = 16;
const DONE = 3;
const ERROR = 2;
const TORN = 0x10;

const LITTLE = endianness() === 'LE';

/** A message with a header, padded to a multiple of four bytes. */
function message(type: number, body: Buffer, flags = 0): Buffer {
  const bytes = Buffer.alloc(16 + ((body.length + 3) & ~3));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, 16 + body.length, LITTLE);
  view.setUint16(4, type, LITTLE);
  view.setUint16(6, flags, LITTLE);
  bytes.set(body, 16);
  return bytes;
}

function number(value: number): Buffer {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, value, LITTLE);
  return Buffer.from(view.buffer);
}

test('readMessages splits a datagram, and detects the end of the list', () => {
  const one = message(NEWLINK, Buffer.from('abc'));
  const two = message(NEWLINK, Buffer.from('defg'));
  const messages = [
    { type: NEWLINK, body: Buffer.from('abc') },
    { type: NEWLINK, body: Buffer.from('defg') },
  ];
  assert.deepEqual(readMessages(Buffer.concat([one, two])), { messages, torn: false, done: false });
  const whole = Buffer.concat([one, two, message(DONE, number(0))]);
  assert.deepEqual(readMessages(whole), { messages, torn: false, done: true });
  assert.deepEqual(readMessages(message(DONE, number(0), TORN)), { messages: [], torn: true, done: true });
});

test('readMessages throws an error of the kernel as a system error', () => {
  assert.throws(() => readMessages(message(ERROR, number(-105))), { errno: -105 });
});

test('readMessages ends for any bytes, with messages or a system error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        for (const { body } of readMessages(Buffer.from(bytes)).messages) attributeOf(body, 4, 1);
      } catch (error) {
        assert.ok(error instanceof Error && 'errno' in error, String(error));
      }
    }),
  );
  assert.throws(() => readMessages(Buffer.alloc(0)), { syscall: 'netlink' });
});

test('attributeOf finds an attribute by its type, after others of any length', () => {
  const attribute = (type: number, value: string): Buffer => {
    const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint16(0, 4 + value.length, LITTLE);
    view.setUint16(2, type, LITTLE);
    bytes.write(value, 4);
    return bytes;
  };
  const body = Buffer.concat([Buffer.alloc(8), attribute(1, 'a'), attribute(9, ''), attribute(3, 'eth0\0')]);
  assert.equal(attributeOf(body, 8, 3)?.toString(), 'eth0\0');
  assert.equal(attributeOf(body, 8, 9)?.length, 0);
  assert.equal(attributeOf(body, 8, 2), undefined);
  assert.equal(attributeOf(body.subarray(0, body.length - 4), 8, 3), undefined, 'one that is cut');
});

test('kernelNetlink lists the interfaces of this machine', () => {
  const links = kernelNetlink.dump(RTM_GETLINK, Buffer.alloc(16));
  assert.ok(links.length > 0);
  for (const { type } of links) assert.equal(type, NEWLINK);
});

test('kernelNetlink reports a request that the kernel rejects', () => {
  assert.throws(() => kernelNetlink.dump(0xfff0, Buffer.alloc(16)), { errno: -95 });
});

test('readInterfaces skips messages that are shorter than their fixed part', () => {
  const dump = (): Message[] => [{ type: NEWLINK, body: Buffer.alloc(4) }];
  assert.deepEqual(readInterfaces({ dump }), []);
});
