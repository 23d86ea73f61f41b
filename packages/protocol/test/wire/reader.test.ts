import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WireObject } from '@guestwire/schema';
import fc from 'fast-check';
import { MessageReader } from '../../src/wire/index.js';
import { descs, inChunks, onlyValue, readAll, text } from '../support/conversation.js';
import { plain, plainJson } from '../support/plain.js';

describe('MessageReader reads on demand', () => {
  test('stops at the end of a message and leaves the rest unread', () => {
    const reader = new MessageReader();
    reader.push(text('{"a":1}{"b":'));
    assert.equal(reader.next()?.kind, 'value');
    assert(reader.hasUnread);
    assert.equal(reader.next(), undefined);
    assert(!reader.hasUnread);
  });

  test('reads from its own memory what was unread when keepUnread was called', () => {
    const reader = new MessageReader();
    const chunks = [text('[1][2]["th'), text('ree"][4]'), text('[5]["s'), text('ix"]')];
    const found: unknown[] = [];
    for (const [index, chunk] of chunks.entries()) {
      reader.push(chunk);
      // The host sends faster than its requests are carried out.
      const next = index % 2 === 0 ? reader.next() : undefined;
      if (next?.kind === 'value') found.push(next.value);
      reader.keepUnread();
      chunk.fill(0xff);
    }
    for (const message of readAll([text('')], reader))
      found.push(message.kind === 'value' ? message.value : message);
    assert.deepEqual(found, [[1], [2], ['three'], [4], [5], ['six']]);
  });

  test('reads queued chunks in order', () => {
    const reader = new MessageReader();
    for (const part of ['[1', '2,', '', '3]', '[4]']) reader.push(text(part));
    assert.deepEqual(readAll([], reader), []);
    assert.deepEqual(readAll([text('[5]')], reader), [
      { kind: 'value', value: [12, 3] },
      { kind: 'value', value: [4] },
      { kind: 'value', value: [5] },
    ]);
  });

  test('ends a number at top level at the next byte, without consuming it', () => {
    const reader = new MessageReader();
    assert.deepEqual(readAll([text('12')], reader), []);
    assert.deepEqual(readAll([text('[')], reader), [{ kind: 'value', value: 12 }]);
    assert.deepEqual(readAll([text(']')], reader), [{ kind: 'value', value: [] }]);
  });

  test('continues half a message with the bytes of the next connection', () => {
    const reader = new MessageReader();
    assert.deepEqual(readAll([text('{"execute":"gue')], reader), []);
    const value = onlyValue(readAll([text('st-ping"}')], reader));
    assert(value instanceof WireObject);
    assert.equal(value.get('execute'), 'guest-ping');
  });
});

describe('MessageReader', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"a"',
          "'b'",
          '1',
          '-0.5e3',
          'true',
          'no',
          ' ',
          '@',
          '\\',
          '"',
          '\xff',
          '\n',
        ),
        { maxLength: 30 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );

  test('never throws, and reads the same messages from any chunks', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (input, sizes) => {
        assert.deepEqual(readAll(inChunks(input, sizes)), readAll([input]));
      }),
      { numRuns: 2000 },
    );
  });

  test('reads a message after a line feed and a byte FF, whatever came before', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const found = readAll([input, Buffer.from('\n\xff{"execute":"guest-ping"}', 'latin1')]);
        assert.deepEqual(descs(found.slice(-2)), ["JSON parse error, stray '\uFFFD'", 'value']);
      }),
    );
  });

  test('reads JSON like JSON.parse', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 30 }), (value, size) => {
        const found = readAll(inChunks(text(JSON.stringify([value])), [size]));
        assert.deepEqual(plain(onlyValue(found) as never), plainJson([value]));
      }),
    );
  });
});
