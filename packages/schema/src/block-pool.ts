import { IdleTimer } from './idle-timer.js';

/**
 * The size of the blocks of memory that are used again: room for 256 KiB and a little more. Whole groups of base64, and whole pages, so
 * that files are written in blocks.
 */
export const BLOCK_SIZE_BYTES = 288 * 1024;

/** A block of the full size is acquired for more than this. */
const MIN_POOLED_BYTES = 32 * 1024;

/** 48 MiB and a little more: a write of the largest size leaves no blocks to be collected, which the next one would come on top of. */
const FREE_BLOCKS_LIMIT = 176;

let freeBlocks: Buffer[] = [];
/** The memory of the blocks of the full size that are in use. */
const used = new WeakSet<ArrayBufferLike>();

const idleTimer = new IdleTimer(() => {
  freeBlocks = [];
});

/**
 * Returns a block of at least `size` bytes. If that is between 32 KiB and {@link BLOCK_SIZE_BYTES}, it has this size, and comes from those that
 * were released, if there are any.
 */
export function acquireBlock(size: number): Buffer {
  if (size <= MIN_POOLED_BYTES || size > BLOCK_SIZE_BYTES) return Buffer.allocUnsafeSlow(size);
  const block = freeBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE_BYTES);
  used.add(block.buffer);
  return block;
}

/** Keeps the block that a buffer is a part of, to be used again soon. Ignores other memory. The buffer must not be used afterwards. */
export function releaseBlock({ buffer }: Buffer): void {
  if (!used.delete(buffer) || freeBlocks.length >= FREE_BLOCKS_LIMIT) return;
  freeBlocks.push(Buffer.from(buffer));
  idleTimer.use();
}
