import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { readLogins, utmpLayout } from '../../src/guest/system/utmp.js';
import { utmpRecord } from '../support/utmp-record.js';

const LAYOUTS = [utmpLayout('x64', true), utmpLayout('arm64', true), utmpLayout('s390x', false)] as const;
const [X64, ARM64] = LAYOUTS;

export const target: FuzzTarget = {
  name: 'utmp',
  invariants: 'never throws, in any layout; users and earliest times of a record-by-record model',
  covers: ['agent/dist/src/guest/system/utmp'],
  seeds: [
    Buffer.alloc(0),
    utmpRecord({ user: 'root', seconds: 1000 }, X64),
    Buffer.concat([
      utmpRecord({ user: 'a', seconds: 2000, microseconds: 5 }, X64),
      utmpRecord({ user: 'b', seconds: 10, type: 8 }, X64),
      utmpRecord({ user: 'a', seconds: 1000 }, X64),
    ]),
    Buffer.concat([
      utmpRecord({ user: 'c', seconds: 7 }, ARM64),
      utmpRecord({ user: 'x'.repeat(32), seconds: 8 }, ARM64),
    ]),
  ],
  structure: [X64.size, ARM64.size],
  maxLength: 1200,
  run(input) {
    const counts = LAYOUTS.map((layout) => {
      const logins = readLogins(input, layout);
      const earliest = new Map<string, bigint>();
      const view = new DataView(input.buffer, input.byteOffset, input.length);
      for (let at = 0; at + layout.size <= input.length; at += layout.size) {
        if (view.getInt16(at, layout.littleEndian) !== 7) continue;
        const name = input.toString('latin1', at + 44, at + 76).replace(/\0.*$/s, '');
        const time = microsecondsAt(view, at, layout);
        const known = earliest.get(name);
        if (known === undefined || time < known) earliest.set(name, time);
      }
      assert.equal(logins.length, earliest.size);
      for (const [i, time] of [...earliest.values()].entries()) {
        const since = logins[i]?.since ?? Number.NaN;
        // A `number` has fewer digits than 64 bits.
        assert.ok(
          Math.abs(since - Number(time) / 1e6) <= Math.abs(since) * 1e-12 + 1e-6,
          `${since}, not ${time}`,
        );
      }
      return Math.min(logins.length, 2);
    });
    return counts.join('');
  },
};

function microsecondsAt(view: DataView, at: number, layout: (typeof LAYOUTS)[number]): bigint {
  const { littleEndian, timeSize } = layout;
  return timeSize === 4
    ? BigInt(view.getUint32(at + layout.seconds, littleEndian)) * 1_000_000n +
        BigInt(view.getInt32(at + layout.microseconds, littleEndian))
    : view.getBigInt64(at + layout.seconds, littleEndian) * 1_000_000n +
        view.getBigInt64(at + layout.microseconds, littleEndian);
}
