import type { Clock } from '../../clock.js';
import type { CopyOptions, CopySummary } from './options.js';
import { displayPath, type RawPath } from './raw-path.js';

/** Counts the work of a copy and reports its progress. */
export class Progress {
  readonly #report: CopyOptions['onProgress'];
  readonly #clock: Clock;
  readonly #start: number;
  #totalBytes: number | undefined;
  #totalFiles: number | undefined;
  #bytes = 0;
  #files = 0;
  #unchanged = 0;
  #resumed = 0;
  #skipped = 0;

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

  /** Reports that `added` bytes of a file arrived. */
  bytes(path: RawPath, added: number, fileBytes: number, fileSize: number | undefined): void {
    this.#bytes += added;
    this.#report?.({
      path: displayPath(path),
      fileBytes,
      fileSize,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      files: this.#files,
      totalFiles: this.#totalFiles,
    });
  }

  /** Reports that a file is complete, with its last `added` bytes. */
  file(
    path: RawPath,
    added: number,
    size: number,
    outcome: 'copied' | 'unchanged' | 'resumed' = 'copied',
  ): void {
    this.#files++;
    if (outcome === 'unchanged') this.#unchanged++;
    if (outcome === 'resumed') this.#resumed++;
    this.bytes(path, added, size, size);
  }

  /** Counts an entry that is neither file nor folder nor link. */
  skipped(): void {
    this.#skipped++;
  }

  summary({ folders, links, verified }: Pick<CopySummary, 'folders' | 'links' | 'verified'>): CopySummary {
    return {
      files: this.#files,
      folders,
      links,
      bytes: this.#bytes,
      unchanged: this.#unchanged,
      resumed: this.#resumed,
      skipped: this.#skipped,
      verified,
      milliseconds: this.#clock.now() - this.#start,
    };
  }
}
