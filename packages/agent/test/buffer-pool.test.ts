import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool } from '../src/buffer-pool.js';

const KiB = 1024;

describe('BufferPool', () => {
  it('acquires again what was released, whole or in part, for the same length or less', () => {
    const pool = new BufferPool();
    const first = pool.acquire(1024 * KiB);
    pool.release(first.subarray(0, 10));
    const second = pool.acquire(100 * KiB);
    assert.equal(second.buffer, first.buffer);
    assert.equal(second.length, 100 * KiB);
    pool.release(second);
    assert.equal(pool.acquire(1024 * KiB).buffer, first.buffer);
  });

  it('never acquires the same memory twice at once, even if it was released twice', () => {
    const pool = new BufferPool();
    const first = pool.acquire(100 * KiB);
    assert.notEqual(pool.acquire(100 * KiB).buffer, first.buffer);
    pool.release(first);
    pool.release(first);
    assert.equal(pool.acquire(100 * KiB).buffer, first.buffer);
    assert.notEqual(pool.acquire(100 * KiB).buffer, first.buffer);
  });

  it('keeps memory for larger requests when a small one has acquired it first', () => {
    const pool = new BufferPool();
    const small = pool.acquire(4 * KiB);
    assert.equal(small.length, 4 * KiB);
    pool.release(small);
    assert.equal(pool.acquire(64 * KiB).buffer, small.buffer);
  });

  it('keeps only the largest buffer', () => {
    const pool = new BufferPool();
    const [small, large] = [pool.acquire(100 * KiB), pool.acquire(2048 * KiB)];
    pool.release(large);
    pool.release(small);
    assert.equal(pool.acquire(300 * KiB).buffer, large.buffer);
    assert.notEqual(pool.acquire(100 * KiB).buffer, small.buffer);
  });

  it('drops a large buffer when no request needs one, but keeps a small one', (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    for (const [length, isKept] of [
      [2048 * KiB, true],
      [2048 * KiB + 1, false],
    ] as const) {
      const pool = new BufferPool();
      const taken = pool.acquire(length);
      for (let use = 0; use < 3; use++) {
        pool.release(taken);
        test.mock.timers.tick(300);
        assert.ok(pool.acquire(length).buffer === taken.buffer);
      }
      pool.release(taken);
      for (const ms of [500, 500]) test.mock.timers.tick(ms);
      assert.equal(pool.acquire(length).buffer === taken.buffer, isKept);
    }
  });

  it('returns the memory of a large buffer to the system when it drops it', (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const pool = new BufferPool();
    const taken = pool.acquire(3 * 1024 * KiB).fill(1);
    pool.release(taken);
    for (const ms of [400, 400]) test.mock.timers.tick(ms);
    // Pages that are used again hold zeros.
    assert.equal(taken[1024 * KiB], 0);
  });

  it('does not keep small buffers, very large ones, and memory of others', () => {
    for (const length of [0, 10, 4 * KiB - 1, 48 * 1024 * KiB + 1]) {
      const pool = new BufferPool();
      const taken = pool.acquire(length);
      assert.equal(taken.length, length);
      pool.release(taken);
      pool.release(Buffer.alloc(1024 * KiB));
      const next = pool.acquire(100 * KiB);
      assert.equal(next.buffer.byteLength, 100 * KiB);
    }
  });
});
