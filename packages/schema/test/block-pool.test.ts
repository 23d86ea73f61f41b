import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { acquireBlock, BLOCK_SIZE_BYTES, releaseBlock } from '../src/text.js';

mock.timers.enable({ apis: ['setTimeout'] });

test('acquireBlock returns the memory of a block that was released, once', () => {
  const block = acquireBlock(BLOCK_SIZE_BYTES);
  releaseBlock(block.subarray(10, 20));
  releaseBlock(block);
  assert.ok(acquireBlock(BLOCK_SIZE_BYTES).buffer === block.buffer);
  assert.ok(acquireBlock(BLOCK_SIZE_BYTES).buffer !== block.buffer);
});

test('releaseBlock ignores memory that is not from acquireBlock, and blocks of another size', () => {
  const others = [
    Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES),
    acquireBlock(32 * 1024),
    acquireBlock(BLOCK_SIZE_BYTES + 1),
  ];
  for (const other of others) releaseBlock(other);
  const block = acquireBlock(BLOCK_SIZE_BYTES);
  assert.ok(others.every(({ buffer }) => buffer !== block.buffer));
});

test('releaseBlock keeps the blocks of 48 MiB, until no block has been released for a second', () => {
  const blocks = Array.from({ length: 200 }, () => acquireBlock(BLOCK_SIZE_BYTES));
  const memory = new Set(blocks.map(({ buffer }) => buffer));
  for (const block of blocks) releaseBlock(block);
  const kept = blocks.map(() => acquireBlock(BLOCK_SIZE_BYTES)).filter(({ buffer }) => memory.has(buffer));
  assert.ok(kept.length * BLOCK_SIZE_BYTES >= 48 * 2 ** 20 && kept.length < blocks.length);
  for (const block of kept) releaseBlock(block);
  for (const ms of [500, 500]) mock.timers.tick(ms);
  assert.ok(!memory.has(acquireBlock(BLOCK_SIZE_BYTES).buffer));
});
