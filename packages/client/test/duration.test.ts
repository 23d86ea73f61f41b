import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDuration } from '@guestwire/client';

describe('parseDuration', () => {
  const cases: readonly [duration: number | string, milliseconds: number][] = [
    [0, 0],
    [250, 250],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
  ];
  for (const [duration, milliseconds] of cases) {
    test(`converts the ${typeof duration} ${duration} to ${milliseconds} ms`, () => {
      assert.equal(parseDuration(duration), milliseconds);
    });
  }

  for (const nonsense of [
    -1,
    Number.NaN,
    '',
    '30',
    's',
    '-1s',
    '1 s',
    '1d',
    '1e3s',
    '1s2',
    '.5s',
    '٣s',
    '1s\n',
  ]) {
    test(`rejects ${JSON.stringify(nonsense)} and says what to write`, () => {
      assert.throws(
        () => parseDuration(nonsense),
        (error) => error instanceof TypeError && /^invalid duration .*: write .*30s/s.test(error.message),
      );
    });
  }
});
