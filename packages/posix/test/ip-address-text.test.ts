import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipAddressText } from '../src/socket.js';

test('four bytes are written with dots', () => {
  assert.equal(ipAddressText(Buffer.from([192, 0, 2, 255])), '192.0.2.255');
});

for (const [hex, text] of [
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['fe80000000000000000000fffe000001', 'fe80::ff:fe00:1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['00010000000000010000000000000001', '1:0:0:1::1'],
  ['00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ['00000000000100000000000000000000', '0:0:1::'],
  ['00010002000300040005000600000000', '1:2:3:4:5:6::'],
  ['00000000000000000000ffff01020304', '::ffff:1.2.3.4'],
  ['00000000000000000000000001020304', '::1.2.3.4'],
  ['00000000000000000000000000050000', '::0.5.0.0'],
  ['0000000000000000000000000000ffff', '::ffff'],
  ['0000000000000000fffe000001020304', '::fffe:0:102:304'],
] as const) {
  test(`${hex} is written as ${text}`, () => assert.equal(ipAddressText(Buffer.from(hex, 'hex')), text));
}

test('whatever the bytes are, the text stands for them', () => {
  const words = fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xabcd), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(words, (given) => {
      const bytes = Buffer.from(given.flatMap((word) => [word >> 8, word & 0xff]));
      const text = ipAddressText(bytes);
      assert.ok(text !== undefined && isIPv6(text), text);
      assert.equal(
        new URL(`http://[${text}]/`).host,
        new URL(`http://[${given.map((word) => word.toString(16)).join(':')}]/`).host,
      );
    }),
  );
});

test('ipAddressText returns undefined for a wrong number of bytes', () => {
  for (const length of [0, 3, 5, 15, 17]) assert.equal(ipAddressText(Buffer.alloc(length)), undefined);
});
