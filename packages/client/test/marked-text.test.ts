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

describe('what stands marked two marks', () => {
  const text = 'noise <<<1the > >>content>>1 noise';

  test('is found in one piece', () => {
    assert.equal(found([text]), 'the > >>content');
  });

  test('is found byte by byte', () => {
    assert.equal(found([...text]), 'the > >>content');
  });

  test('is found wherever it is cut in two', () => {
    for (let cut = 0; cut <= text.length; cut++) {
      assert.equal(found([text.slice(0, cut), text.slice(cut)]), 'the > >>content');
    }
  });

  test('is not found before the second mark is there', () => {
    for (let length = 0; length < text.indexOf('>>1') + 3; length++) {
      assert.equal(found([text.slice(0, length)]), undefined);
    }
  });

  test('may be nothing', () => {
    assert.equal(found(['<<1>>1']), '');
  });

  test('begins at once if there is no first mark', () => {
    assert.equal(found(['a', 'b>', '>', '1'], ''), 'ab');
  });

  test('is refused when it is too much', () => {
    assert.throws(() => found(['<<1', 'x'.repeat(600), 'x'.repeat(600)]), RangeError);
  });
});
