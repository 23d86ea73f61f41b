import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GuestError } from '../../guest-error.js';
import { maxWriteBytes } from '../chunk-size.js';
import { PARTIAL_FOLDER } from '../partial.js';
import { Transfer, withFile } from '../transfer.js';
import { batches } from './batches.js';
import { guestHashes, guestRangeHash, RangeVerifier } from './guest-content.js';
import { type GuestFolder, type Programs, partialOf } from './guest-folder.js';
import { type CopyJob, groupEntries, withoutUnchanged, writeChunkSize } from './job.js';
import { hashStart, readParts, readStart, sha256, withLocalFile } from './local-file.js';
import { bytesOfPath, displayPath, joinPath, nameOf, parentOf, type RawPath, wireText } from './raw-path.js';
import { tarOf, tarSize } from './tar.js';
import type { Entry } from './tree.js';

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

function modeOf({ preserveMode }: CopyJob, { mode }: Entry): number {
  return preserveMode ? mode & 0o777 : 0o644;
}

/** Rejects the copy before it starts if a folder would replace another entry, or another entry a folder. */
function checkConflicts({ existing }: Upload, entries: readonly Entry[]): void {
  for (const { path, kind } of entries) {
    const old = existing.get(path)?.kind;
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
async function resumeOffset(
  job: Upload,
  { size }: Entry,
  partial: RawPath,
  local: FileHandle,
): Promise<number> {
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

/** The upload of one large file, from where an interrupted copy of it ended. */
class FileUpload {
  readonly #job: Upload;
  readonly #entry: Entry;
  readonly #verifier: RangeVerifier;
  readonly #partial: { readonly path: RawPath; readonly text: string };
  readonly #matches: Promise<boolean>[] = [];

  constructor(job: Upload, entry: Entry, verifier: RangeVerifier) {
    this.#job = job;
    this.#entry = entry;
    this.#verifier = verifier;
    this.#partial = requestablePartial(entry.path);
  }

  async run(local: FileHandle): Promise<UploadedFile> {
    const { folder, progress, verify } = this.#job;
    const entry = this.#entry;
    const offset = await resumeOffset(this.#job, entry, this.#partial.path, local);
    if (offset > 0) progress.bytes(entry.path, offset, offset, entry.size);
    const { start, hash } = await this.#send(local, offset);
    const isVerifiedAlone = entry.size >= MIN_VERIFIED_ALONE_BYTES || offset > 0;
    if (verify && isVerifiedAlone) this.#verifyRange(start, undefined, hash);
    const partial = partialOf(entry.path);
    if (this.#partial.path !== partial) {
      await Promise.all(this.#matches);
      await folder.rename(this.#partial.path, partial);
    }
    const pending = verify && !isVerifiedAlone ? { hash: hash.digest('hex') } : {};
    return { entry, matches: this.#matches, resumed: offset > 0, ...pending };
  }

  /** Sends the file in parts, and returns the start and the hash of the last one. */
  async #send(local: FileHandle, offset: number): Promise<{ readonly start: number; readonly hash: Hash }> {
    const { callOptions, folder, guest, progress, verify } = this.#job;
    const { path, size } = this.#entry;
    const chunk = writeChunkSize(this.#job);
    const opening = this.#job.open(`${folder.root}/${this.#partial.text}`, offset > 0 ? 'r+' : 'w');
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
        this.#verifyRange(start, VERIFIED_PART_BYTES, hash);
      }
    });
  }

  #verifyRange(offset: number, length: number | undefined, hash: Hash): void {
    const range = { path: this.#partial.path, offset, length };
    const matches = this.#verifier.verify(range, hash.digest('hex'));
    // It is awaited when the file is committed.
    matches.catch(() => {});
    this.#matches.push(matches);
  }
}

async function commit(job: Upload, files: readonly UploadedFile[]): Promise<void> {
  const { folder, progress } = job;
  for (const { entry, matches } of files) {
    if ((await Promise.all(matches)).includes(false)) throw mismatch(entry);
  }
  await verifyPartials(job, files);
  await folder.changeModes(
    files.map(({ entry }) => ({ path: partialOf(entry.path), mode: modeOf(job, entry) })),
  );
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
  const verifier = new RangeVerifier(folder);
  for (const batch of batches(large, ({ size }) => size, COMMIT_LIMIT)) {
    const uploaded: UploadedFile[] = [];
    for (const entry of batch) {
      const upload = new FileUpload(job, entry, verifier);
      uploaded.push(await withLocalFile(source(entry.path), (local) => upload.run(local)));
    }
    await commit(job, uploaded);
  }
}

/** Sets the permissions of unchanged files and of folders that differ. */
async function updateModes(
  job: Upload,
  unchanged: readonly Entry[],
  folders: readonly Entry[],
): Promise<void> {
  const { existing, folder } = job;
  const modes = [
    ...unchanged.map((entry) => ({ path: entry.path, mode: modeOf(job, entry) })),
    // Inner folders first: a folder may become inaccessible.
    ...folders.toReversed().map(({ path, mode }) => ({ path, mode: mode & 0o1777 })),
  ];
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
  if (job.preserveMode)
    await updateModes(
      job,
      files.filter(({ path }) => unchanged.has(path)),
      folders,
    );
}
