import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { IdleMemory } from '../../src/daemon/idle-memory.js';
import { ManualClock } from '../support/manual-clock.js';

const MEGABYTE = 1024 * 1024;

describe('IdleMemory', () => {
  let clock: ManualClock;
  let done: string[];
  let used: { heap: number; external: number };
  let memory: IdleMemory;

  beforeEach(() => {
    clock = new ManualClock();
    done = [];
    used = { heap: 8 * MEGABYTE, external: 0 };
    const actions = {
      used: () => used,
      collect: () => done.push('collect'),
      release: () => done.push('release'),
    };
    memory = new IdleMemory(actions, clock);
  });

  it('collects and releases once, a second after the last request', () => {
    memory.answered();
    clock.advance(999);
    assert.deepEqual(done, []);
    clock.advance(1);
    assert.deepEqual(done, ['collect', 'release']);
    clock.advance(100_000);
    assert.equal(done.length, 2);
  });

  it('does nothing while requests arrive', () => {
    for (let request = 0; request < 100; request++) {
      memory.answered();
      clock.advance(700);
    }
    assert.deepEqual(done, []);
    clock.advance(2000);
    assert.deepEqual(done, ['collect', 'release']);
  });

  it('starts again when a request arrives before the heap was compacted', () => {
    memory.answered();
    clock.advance(1000);
    memory.answered();
    clock.advance(11_000);
    assert.deepEqual(done, ['collect', 'release', 'collect', 'release']);
  });

  it('does not wait for the compaction of the heap after large requests', () => {
    memory.answered();
    clock.advance(1000);
    done.length = 0;
    memory.answered();
    memory.bulkDone();
    clock.advance(1000);
    assert.deepEqual(done, ['collect', 'release']);
  });

  it('does not wait for the end of small requests after large ones', () => {
    memory.bulkDone();
    for (const ms of [400, 400, 400]) {
      memory.answered();
      clock.advance(ms);
    }
    assert.deepEqual(done, ['collect', 'release']);
  });

  it('does not collect between large requests that need no more memory', () => {
    for (let request = 0; request < 10; request++) {
      memory.bulkDone();
      clock.advance(999);
    }
    assert.deepEqual(done, []);
  });

  it('releases before large requests, but not before each', () => {
    memory.bulkStarted();
    assert.deepEqual(done, ['release']);
    clock.advance(9_999);
    memory.bulkStarted();
    assert.equal(done.length, 1);
    clock.advance(1);
    memory.bulkStarted();
    assert.deepEqual(done, ['release', 'release']);
  });

  it('does nothing after requests that needed no memory', () => {
    memory.answered();
    clock.advance(20_000);
    done.length = 0;
    memory.answered();
    clock.advance(20_000);
    assert.deepEqual(done, []);
    used = { heap: 10 * MEGABYTE, external: 0 };
    memory.answered();
    clock.advance(1000);
    assert.deepEqual(done, ['collect', 'release']);
  });

  it('collects at once after large requests if their buffers are still there', () => {
    memory.bulkDone();
    assert.deepEqual(done, []);
    used = { heap: 8 * MEGABYTE, external: 48 * MEGABYTE };
    memory.bulkDone();
    assert.deepEqual(done, ['collect']);
    memory.bulkDone();
    assert.deepEqual(done, ['collect'], 'what a collection has left is in use');
    used = { heap: 8 * MEGABYTE, external: 64 * MEGABYTE };
    memory.bulkDone();
    assert.equal(done.length, 2);
  });

  it('collects again once the memory in use has shrunk', () => {
    for (const external of [48, 4, 20]) {
      used = { heap: 8 * MEGABYTE, external: external * MEGABYTE };
      memory.bulkDone();
    }
    assert.deepEqual(done, ['collect', 'collect']);
  });
});
