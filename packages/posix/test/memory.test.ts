import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CleanMappings, discardMemory, type Mapping } from '../src/memory.js';

const mapping = (header: string, anonymous = 0): string =>
  `${header}\nSize:                 64 kB\nRss:                  64 kB\nAnonymous:           ${String(anonymous).padStart(5)} kB\nVmFlags: rd mr mw me sd\n`;

const cleanMappings = (smaps: string): readonly Mapping[] => {
  const mappings = new CleanMappings();
  const bytes = Buffer.from(smaps);
  for (let start = 0, end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
    mappings.add(bytes, start, end);
    start = end + 1;
  }
  return mappings.found;
};

const clean = (header: string, anonymous?: number): number =>
  cleanMappings(mapping(header, anonymous)).length;

describe('CleanMappings', () => {
  it('finds the address and length of read-only and executable mappings of files', () => {
    const smaps =
      mapping('00400000-00b72000 r--p 00000000 fe:00 1234                               /usr/sbin/guestd') +
      mapping('7f1000000000-7f1000010000 r-xp 00001000 fe:00 99 /usr/lib/x86_64-linux-gnu/libc.so.6');
    assert.deepEqual(cleanMappings(smaps), [
      { address: 0x400000n, length: 0x772000n },
      { address: 0x7f1000000000n, length: 0x10000n },
    ]);
  });

  it('leaves mappings with pages that this process has changed', () => {
    assert.equal(clean('00400000-00b72000 r--p 00000000 fe:00 1234 /usr/sbin/guestd', 8), 0);
  });

  it('leaves writable mappings', () => {
    assert.equal(clean('00400000-00b72000 rw-p 00000000 fe:00 1234 /usr/sbin/guestd'), 0);
  });

  it('leaves files without a name, which may be in memory only', () => {
    assert.equal(clean('00400000-00b72000 r-xp 00000000 00:1a 1234 /dev/shm/#10312 (deleted)'), 0);
  });

  it('leaves memory without a file', () => {
    assert.equal(clean('7ffd1c5f2000-7ffd1c5f6000 r--p 00000000 00:00 0                          [vvar]'), 0);
    assert.equal(clean('7f1000000000-7f1000010000 r--p 00000000 00:00 0 '), 0);
  });

  it('does not take the lines of the next mapping for those of a file', () => {
    const next = mapping('7f1000000000-7f1000010000 rw-p 00000000 00:00 0 ');
    const file = '00400000-00b72000 r-xp 00000000 fe:00 1234 /usr/sbin/guestd\n';
    assert.equal(cleanMappings(`${file}${next}`).length, 0);
  });
});

describe('discardMemory', () => {
  it('discards the pages that are within a buffer, and no others', () => {
    const memory = Buffer.alloc(1024 * 1024, 1);
    discardMemory(memory.buffer);
    assert.equal(memory[512 * 1024], 0);
    const small = Buffer.alloc(60 * 1024, 1);
    discardMemory(small.buffer);
    assert.ok(small.every((byte) => byte === 1));
  });
});
