// A short soak: it finds a leak of descriptors, or of more than a kilobyte for each request.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cannotMount } from '../faults/faulty-agent.js';
import { soak } from './soak.js';

const COMMANDS = 20_000;
/** What the engine needs for itself varies by some megabytes. */
const GROWTH_LIMIT_BYTES = 32 * 1024 * 1024;

it('guestd keeps its memory and descriptors over 20,000 mixed requests', {
  skip: cannotMount(),
}, async (context) => {
  const { samples, descriptorGrowth } = await soak(COMMANDS, () => {});
  const [first, last] = [samples[Math.floor(samples.length / 5)], samples.at(-1)];
  assert.ok(first !== undefined && last !== undefined);
  const growth = last.residentBytes - first.residentBytes;
  context.diagnostic(`${growth} bytes and ${descriptorGrowth} descriptors more`);
  assert.ok(growth < GROWTH_LIMIT_BYTES);
  assert.ok(Math.abs(descriptorGrowth) <= 2);
});
