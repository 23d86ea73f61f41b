import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock } from '@guestwire/testing';

describe('a manual clock', () => {
  test('stands still, and goes as far as it is put', async () => {
    const clock = manualClock();
    assert.equal(clock.now(), 0);
    await clock.advance(1500);
    assert.equal(clock.now(), 1500);
  });

  test('rings timers in the order of their times, and of those that ring together the first set first', async () => {
    const clock = manualClock();
    const rang: string[] = [];
    const set = (name: string, after: number): Disposable =>
      clock.timer(after, () => rang.push(`${name} ${clock.now()}`));
    set('c', 30);
    set('a', 10);
    set('b', 10);
    set('d', 31);
    await clock.advance(30);
    assert.deepEqual(rang, ['a 10', 'b 10', 'c 30']);
    assert.equal(clock.waiting, 1);
  });

  test('does not ring a timer that was disposed of, nor one that waits for ever', async () => {
    const clock = manualClock();
    clock.timer(10, () => assert.fail())[Symbol.dispose]();
    clock.timer(Number.POSITIVE_INFINITY, () => assert.fail());
    await clock.advance(1e9);
    assert.equal(clock.waiting, 0);
  });

  test('gives what a timer sets off its turn, and rings timers that are set meanwhile', async () => {
    const clock = manualClock();
    const rang: number[] = [];
    const again = async (): Promise<void> => {
      rang.push(clock.now());
      await Promise.resolve();
      clock.timer(10, () => void again());
    };
    await again();
    await clock.advance(35);
    assert.deepEqual(rang, [0, 10, 20, 30]);
  });

  test('goes from timer to timer until a promise is settled', async () => {
    const clock = manualClock();
    const slept = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => {
        clock.timer(milliseconds, resolve);
      });
    clock.timer(5000, () => assert.fail());
    await clock.until(slept(1000).then(() => slept(2000)));
    assert.equal(clock.now(), 3000);
    await assert.rejects(clock.until(Promise.reject(new RangeError('x'))), RangeError);
  });

  test('says so when a promise would wait for ever', async () => {
    await assert.rejects(manualClock().until(new Promise(() => {})), /would wait for ever/);
  });

  for (const milliseconds of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`cannot be put forward by ${milliseconds}`, async () => {
      await assert.rejects(manualClock().advance(milliseconds), RangeError);
    });
  }
});
