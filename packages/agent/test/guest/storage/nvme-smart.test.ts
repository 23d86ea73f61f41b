import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nvmeSmart, parseSmartLog } from '../../../src/guest/storage/nvme-smart.js';

test('parseSmartLog follows the layout of NVM Express', () => {
  const bytes = Buffer.alloc(512);
  bytes[0] = 0x05;
  bytes.writeUInt16LE(323, 1);
  bytes[3] = 100;
  bytes[4] = 10;
  bytes[5] = 255;
  for (let i = 0; i < 10; i += 1) {
    bytes.writeBigUInt64LE(BigInt(i + 1), 32 + 16 * i);
    bytes.writeBigUInt64LE(0xffff_ffff_ffff_ff00n + BigInt(i), 40 + 16 * i);
  }
  const smart = parseSmartLog(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  const hi = (i: number): bigint => 0xffff_ffff_ffff_ff00n + BigInt(i);
  assert.deepEqual(Object.entries(smart), [
    ['critical-warning', 5],
    ['temperature', 323],
    ['available-spare', 100],
    ['available-spare-threshold', 10],
    ['percentage-used', 255],
    ['data-units-read-lo', 1n],
    ['data-units-read-hi', hi(0)],
    ['data-units-written-lo', 2n],
    ['data-units-written-hi', hi(1)],
    ['host-read-commands-lo', 3n],
    ['host-read-commands-hi', hi(2)],
    ['host-write-commands-lo', 4n],
    ['host-write-commands-hi', hi(3)],
    ['controller-busy-time-lo', 5n],
    ['controller-busy-time-hi', hi(4)],
    ['power-cycles-lo', 6n],
    ['power-cycles-hi', hi(5)],
    ['power-on-hours-lo', 7n],
    ['power-on-hours-hi', hi(6)],
    ['unsafe-shutdowns-lo', 8n],
    ['unsafe-shutdowns-hi', hi(7)],
    ['media-errors-lo', 9n],
    ['media-errors-hi', hi(8)],
    ['number-of-error-log-entries-lo', 10n],
    ['number-of-error-log-entries-hi', hi(9)],
  ]);
});

test('nvmeSmart returns undefined for other devices', async () => {
  assert.equal(await nvmeSmart('/dev/null'), undefined);
  assert.equal(await nvmeSmart('/dev/there-is-no-such-disk'), undefined);
});
