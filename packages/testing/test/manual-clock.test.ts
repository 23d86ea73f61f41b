import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock } from '@guestwire/testing';

describe('manualClock', () => {
  test('moves only when it is advanced', async () => {
    const clock = manualClock();
    assert.equal(clock.now(), 0);
    await clock.advance(1500);
    assert.equal(clock.now(), 1500);
  });

  test('fires timers in order of time, then in the order in which they were set', async () => {
    const clock = manualClock();
    const fired: string[] = [];
    const set = (name: string, after: number): Disposable =>
      clock.timer(after, () => fired.push(`${name} ${clock.now()}`));
    set('c', 30);
    set('a', 10);
    set('b', 10);
    set('d', 31);
    await clock.advance(30);
    assert.deepEqual(fired, ['a 10', 'b 10', 'c 30']);
    assert.equal(clock.pendingTimers, 1);
  });

  test('never fires a timer that was disposed of or that has an infinite delay', async () => {
    const clock = manualClock();
    clock.timer(10, () => assert.fail())[Symbol.dispose]();
    clock.timer(Number.POSITIVE_INFINITY, () => assert.fail());
    await clock.advance(1e9);
    assert.equal(clock.pendingTimers, 0);
  });

  test('runs what a timer starts before the next one, and fires timers that are set meanwhile', async () => {
    const clock = manualClock();
    const fired: number[] = [];
    const again = async (): Promise<void> => {
      fired.push(clock.now());
      await Promise.resolve();
      clock.timer(10, () => void again());
    };
    await again();
    await clock.advance(35);
    assert.deepEqual(fired, [0, 10, 20, 30]);
  });

  test('runUntil advances from timer to timer until the promise settles', async () => {
    const clock = manualClock();
    const slept = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => {
        clock.timer(milliseconds, resolve);
      });
    clock.timer(5000, () => assert.fail());
    await clock.runUntil(slept(1000).then(() => slept(2000)));
    assert.equal(clock.now(), 3000);
    await assert.rejects(clock.runUntil(Promise.reject(new RangeError('x'))), RangeError);
  });

  test('runUntil rejects when no timer is left', async () => {
    await assert.rejects(manualClock().runUntil(new Promise(() => {})), /the promise never settles/);
  });

  for (const milliseconds of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`advance rejects ${milliseconds}`, async () => {
      await assert.rejects(manualClock().advance(milliseconds), RangeError);
    });
  }
});
