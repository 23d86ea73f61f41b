import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Chart, decades, drawChart, logScale, type Point } from '../src/chart.js';

const point = (x: number, y: number): Point => ({ x, y, low: y / 2, high: y * 2 });
const chart: Chart = {
  title: 'Time <by> "size"',
  xLabel: 'bytes & more',
  yLabel: 'ms',
  formatX: (value) => `${value} B`,
  series: [
    { name: 'guestd', points: [point(1, 1), point(10, 10), point(100, 100)] },
    { name: 'qemu-ga', points: [point(1, 2), point(100, 200)] },
  ],
};

describe('logScale', () => {
  it('gives equal ratios equal distances', () => {
    const scale = logScale(1, 100, 0, 50);
    assert.deepEqual([1, 10, 100].map(scale), [0, 25, 50]);
  });

  it('puts a single value in the middle', () => {
    assert.equal(logScale(3, 3, 0, 50)(3), 25);
  });
});

describe('decades', () => {
  it('encloses the range', () => {
    assert.deepEqual(decades(3, 250), [1, 10, 100, 1000]);
    assert.deepEqual(decades(0.02, 1), [0.01, 0.1, 1]);
  });

  it('returns two values for a single power of ten', () => {
    assert.deepEqual(decades(10, 10), [10, 100]);
  });
});

describe('drawChart', () => {
  const svg = drawChart(chart);

  it('draws a proportional series as a straight line', () => {
    const [, path = ''] = /<path d="(M[\d. L]+)" fill="none"/.exec(svg) ?? [];
    const [[x1, y1], [x2, y2], [x3, y3]] = path
      .slice(1)
      .split('L')
      .map((pair) => pair.split(' ').map(Number)) as [[number, number], [number, number], [number, number]];
    assert.ok(Math.abs((y2 - y1) / (x2 - x1) - (y3 - y2) / (x3 - x2)) < 0.01);
    assert.ok(y3 < y1, 'larger values are higher');
  });

  it('escapes texts', () => {
    assert.ok(svg.includes('Time &#60;by&#62; &#34;size&#34;'));
    assert.ok(svg.includes('bytes &#38; more'));
  });

  it('has a point and a range for each value, and a name for each series', () => {
    assert.equal(svg.match(/<circle /g)?.length, 5);
    assert.equal(svg.match(/opacity="\.5"/g)?.length, 5);
    for (const name of ['guestd', 'qemu-ga', '100 B']) assert.ok(svg.includes(`>${name}</text>`), name);
  });

  it('rejects a chart without points, and values that are not positive', () => {
    assert.throws(() => drawChart({ ...chart, series: [] }), /has no points/);
    const series = [{ name: 'a', points: [point(0, 1)] }];
    assert.throws(() => drawChart({ ...chart, series }), /not positive at 0/);
  });
});
