import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GuestError } from '../../guest-error.js';
import { maxReadBytes } from '../chunk-size.js';
import { guestHashes, guestRangeHash, readFiles, readThroughShell } from './guest-content.js';
import { batches, type GuestFolder, type Programs } from './guest-folder.js';
import { type CopyJob, groupEntries, readChunkSize, receiveFrom, withoutUnchanged } from './job.js';
import { hashStart, sha256, withLocalFile, writeAt } from './local-file.js';
import { checkNames, type LocalFolder, localMode } from './local-folder.js';
import { displayPath, type RawPath, wireText } from './raw-path.js';
import { type Entry, localPath } from './tree.js';

/** A copy from a folder in the guest. */
export interface Download extends CopyJob {
  readonly guestFolder: GuestFolder;
  readonly folder: LocalFolder;
  /** Returns the path of an entry below the folder in the guest. */
  readonly source: (path: RawPath) => RawPath;
  readonly programs: Programs;
}

/** Files up to this size are read together. */
const MAX_BATCHED_FILE_BYTES = 256 * 1024;
/** Less than the 16 MiB of output that an agent captures (qemu-ga §5.8). */
const BATCH_LIMIT = { size: 4 * 2 ** 20, count: 1000 };
const CLOSE_TIMEOUT_MS = 5000;

function modeOf({ preserveMode }: CopyJob, entry: Entry): number {
  return preserveMode ? localMode(entry) : entry.kind === 'folder' ? 0o755 : 0o644;
}

function canResume({ resume, programs }: Download): boolean {
  return resume && programs.sha256sum;
}

/** Returns the paths of the files that exist locally with the same contents, and sets their permissions. */
async function findUnchanged(job: Download, files: readonly Entry[]): Promise<ReadonlySet<RawPath>> {
  const { folder, guestFolder, callOptions, source } = job;
  const unchanged = new Set<RawPath>();
  if (!canResume(job)) return unchanged;
  const candidates: Entry[] = [];
  for (const entry of files) {
    const old = await folder.stat(entry.path);
    if (old?.isFile() === true && old.size === entry.size) candidates.push(entry);
  }
  if (candidates.length === 0) return unchanged;
  const names = candidates.map(({ path }) => source(path));
  const remote = guestHashes(guestFolder, names);
  remote.catch(() => {});
  for (const entry of candidates) {
    await withLocalFile(localPath(folder.root, entry.path), async (file) => {
      const hash = await hashStart(file, entry.size, callOptions.signal);
      if ((await remote).get(source(entry.path)) !== hash.digest('hex')) return;
      unchanged.add(entry.path);
      if (job.preserveMode) await file.chmod(modeOf(job, entry));
    });
  }
  return unchanged;
}

async function writeFile(job: Download, entry: Entry, data: Buffer): Promise<void> {
  const { folder, progress } = job;
  await folder.writePartial(entry.path, false, async (file) => {
    await writeAt(file, data, 0);
    await file.chmod(modeOf(job, entry));
  });
  await folder.commit(entry.path);
  progress.file(entry.path, data.length, data.length);
}

/** Reads small files together. Returns those that changed meanwhile, to be downloaded one by one. */
async function downloadBatch(job: Download, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const { guestFolder, callOptions, source } = job;
  const names = entries.map(({ path }) => source(path));
  const all = await readFiles(guestFolder, names);
  if (all.length !== entries.reduce((sum, { size }) => sum + size, 0)) return entries;
  const hashes = job.verify ? await guestHashes(guestFolder, names) : undefined;
  const changed: Entry[] = [];
  let at = 0;
  for (const entry of entries) {
    callOptions.signal.throwIfAborted();
    const data = all.subarray(at, at + entry.size);
    at += entry.size;
    if (hashes !== undefined && hashes.get(source(entry.path)) !== sha256(data)) changed.push(entry);
    else await writeFile(job, entry, data);
  }
  return changed;
}

/** Yields the bytes of a file from an offset to its listed size. A chunk may be overwritten when the next one is requested. */
async function* readFrom(job: Download, entry: Entry, offset: number): AsyncIterable<Buffer> {
  const { guestFolder, callOptions, source } = job;
  const length = entry.size - offset;
  const name = wireText(source(entry.path));
  if (name === undefined) {
    const range = { offset, length, chunk: readChunkSize(job) };
    yield* readThroughShell(guestFolder, source(entry.path), range);
    return;
  }
  const file = await job.open(`${guestFolder.root}/${name}`, 'r');
  try {
    if (offset > 0) await file.seek(offset, 'set', callOptions);
    yield* receiveFrom(job, file, offset, length);
  } finally {
    // Nothing was written, so a failure to close does not matter.
    await file.close({ timeout: CLOSE_TIMEOUT_MS }).catch(() => {});
  }
}

/** Downloads one file, from where an interrupted copy of it ended. */
async function downloadFile(job: Download, entry: Entry): Promise<void> {
  const { folder, guestFolder, progress, source, verify } = job;
  const { path, size } = entry;
  await folder.writePartial(path, canResume(job), async (file) => {
    const { offset, hash } = await resumePoint(job, entry, file);
    // The guest hashes the file while it is transferred.
    const range = { path: source(path), offset: 0, length: size };
    const remote = verify ? guestRangeHash(guestFolder, range) : undefined;
    remote?.catch(() => {});
    if (offset > 0) progress.bytes(path, offset, offset, size);
    let at = offset;
    for await (const chunk of readFrom(job, entry, offset)) {
      const writing = writeAt(file, chunk, at);
      // Hashing overlaps with the write.
      if (verify) hash.update(chunk);
      await writing;
      at += chunk.length;
      progress.bytes(path, chunk.length, at, size);
    }
    await file.truncate(at);
    if (remote !== undefined && (await remote) !== hash.digest('hex')) {
      await file.truncate(0);
      const message = `${displayPath(path)}: changed in the guest while it was copied; copy it again`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
    await file.chmod(modeOf(job, entry));
    await folder.commit(path);
    progress.file(path, 0, at, offset > 0 ? 'resumed' : undefined);
  });
}

/** Returns the length and the hash of a partial file whose bytes are those of the file in the guest. */
async function resumePoint(job: Download, { path, size }: Entry, file: FileHandle) {
  const { guestFolder, callOptions, source } = job;
  const { size: length } = await file.stat();
  if (length > 0 && length <= size) {
    const [remote, hash] = await Promise.all([
      guestRangeHash(guestFolder, { path: source(path), offset: 0, length }),
      hashStart(file, length, callOptions.signal),
    ]);
    if (hash.copy().digest('hex') === remote) return { offset: length, hash };
  }
  return { offset: 0, hash: createHash('sha256') };
}

async function downloadFiles(job: Download, files: readonly Entry[]): Promise<void> {
  const limit = { ...BATCH_LIMIT, size: Math.min(BATCH_LIMIT.size, maxReadBytes(job.guest.messageLimits)) };
  const isSmall = ({ size }: Entry): boolean => size <= Math.min(MAX_BATCHED_FILE_BYTES, limit.size);
  const single = files.filter((entry) => !isSmall(entry));
  for (const batch of batches(files.filter(isSmall), ({ size }) => size, limit)) {
    single.push(...(await downloadBatch(job, batch)));
  }
  for (const entry of single) await downloadFile(job, entry);
}

/** Copies entries, each of which comes after the folder that contains it. */
export async function downloadEntries(job: Download, entries: readonly Entry[]): Promise<void> {
  const { folder } = job;
  checkNames(entries);
  const { files, folders, links } = groupEntries(job, entries);
  for (const { path } of folders) await folder.make(path);
  for (const { path } of [...files, ...links]) await folder.checkReplaceable(path);
  const unchanged = await findUnchanged(job, files);
  await downloadFiles(job, withoutUnchanged(job, files, unchanged));
  for (const { path, target } of links) await folder.link(path, target);
  await folder.removePartials();
  // Inner folders first: a folder may become inaccessible.
  for (const entry of folders.toReversed()) await folder.changeMode(entry.path, modeOf(job, entry));
}
