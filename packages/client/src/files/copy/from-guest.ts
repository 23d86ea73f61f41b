import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GuestError } from '../../guest-error.js';
import { ChunkSize, mostPerRead } from '../chunk-size.js';
import { receiveFrom } from '../transfer.js';
import { batches } from './batches.js';
import type { Entry } from './entries.js';
import type { Programs } from './guest-folder.js';
import { guestHashes, guestHashOfPart } from './guest-hashes.js';
import { readAll, readThroughShell } from './guest-reading.js';
import { type Job, verifies } from './job.js';
import { hashOf, hashOfBeginning, reading, writeAll } from './local-file.js';
import { checkNames, type LocalFolder, localMode } from './local-folder.js';
import { localPath } from './local-tree.js';
import { type RawPath, shown, wireText } from './raw-path.js';

/** A copy from a folder in the guest. */
export interface FromGuest extends Job {
  /** The folder in the guest. */
  readonly root: string;
  readonly folder: LocalFolder;
  /** The file in the guest that an entry stands for, below the folder. */
  readonly source: (path: RawPath) => RawPath;
  readonly programs: Programs;
}

/** Files up to this size travel together. */
const SMALL = 256 * 1024;
/** Bytes, and files, that travel together: less than an agent keeps of an output. */
const together = { size: 4 * 2 ** 20, count: 1000 };

function modeOf({ options }: Job, entry: Entry): number {
  return (options.preserveMode ?? true) ? localMode(entry) : entry.kind === 'folder' ? 0o755 : 0o644;
}

function resumes({ options, programs }: FromGuest): boolean {
  return options.resume !== false && programs.sha256sum;
}

/** The files that are here already, with the same bytes. */
async function findUnchanged(job: FromGuest, files: readonly Entry[]): Promise<ReadonlySet<RawPath>> {
  const { folder, guest, limits, root, source } = job;
  const unchanged = new Set<RawPath>();
  if (!resumes(job)) return unchanged;
  const candidates: Entry[] = [];
  for (const entry of files) {
    const there = await folder.look(entry.path);
    if (there?.isFile() === true && there.size === entry.size) candidates.push(entry);
  }
  if (candidates.length === 0) return unchanged;
  const names = candidates.map(({ path }) => source(path));
  const theirs = guestHashes(guest, root, names, limits);
  theirs.catch(() => {});
  for (const entry of candidates) {
    await reading(localPath(folder.root, entry.path), async (file) => {
      const { hash } = await hashOfBeginning(file, entry.size, limits.signal);
      if ((await theirs).get(source(entry.path)) !== hash.digest('hex')) return;
      unchanged.add(entry.path);
      if (job.options.preserveMode ?? true) await file.chmod(modeOf(job, entry));
    });
  }
  return unchanged;
}

async function keep(job: FromGuest, entry: Entry, data: Buffer): Promise<void> {
  const { folder, progress } = job;
  const file = await folder.openPartial(entry.path, false);
  try {
    await writeAll(file, data, 0);
    await file.chmod(modeOf(job, entry));
  } finally {
    await file.close();
  }
  await folder.putInPlace(entry.path);
  progress.file(entry.path, data.length, data.length);
}

/** Brings small files at once; gives those that have to be brought alone, since they were changing just then. */
async function bringTogether(job: FromGuest, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const { guest, limits, root, source } = job;
  const names = entries.map(({ path }) => source(path));
  const all = await readAll(guest, root, names, limits);
  if (all.length !== entries.reduce((sum, { size }) => sum + size, 0)) return entries;
  const hashes = verifies(job) ? await guestHashes(guest, root, names, limits) : undefined;
  const again: Entry[] = [];
  let at = 0;
  for (const entry of entries) {
    limits.signal.throwIfAborted();
    const data = all.subarray(at, at + entry.size);
    at += entry.size;
    if (hashes !== undefined && hashes.get(source(entry.path)) !== hashOf(data)) again.push(entry);
    else await keep(job, entry, data);
  }
  return again;
}

/**
 * The bytes of a file in the guest from a place on, as many as the list says that it has. What it has given may be overwritten
 * as soon as the next is asked for.
 */
async function* bytesOf(
  job: FromGuest,
  entry: Entry,
  offset: number,
): AsyncGenerator<Buffer, void, undefined> {
  const { files, guest, limits, options, root, source } = job;
  const size = new ChunkSize(mostPerRead(guest.messageLimits), options.chunkSize);
  const length = entry.size - offset;
  const name = wireText(source(entry.path));
  if (name === undefined) {
    yield* readThroughShell({ guest, size, limits }, root, source(entry.path), offset, length);
    return;
  }
  const file = await files.open(`${root}/${name}`, 'r', limits);
  try {
    if (offset > 0) await file.seek(offset, 'set', limits);
    yield* receiveFrom({ guest, file, size, limits }, offset, { length, reuse: true });
  } finally {
    // Nothing was written to it: what closing it meets is of no interest.
    await file.close({ timeout: 5000 }).catch(() => {});
  }
}

/** Brings one file, from where an interrupted copy of it ended. */
async function bringAlone(job: FromGuest, entry: Entry): Promise<void> {
  const { folder, guest, limits, progress, root, source } = job;
  const file = await folder.openPartial(entry.path, resumes(job));
  try {
    const begun = await begin(job, entry, file);
    // The guest hashes what it sends while it sends it.
    const all = { path: source(entry.path), from: 0, length: entry.size };
    const theirs = verifies(job) ? guestHashOfPart(guest, root, all, limits) : undefined;
    theirs?.catch(() => {});
    const { hash } = begun;
    let at = begun.offset;
    if (at > 0) progress.bytes(entry.path, at, at, entry.size);
    for await (const part of bytesOf(job, entry, at)) {
      const writing = writeAll(file, part, at);
      // It is written while it is hashed.
      if (verifies(job)) hash.update(part);
      await writing;
      at += part.length;
      progress.bytes(entry.path, part.length, at, entry.size);
    }
    await file.truncate(at);
    if (theirs !== undefined && (await theirs) !== hash.digest('hex')) {
      await file.truncate(0);
      const message = `${shown(entry.path)} has changed in the guest while it was copied; copy it again`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
    await file.chmod(modeOf(job, entry));
    await folder.putInPlace(entry.path);
    progress.file(entry.path, 0, at, begun.offset > 0 ? 'resumed' : 'copied');
  } finally {
    await file.close();
  }
}

/** How much of a file is here already, and the hash of that. */
async function begin(
  job: FromGuest,
  { path, size }: Entry,
  file: FileHandle,
): Promise<{ readonly offset: number; readonly hash: ReturnType<typeof createHash> }> {
  const { guest, limits, root, source } = job;
  const { size: there } = await file.stat();
  if (there > 0 && there <= size) {
    const beginning = { path: source(path), from: 0, length: there };
    const [theirs, { hash }] = await Promise.all([
      guestHashOfPart(guest, root, beginning, limits),
      hashOfBeginning(file, there, limits.signal),
    ]);
    if (hash.copy().digest('hex') === theirs) return { offset: there, hash };
  }
  return { offset: 0, hash: createHash('sha256') };
}

async function bringFiles(job: FromGuest, files: readonly Entry[]): Promise<void> {
  const most = { ...together, size: Math.min(together.size, mostPerRead(job.guest.messageLimits)) };
  const fits = ({ size }: Entry): boolean => size <= Math.min(SMALL, most.size);
  const alone = files.filter((entry) => !fits(entry));
  for (const batch of batches(files.filter(fits), ({ size }) => size, most)) {
    alone.push(...(await bringTogether(job, batch)));
  }
  for (const entry of alone) await bringAlone(job, entry);
}

/** Copies entries, each of which comes after the folder that it lies in. */
export async function bringEntries(
  job: FromGuest,
  entries: readonly Entry[],
): Promise<{ readonly folders: number; readonly links: number }> {
  const { folder, progress } = job;
  checkNames(entries.map(({ path }) => path));
  const ofKind = (kind: Entry['kind']): Entry[] => entries.filter((entry) => entry.kind === kind);
  const [files, folders, links] = [ofKind('file'), ofKind('folder'), ofKind('link')];
  for (const _ of ofKind('other')) progress.skipped();
  progress.expect(
    files.length,
    files.reduce((sum, { size }) => sum + size, 0),
  );

  for (const { path } of folders) await folder.make(path);
  const unchanged = await findUnchanged(job, files);
  for (const { path, size } of files) if (unchanged.has(path)) progress.file(path, size, size, 'unchanged');
  await bringFiles(
    job,
    files.filter(({ path }) => !unchanged.has(path)),
  );
  for (const { path, target } of links) await folder.link(path, target);
  await folder.removePartials();
  // Those within first: a folder may be one that nobody can write to, or enter.
  for (const entry of folders.toReversed()) await folder.changeMode(entry.path, modeOf(job, entry));
  return { folders: folders.length, links: links.length };
}
