import { posix } from 'node:path';
import type { GuestCalls } from '../../calls.js';
import { invalidArgument } from '../../invalid-argument.js';
import type { Clock } from '../../time.js';
import { ChunkSize, maxReadBytes, maxWriteBytes } from '../chunk-size.js';
import type { OpenMode } from '../guest-file.js';
import type { GuestShell } from '../guest-shell.js';
import { Transfer, type TransferFile } from '../transfer.js';
import type { CopyOptions, CopySummary } from './options.js';
import { displayPath, type RawPath } from './raw-path.js';
import type { Entry } from './tree.js';

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

/** What all parts of one copy share. */
export interface CopyJob {
  readonly guest: GuestCalls;
  readonly shell: GuestShell;
  /** Opens a file in the guest. */
  readonly open: (path: string, mode: OpenMode) => Promise<TransferFile>;
  /** Fires at the deadline of the copy, when the caller aborts it, and at its end. */
  readonly callOptions: { readonly signal: AbortSignal };
  readonly options: CopyOptions;
  readonly verify: boolean;
  readonly resume: boolean;
  readonly preserveMode: boolean;
  readonly progress: Progress;
}

export function readChunkSize({ guest, options }: CopyJob): ChunkSize {
  return new ChunkSize(maxReadBytes(guest.messageLimits), options.chunkSize);
}

export function writeChunkSize({ guest, options }: CopyJob): ChunkSize {
  return new ChunkSize(maxWriteBytes(guest.messageLimits), options.chunkSize);
}

/** Yields bytes of an open file from a position on. A chunk may be overwritten when the next one is requested. */
export function receiveFrom(
  job: CopyJob,
  file: TransferFile,
  position: number,
  length?: number,
): AsyncIterable<Buffer> {
  const transfer = new Transfer(job.guest, file, readChunkSize(job), job.callOptions);
  return transfer.receive(position, { reuse: true, ...(length !== undefined && { length }) });
}

/** Groups entries by kind, and counts them. */
export function groupEntries(
  { progress }: CopyJob,
  entries: readonly Entry[],
): Readonly<Record<'files' | 'folders' | 'links', readonly Entry[]>> {
  const ofKind = (kind: Entry['kind']): Entry[] => entries.filter((entry) => entry.kind === kind);
  const [files, folders, links] = [ofKind('file'), ofKind('folder'), ofKind('link')];
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  progress.expect(files.length, bytes);
  progress.add('folders', folders.length);
  progress.add('links', links.length);
  progress.add('skipped', ofKind('other').length);
  return { files, folders, links };
}

/** Reports the unchanged files, and returns the others. */
export function withoutUnchanged(
  { progress }: CopyJob,
  files: readonly Entry[],
  unchanged: ReadonlySet<string>,
): Entry[] {
  return files.filter(({ path, size }) => {
    if (unchanged.has(path)) progress.file(path, size, size, 'unchanged');
    return !unchanged.has(path);
  });
}

/** Returns the name of a copy that is put into a folder; rejects paths without one, such as `/` and `..`. */
export function copyName(path: string): string {
  const name = posix.basename(path);
  if (name !== '' && name !== '.' && name !== '..') return name;
  const message = `"${path}" does not end in a name: write the destination with its name, without a trailing /`;
  throw invalidArgument(message);
}
