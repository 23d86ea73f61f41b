import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LentMemory } from '../../src/commands/lent-memory.js';

const KiB = 1024;

describe('lent memory', () => {
  it('is lent again when it was given back, whole or in part, for as much or less', () => {
    const memory = new LentMemory();
    const first = memory.take(1024 * KiB);
    memory.giveBack(first.subarray(0, 10));
    const second = memory.take(100 * KiB);
    assert.equal(second.buffer, first.buffer);
    assert.equal(second.length, 100 * KiB);
    memory.giveBack(second);
    assert.equal(memory.take(1024 * KiB).buffer, first.buffer);
  });

  it('is never lent to two at once, however often it is given back', () => {
    const memory = new LentMemory();
    const first = memory.take(100 * KiB);
    assert.notEqual(memory.take(100 * KiB).buffer, first.buffer);
    memory.giveBack(first);
    memory.giveBack(first);
    assert.equal(memory.take(100 * KiB).buffer, first.buffer);
    assert.notEqual(memory.take(100 * KiB).buffer, first.buffer);
  });

  it('keeps the largest piece only', () => {
    const memory = new LentMemory();
    const [small, large] = [memory.take(100 * KiB), memory.take(2048 * KiB)];
    memory.giveBack(large);
    memory.giveBack(small);
    assert.equal(memory.take(300 * KiB).buffer, large.buffer);
    assert.notEqual(memory.take(100 * KiB).buffer, small.buffer);
  });

  it('does not keep what is small, what is very large, and what it did not lend', () => {
    for (const length of [0, 10, 64 * KiB - 1, 2048 * KiB + 1]) {
      const memory = new LentMemory();
      const taken = memory.take(length);
      assert.equal(taken.length, length);
      memory.giveBack(taken);
      memory.giveBack(Buffer.alloc(1024 * KiB));
      const next = memory.take(100 * KiB);
      assert.equal(next.buffer.byteLength, 100 * KiB);
    }
  });
});
