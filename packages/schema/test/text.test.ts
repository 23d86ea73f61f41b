import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LongText, WireObject } from '../src/index.js';
import { decodeText, encodeText } from '../src/text.js';

test('encodeText encodes U+0000 as C0 80', () => {
  assert.deepEqual(
    encodeText('\0a\0\0é'),
    Buffer.from([0xc0, 0x80, 0x61, 0xc0, 0x80, 0xc0, 0x80, 0xc3, 0xa9]),
  );
  assert.equal(decodeText(Buffer.from([0xc0, 0x80, 0x61])), '\0a');
});

test('decodeText reverses encodeText', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(decodeText(encodeText(text)), text);
    }),
  );
});

test('decodeText keeps the order of long malformed text', () => {
  assert.equal(decodeText(Buffer.from('a\xffb'.repeat(5000), 'latin1')), 'a\uFFFDb'.repeat(5000));
});

test('LongText has its length in bytes', () => {
  const text = new LongText([Buffer.from('é'), Buffer.from('a')], false);
  assert.equal(text.length, 3);
  assert.equal(`${text}`, 'éa');
});

test('WireObject finds its members, few or many', () => {
  for (const count of [0, 1, 8, 9, 1000]) {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const object = WireObject.of(names.map((name, i) => [name, i] as const));
    assert.equal(object.size, count);
    assert.deepEqual([...object.keys()], names);
    for (const [i, name] of names.entries()) assert.equal(object.get(name), i);
    assert.equal(object.get('other'), undefined);
  }
  assert.deepEqual(
    [
      ...WireObject.of([
        ['a', [1, [2]]],
        ['a', 3],
      ]),
    ],
    [['a', 3]],
  );
});
