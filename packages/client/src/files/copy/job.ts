import { posix } from 'node:path';
import type { GuestCalls } from '../../calls.js';
import { ChunkSize, maxReadBytes, maxWriteBytes } from '../chunk-size.js';
import type { OpenMode } from '../guest-file.js';
import type { GuestShell } from '../guest-shell.js';
import { Transfer, type TransferFile } from '../transfer.js';
import type { CopyOptions } from './options.js';
import type { Progress } from './progress.js';
import type { Entry } from './tree.js';

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

/** Returns the chunk size for reads. */
export function readChunkSize({ guest, options }: CopyJob): ChunkSize {
  return new ChunkSize(maxReadBytes(guest.messageLimits), options.chunkSize);
}

/** Returns the chunk size for writes. */
export function writeChunkSize({ guest, options }: CopyJob): ChunkSize {
  return new ChunkSize(maxWriteBytes(guest.messageLimits), options.chunkSize);
}

/** Yields bytes of an open file from a position on. A chunk may be overwritten when the next one is requested. */
export function receiveFrom(
  job: CopyJob,
  file: TransferFile,
  position: number,
  length?: number,
): AsyncGenerator<Buffer, void, undefined> {
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

/**
 * Returns the name of a copy that is put into a folder.
 *
 * @throws {TypeError} if the path does not end in a name, such as `/` and `..`
 */
export function copyName(path: string): string {
  const name = posix.basename(path);
  if (name !== '' && name !== '.' && name !== '..') return name;
  throw new TypeError(
    `"${path}" does not end in a name: write the destination with its name, without a trailing /`,
  );
}
