import type { Clock } from '../../clock.js';
import type { CopyOptions, CopySummary } from './options.js';
import { type RawPath, shown } from './raw-path.js';

/** Counts what a copy does, and tells whoever wants to see it. */
export class Progress {
  readonly #tell: CopyOptions['onProgress'];
  readonly #clock: Clock;
  readonly #start: number;
  #totalBytes: number | undefined;
  #totalFiles: number | undefined;
  #bytes = 0;
  #files = 0;
  #unchanged = 0;
  #resumed = 0;
  #skipped = 0;

  constructor(clock: Clock, tell: CopyOptions['onProgress']) {
    this.#clock = clock;
    this.#start = clock.now();
    this.#tell = tell;
  }

  /** What is to be copied in all. */
  expect(files: number, bytes: number | undefined): void {
    this.#totalFiles = files;
    this.#totalBytes = bytes;
  }

  /** So many bytes of a file are there, of those that have not been counted for it. */
  bytes(path: RawPath, added: number, fileBytes: number, fileSize: number | undefined): void {
    this.#bytes += added;
    this.#tell?.({
      path: shown(path),
      fileBytes,
      fileSize,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      files: this.#files,
      totalFiles: this.#totalFiles,
    });
  }

  /** A file is complete, and its last bytes too. */
  file(path: RawPath, added: number, size: number, how: 'copied' | 'unchanged' | 'resumed' = 'copied'): void {
    this.#files++;
    if (how === 'unchanged') this.#unchanged++;
    if (how === 'resumed') this.#resumed++;
    this.bytes(path, added, size, size);
  }

  /** Something that is neither file nor folder nor link was left out. */
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
