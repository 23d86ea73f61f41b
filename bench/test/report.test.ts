import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faster, type Metric, ratioAtMost, valueAtMost } from '../src/metrics.js';
import { rowsOf, summary, table } from '../src/report.js';
import { Samples } from '../src/samples.js';

const columns = ['guestd', 'qemu-ga 10.0', 'qemu-ga 7.2'];
const metrics: readonly Metric[] = [
  ratioAtMost('ping', 'ping, p50', 'µs', 0.7),
  faster('read', 'file read', 'MB/s', 5),
  faster('write', 'file write', 'MB/s', 5),
  valueAtMost('idle', 'idle', 'MB', 9),
  { id: 'share', label: 'part of the limit', unit: '%', target: { kind: 'value', atLeast: 50 } },
  { id: 'open', label: 'open', unit: 'µs' },
  faster('absent', 'not measured', '/s', 1),
];

function measuredRows() {
  const samples = new Samples();
  for (const ping of [14, 20, 22]) samples.take('guestd', { ping, read: 400, idle: 9.1, share: 50, open: 3 });
  for (const ping of [40, 40, 44]) samples.take('qemu-ga 10.0', { ping, read: 100, idle: 1, share: 7 });
  samples.take('qemu-ga 7.2', { ping: 10 });
  samples.take('guestd', { write: 1234.4 });
  return rowsOf(metrics, samples, columns);
}

describe('rowsOf', () => {
  it('leaves out metrics that were not measured', () => {
    assert.deepEqual(
      measuredRows().map(({ metric }) => metric.id),
      ['ping', 'read', 'write', 'idle', 'share', 'open'],
    );
  });

  it('divides the medians of the first column by those of the others', () => {
    const [ping] = measuredRows();
    assert.deepEqual(ping?.values['guestd'], { median: 20, spread: 0.4 });
    assert.deepEqual(ping?.ratios, { 'qemu-ga 10.0': 0.5, 'qemu-ga 7.2': 2 });
  });

  it('compares ratios with the second column, values with the first, and nothing without a value', () => {
    const met = Object.fromEntries(measuredRows().map((row) => [row.metric.id, row.met]));
    assert.deepEqual(met, {
      ping: true,
      read: false,
      write: undefined,
      idle: false,
      share: true,
      open: undefined,
    });
  });
});

describe('table', () => {
  it('shows values with their spread, ratios, targets and whether they are met', () => {
    const [, ping, read, write, idle, share] = table({ title: '', columns, rows: measuredRows() }).split(
      '\n',
    );
    const words = (line: string | undefined): string => line?.replaceAll(/\s+/g, ' ') ?? '';
    assert.equal(words(ping), 'ping, p50 µs 20.0 ±20% 40.0 ±5% 10.0 ±0% 0.50× 2.00× ≤ 0.7× met');
    assert.equal(words(read), 'file read MB/s 400 ±0% 100 ±0% 4.00× ≥ 5× NOT MET');
    assert.equal(words(write), 'file write MB/s 1,234 ±0% ≥ 5×');
    assert.equal(words(idle), 'idle MB 9.1 ±0% 1.0 ±0% 9.10× ≤ 9 MB NOT MET');
    assert.equal(words(share), 'part of the limit % 50.0 ±0% 7.0 ±0% 7.14× ≥ 50 % met');
  });

  it('aligns columns', () => {
    const lines = table({ title: '', columns, rows: measuredRows() }).split('\n');
    const [head = '', ping = ''] = lines;
    assert.equal(head.indexOf('÷ 10.0') + '÷ 10.0'.length, ping.indexOf('0.50×') + '0.50×'.length);
  });
});

describe('summary', () => {
  it('counts the targets of all sections', () => {
    const section = { title: '', columns, rows: measuredRows() };
    assert.equal(summary([section, section]), '4 targets met, 4 not met, 2 without a comparison.');
  });
});
