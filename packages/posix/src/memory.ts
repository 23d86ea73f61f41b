import { closeSync, openSync, readSync } from 'node:fs';
import { addressOf, CFunction } from './library.js';

// From `asm-generic/mman-common.h`, the same on all architectures that Node supports.
const MADV_DONTNEED = 4;

const cMadvise = new CFunction('int madvise(uintptr_t address, size_t length, int advice)');
const cMallocTrim = new CFunction('int malloc_trim(size_t pad)');

/** A part of the address space. */
export interface Mapping {
  readonly address: bigint;
  /** Bytes. */
  readonly length: bigint;
}

/** The first line of a mapping of a file that is not writable: `00400000-00b72000 r-xp 00000000 fe:00 1234 /usr/sbin/guestd`. */
const FILE = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [1-9]\d* +(\/.*)$/;

/** The line of a mapping of which this process has not changed a page. */
const UNCHANGED = /^Anonymous: +0 kB$/;

const NEWLINE = 0x0a;
const LETTER_A = 0x41;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LetterA = 0x61;
const LetterF = 0x66;

/**
 * Finds the mappings of files whose pages the kernel can read from the file again: not writable, and without a page that
 * this process has changed (as the loader does when it relocates data). Files without a name have no such place, since
 * their only copy may be in memory.
 */
export class CleanMappings {
  readonly found: Mapping[] = [];
  #candidate: Mapping | undefined;

  /** Takes a line of `/proc/PID/smaps`, as a range of bytes: a hundred times more lines than mappings would be garbage. */
  add(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start] ?? 0;
    // Only the first line of a mapping begins with a small letter or a digit.
    if ((first >= DIGIT_0 && first <= DIGIT_9) || (first >= LetterA && first <= LetterF)) {
      const [, from, to, path] = FILE.exec(bytes.toString('latin1', start, end)) ?? [];
      const address = BigInt(`0x${from ?? 0}`);
      const isNamed = path !== undefined && !path.endsWith(' (deleted)');
      this.#candidate = isNamed ? { address, length: BigInt(`0x${to}`) - address } : undefined;
    } else if (first === LETTER_A && this.#candidate !== undefined) {
      if (UNCHANGED.test(bytes.toString('latin1', start, end))) this.found.push(this.#candidate);
    }
  }
}

/**
 * Takes pages of program files out of the resident memory of this process. They stay in the page cache; those that are
 * needed later are mapped again, in groups, in some microseconds each. Afterwards only what is in use counts.
 * @throws a system error if `/proc/self/smaps` cannot be read
 */
export function releaseCleanPages(): void {
  const mappings = new CleanMappings();
  readLines('/proc/self/smaps', (bytes, start, end) => mappings.add(bytes, start, end));
  for (const { address, length } of mappings.found) {
    // The advice is refused for locked pages, which then stay.
    cMadvise.call(address, length, MADV_DONTNEED);
  }
}

/** A multiple of the page size of each architecture. */
const PAGES_BYTES = 64n * 1024n;

/**
 * Returns the memory of a large buffer to the system, without waiting until the buffer is collected. Its contents are lost: the
 * buffer must not be in use. Does nothing without the FFI.
 */
export function discardMemory(buffer: ArrayBufferLike): void {
  if (!cMadvise.isAvailable) return;
  const address = addressOf(buffer);
  const start = ((address + PAGES_BYTES - 1n) / PAGES_BYTES) * PAGES_BYTES;
  const end = ((address + BigInt(buffer.byteLength)) / PAGES_BYTES) * PAGES_BYTES;
  if (start < end) cMadvise.call(start, end - start, MADV_DONTNEED);
}

/** Returns unused memory of the C library's allocator to the system. Does nothing with a C library that cannot. */
export function trimHeap(): void {
  if (cMallocTrim.isAvailable) cMallocTrim.call(0);
}

/** Longer than a line and than what the kernel returns at once. */
const CHUNK_BYTES = 64 * 1024;

function readLines(path: string, line: (bytes: Buffer, start: number, end: number) => void): void {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    let kept = 0;
    for (;;) {
      const size = readSync(fd, bytes, kept, CHUNK_BYTES - kept, null);
      if (size === 0) return;
      const end = kept + size;
      let start = 0;
      for (let at = bytes.indexOf(NEWLINE); at !== -1 && at < end; at = bytes.indexOf(NEWLINE, start)) {
        line(bytes, start, at);
        start = at + 1;
      }
      kept = end - start;
      bytes.copyWithin(0, start, end);
    }
  } finally {
    closeSync(fd);
  }
}
