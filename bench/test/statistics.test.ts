import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { median, percentile, spread } from '../src/statistics.js';

describe('median', () => {
  it('returns the middle of an odd number of samples in any order', () => {
    assert.equal(median([9, 1, 10]), 9);
  });

  it('returns the mean of the two middle ones of an even number of samples', () => {
    assert.equal(median([4, 1, 100, 2]), 3);
  });

  it('rejects no samples', () => {
    assert.throws(() => median([]), RangeError);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('returns the quantile of a fraction', () => {
    assert.equal(percentile(hundred, 0), 1);
    assert.equal(percentile(hundred, 0.99), 100);
    assert.equal(percentile(hundred, 1), 100);
  });

  it('rejects no samples', () => {
    assert.throws(() => percentile([], 0.5), RangeError);
  });
});

describe('spread', () => {
  it('returns the range as a fraction of the median', () => {
    assert.equal(spread([8, 10, 14]), 0.6);
    assert.equal(spread([5]), 0);
  });

  it('returns zero for a median of zero', () => {
    assert.equal(spread([0, 0, 1]), 0);
  });
});
