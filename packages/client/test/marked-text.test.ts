import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MarkedText } from '../src/transport/libvirt/marked-text.js';

function found(parts: readonly string[], before = '<<1', after = '>>1', limit = 1000): string | undefined {
  const marked = new MarkedText(before, after, limit);
  for (const part of parts) {
    const content = marked.push(Buffer.from(part));
    if (content !== undefined) return content.toString();
  }
  return undefined;
}

describe('MarkedText', () => {
  const text = 'noise <<<1the > >>content>>1 noise';

  test('finds the text in one chunk', () => {
    assert.equal(found([text]), 'the > >>content');
  });

  test('finds the text byte by byte', () => {
    assert.equal(found([...text]), 'the > >>content');
  });

  test('finds the text across any split', () => {
    for (let cut = 0; cut <= text.length; cut++) {
      assert.equal(found([text.slice(0, cut), text.slice(cut)]), 'the > >>content');
    }
  });

  test('returns nothing before the end mark', () => {
    for (let length = 0; length < text.indexOf('>>1') + 3; length++) {
      assert.equal(found([text.slice(0, length)]), undefined);
    }
  });

  test('ignores an end mark before the first mark', () => {
    assert.equal(found(['>>1<<1']), undefined);
    assert.equal(found(['>>1<<1text', '>>1']), 'text');
  });

  test('returns empty text', () => {
    assert.equal(found(['<<1>>1']), '');
  });

  test('starts at once if the first mark is empty', () => {
    assert.equal(found(['a', 'b>', '>', '1'], ''), 'ab');
  });

  test('throws above the limit', () => {
    assert.throws(() => found(['<<1', 'x'.repeat(600), 'x'.repeat(600)]), RangeError);
  });
});
