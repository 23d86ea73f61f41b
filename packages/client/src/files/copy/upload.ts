import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GuestError } from '../../guest-error.js';
import { maxWriteBytes } from '../chunk-size.js';
import { PARTIAL_FOLDER } from '../partial.js';
import { Transfer, withFile } from '../transfer.js';
import { guestHashes, guestRangeHash, type RangeVerifier, rangeVerifier } from './guest-content.js';
import { batches, type GuestFolder, type Programs, partialOf } from './guest-folder.js';
import { type CopyJob, groupEntries, withoutUnchanged, writeChunkSize } from './job.js';
import { hashStart, readParts, readStart, sha256, withLocalFile } from './local-file.js';
import { bytesOfPath, displayPath, joinPath, nameOf, parentOf, type RawPath, wireText } from './raw-path.js';
import { tarOf, tarSize } from './tar.js';
import { type Entry, NOT_REPLACEABLE } from './tree.js';

/** A copy to a folder in the guest. */
export interface Upload extends CopyJob {
  readonly folder: GuestFolder;
  /** The entries of that folder, including partial files. */
  readonly existing: ReadonlyMap<RawPath, Entry>;
  /** Returns the local path of an entry. */
  readonly source: (path: RawPath) => Buffer;
  readonly programs: Programs;
}

/** A complete partial file in the guest. */
interface UploadedFile {
  readonly entry: Entry;
  /** The comparisons of its parts that are already running. */
  readonly matches: readonly Promise<boolean>[];
  /** The SHA-256 of a file that is still to be compared. */
  readonly hash?: string;
  readonly resumed: boolean;
}

/** Files up to this size are sent in archives. */
const MAX_ARCHIVED_FILE_BYTES = 256 * 1024;
const ARCHIVE_LIMIT = { size: 4 * 2 ** 20, count: 1000 };
/** Larger files are verified in parts of this size while the next part is sent. */
const VERIFIED_PART_BYTES = 64 * 2 ** 20;
/** Smaller files are verified together, by one run of a program. */
const MIN_VERIFIED_ALONE_BYTES = 4 * 2 ** 20;
/** The limit of files that are verified and moved to their destinations together. */
const COMMIT_LIMIT = { size: 256 * 2 ** 20, count: 64 };

function modeOf({ preserveMode }: CopyJob, { kind, mode }: Entry): number {
  if (kind === 'folder') return mode & 0o1777;
  return preserveMode ? mode & 0o777 : 0o644;
}

/** Rejects the copy before it starts if a folder would replace another entry, or another entry a folder. */
function checkConflicts({ existing }: Upload, entries: readonly Entry[]): void {
  for (const { path, kind } of entries) {
    const old = existing.get(path)?.kind;
    if (old === 'other' && kind !== 'folder') {
      throw new GuestError('command', `${displayPath(path)}: ${NOT_REPLACEABLE}`, { command: 'guest-exec' });
    }
    if (old === undefined || (kind === 'folder') === (old === 'folder')) continue;
    const reason =
      kind === 'folder'
        ? 'cannot create a folder: the guest has a file of that name'
        : 'cannot create a file: the guest has a folder of that name';
    throw new GuestError('command', `${displayPath(path)}: ${reason}`, { command: 'guest-exec' });
  }
}

/** Returns the paths of the files that the guest has with the same contents. */
async function findUnchanged(job: Upload, files: readonly Entry[]): Promise<ReadonlySet<RawPath>> {
  const { existing, folder, callOptions, source } = job;
  const unchanged = new Set<RawPath>();
  if (!job.resume || !job.programs.sha256sum) return unchanged;
  const candidates = files.filter(({ path, size }) => {
    const old = existing.get(path);
    return old?.kind === 'file' && old.size === size;
  });
  if (candidates.length === 0) return unchanged;
  const paths = candidates.map(({ path }) => path);
  const remote = guestHashes(folder, paths);
  remote.catch(() => {});
  const local = new Map<RawPath, string>();
  for (const { path, size } of candidates) {
    const hash = await withLocalFile(source(path), (file) => hashStart(file, size, callOptions.signal));
    local.set(path, hash.digest('hex'));
  }
  for (const [path, hash] of await remote) if (local.get(path) === hash) unchanged.add(path);
  return unchanged;
}

function mismatch({ path }: Entry): GuestError {
  const message = `${displayPath(path)}: checksum mismatch in the guest; copy it again`;
  return new GuestError('protocol', message, { command: 'guest-file-write' });
}

/** Verifies the partial files whose hash is given. */
async function verifyPartials(
  { folder }: Upload,
  files: readonly { readonly entry: Entry; readonly hash?: string }[],
): Promise<void> {
  const pending = files.filter(({ hash }) => hash !== undefined);
  if (pending.length === 0) return;
  const partials = pending.map(({ entry }) => partialOf(entry.path));
  const hashes = await guestHashes(folder, partials);
  for (const { entry, hash } of pending) {
    if (hashes.get(partialOf(entry.path)) !== hash) throw mismatch(entry);
  }
}

/** Sends small files in an archive, which `tar` unpacks in the guest. */
async function uploadArchive(job: Upload, entries: readonly Entry[]): Promise<void> {
  const { folder, callOptions, progress, source } = job;
  const files: { entry: Entry; data: Buffer; hash?: string }[] = [];
  for (const entry of entries) {
    callOptions.signal.throwIfAborted();
    const data = await withLocalFile(source(entry.path), (file) => readStart(file, entry.size));
    files.push({ entry, data, ...(job.verify && { hash: sha256(data) }) });
  }
  const members = files.map(({ entry, data }) => {
    return { path: `./${partialOf(entry.path)}`, mode: modeOf(job, entry), data };
  });
  await folder.unpack(tarOf(members));
  await verifyPartials(job, files);
  await folder.commit(entries.map(({ path }) => path));
  for (const { entry, data } of files) progress.file(entry.path, data.length, data.length);
}

/** Returns the path of the partial file, or of a substitute if a request cannot contain the name. */
function requestablePartial(path: RawPath): { readonly path: RawPath; readonly text: string } {
  const partial = partialOf(path);
  const text = wireText(partial);
  if (text !== undefined) return { path: partial, text };
  const substitute = joinPath(PARTIAL_FOLDER, sha256(bytesOfPath(path)));
  return { path: substitute, text: substitute };
}

/** Returns the length of the partial file of an interrupted copy, if its bytes are those of the local file. */
async function resumeOffset(job: Upload, size: number, partial: RawPath, local: FileHandle): Promise<number> {
  const { existing, folder, callOptions } = job;
  const old = existing.get(partial);
  if (old?.kind !== 'file' || old.size === 0 || old.size > size) return 0;
  if (!job.resume || !job.programs.sha256sum) return 0;
  const [remote, hash] = await Promise.all([
    guestRangeHash(folder, { path: partial, offset: 0 }),
    hashStart(local, old.size, callOptions.signal),
  ]);
  return remote === hash.digest('hex') ? old.size : 0;
}

/** Uploads one large file to its partial file, from where an interrupted copy of it ended. */
async function uploadFile(
  job: Upload,
  entry: Entry,
  local: FileHandle,
  verifier: RangeVerifier,
): Promise<UploadedFile> {
  const { folder, progress, verify } = job;
  const { path, size } = entry;
  const partial = requestablePartial(path);
  const matches: Promise<boolean>[] = [];
  const verifyPart = (offset: number, length: number | undefined, hash: Hash): void => {
    const result = verifier({ path: partial.path, offset, length }, hash.digest('hex'));
    // It is awaited when the file is committed.
    result.catch(() => {});
    matches.push(result);
  };
  const offset = await resumeOffset(job, size, partial.path, local);
  if (offset > 0) progress.bytes(path, offset, offset, size);
  const { start, hash } = await sendParts(job, { entry, local, offset, partial: partial.text, verifyPart });
  const isVerifiedAlone = size >= MIN_VERIFIED_ALONE_BYTES || offset > 0;
  if (verify && isVerifiedAlone) verifyPart(start, undefined, hash);
  if (partial.path !== partialOf(path)) {
    await Promise.all(matches);
    await folder.rename(partial.path, partialOf(path));
  }
  const pending = verify && !isVerifiedAlone ? { hash: hash.digest('hex') } : {};
  return { entry, matches, resumed: offset > 0, ...pending };
}

interface PartsToSend {
  readonly entry: Entry;
  readonly local: FileHandle;
  readonly offset: number;
  /** The path to open below the folder. */
  readonly partial: string;
  readonly verifyPart: (offset: number, length: number, hash: Hash) => void;
}

/** Sends a file in parts, and returns the start and the hash of the last one. */
async function sendParts(job: Upload, { entry, local, offset, partial, verifyPart }: PartsToSend) {
  const { callOptions, folder, guest, progress, verify } = job;
  const { path, size } = entry;
  const chunk = writeChunkSize(job);
  const opening = job.open(`${folder.root}/${partial}`, offset > 0 ? 'r+' : 'w');
  return await withFile(opening, async (file) => {
    if (offset > 0) await file.seek(offset, 'set', callOptions);
    const transfer = new Transfer(guest, file, chunk, callOptions);
    for (let start = offset; ; start += VERIFIED_PART_BYTES) {
      const hash = createHash('sha256');
      const length = Math.min(VERIFIED_PART_BYTES, size - start);
      const parts = readParts(local, start, length, () => chunk.pipelineBytes);
      const sent = await transfer.send(start, parts, {
        sending: (part) => verify && hash.update(part),
        sent: (added, total) => progress.bytes(path, added, start + total, size),
      });
      if (sent < VERIFIED_PART_BYTES || start + sent >= size) return { start, hash };
      if (!verify) continue;
      // Programs do not see what the agent still buffers.
      await file.flush(callOptions);
      verifyPart(start, VERIFIED_PART_BYTES, hash);
    }
  });
}

async function commit(job: Upload, files: readonly UploadedFile[]): Promise<void> {
  const { folder, progress } = job;
  for (const { entry, matches } of files) {
    if ((await Promise.all(matches)).includes(false)) throw mismatch(entry);
  }
  await verifyPartials(job, files);
  const modes = files.map(({ entry }) => ({ path: partialOf(entry.path), mode: modeOf(job, entry) }));
  await folder.changeModes(modes);
  await folder.commit(files.map(({ entry }) => entry.path));
  for (const { entry, resumed } of files) {
    progress.file(entry.path, 0, entry.size, resumed ? 'resumed' : undefined);
  }
}

async function uploadFiles(job: Upload, files: readonly Entry[]): Promise<void> {
  const { folder, guest, programs, source } = job;
  const limit = { ...ARCHIVE_LIMIT, size: Math.min(ARCHIVE_LIMIT.size, maxWriteBytes(guest.messageLimits)) };
  const sizeOf = ({ path, size }: Entry): number => tarSize(partialOf(path), size);
  const isSmall = (entry: Entry): boolean =>
    programs.tar && entry.size <= MAX_ARCHIVED_FILE_BYTES && sizeOf(entry) <= limit.size;
  for (const batch of batches(files.filter(isSmall), sizeOf, limit)) await uploadArchive(job, batch);
  const large = files.filter((entry) => !isSmall(entry));
  const verifier = rangeVerifier(folder);
  for (const batch of batches(large, ({ size }) => size, COMMIT_LIMIT)) {
    const uploaded: UploadedFile[] = [];
    for (const entry of batch) {
      const upload = (local: FileHandle) => uploadFile(job, entry, local, verifier);
      uploaded.push(await withLocalFile(source(entry.path), upload));
    }
    await commit(job, uploaded);
  }
}

/** Sets the permissions of unchanged files and of folders that differ. */
async function updateModes(job: Upload, files: readonly Entry[], folders: readonly Entry[]): Promise<void> {
  const { existing, folder } = job;
  // Inner folders first: a folder may become inaccessible.
  const modes = [...files, ...folders.toReversed()].map((entry) => ({
    path: entry.path,
    mode: modeOf(job, entry),
  }));
  await folder.changeModes(modes.filter(({ path, mode }) => existing.get(path)?.mode !== mode));
}

/** Copies entries, each of which comes after the folder that contains it. */
export async function uploadEntries(job: Upload, entries: readonly Entry[]): Promise<void> {
  const { existing, folder } = job;
  const { files, folders, links } = groupEntries(job, entries);
  checkConflicts(job, entries);

  await folder.make(folders.filter(({ path }) => !existing.has(path)).map(({ path }) => path));
  const unchanged = await findUnchanged(job, files);
  const changedFiles = withoutUnchanged(job, files, unchanged);
  const changedLinks = links.filter(({ path, target }) => existing.get(path)?.target !== target);
  const parents = [...changedFiles, ...changedLinks].map(({ path }) => parentOf(path));
  const needsSubstitute = changedFiles.some(({ path }) => wireText(path) === undefined);
  const partialParents = [...new Set([...parents, ...(needsSubstitute ? [''] : [])])];
  await folder.makePartials(partialParents);

  await uploadFiles(job, changedFiles);
  await folder.link(changedLinks);
  await folder.commit(changedLinks.map(({ path }) => path));
  const oldParents = [...existing.keys()].filter((path) => nameOf(path) === PARTIAL_FOLDER).map(parentOf);
  await folder.removePartials([...new Set([...partialParents, ...oldParents])]);
  const unchangedFiles = files.filter(({ path }) => unchanged.has(path));
  if (job.preserveMode) await updateModes(job, unchangedFiles, folders);
}
