import type { Clock } from '../../clock.js';
import type { CopyOptions, CopySummary } from './options.js';
import { displayPath, type RawPath } from './raw-path.js';

/** Counts the work of a copy and reports its progress. */
export class Progress {
  readonly #report: CopyOptions['onProgress'];
  readonly #clock: Clock;
  readonly #start: number;
  readonly #counts = { files: 0, folders: 0, links: 0, bytes: 0, unchanged: 0, resumed: 0, skipped: 0 };
  #totalBytes: number | undefined;
  #totalFiles: number | undefined;

  constructor(clock: Clock, report: CopyOptions['onProgress']) {
    this.#clock = clock;
    this.#start = clock.now();
    this.#report = report;
  }

  /** Sets the expected size of the copy. */
  expect(files: number, bytes: number | undefined): void {
    this.#totalFiles = files;
    this.#totalBytes = bytes;
  }

  /** Counts entries without contents. */
  add(kind: 'folders' | 'links' | 'skipped', count: number): void {
    this.#counts[kind] += count;
  }

  /** Reports that `added` bytes of a file arrived. */
  bytes(path: RawPath, added: number, fileBytes: number, fileSize: number | undefined): void {
    this.#counts.bytes += added;
    this.#report?.({
      path: displayPath(path),
      fileBytes,
      fileSize,
      bytes: this.#counts.bytes,
      totalBytes: this.#totalBytes,
      files: this.#counts.files,
      totalFiles: this.#totalFiles,
    });
  }

  /** Reports that a file is complete, with its last `added` bytes. */
  file(path: RawPath, added: number, size: number, outcome?: 'unchanged' | 'resumed'): void {
    this.#counts.files++;
    if (outcome !== undefined) this.#counts[outcome]++;
    this.bytes(path, added, size, size);
  }

  summary(verified: boolean): CopySummary {
    return { ...this.#counts, verified, milliseconds: this.#clock.now() - this.#start };
  }
}
