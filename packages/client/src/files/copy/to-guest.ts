import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GuestError } from '../../guest-error.js';
import { ChunkSize, mostPerWrite } from '../chunk-size.js';
import { PARTIAL_FOLDER } from '../partial.js';
import { sendAll, using } from '../transfer.js';
import { batches } from './batches.js';
import { Comparison } from './comparison.js';
import type { Entry } from './entries.js';
import { type GuestFolder, type Programs, partialOf } from './guest-folder.js';
import { guestHashes, guestHashOfPart } from './guest-hashes.js';
import { type Job, verifies } from './job.js';
import { beginningOf, hashOf, hashOfBeginning, portionsOf, reading } from './local-file.js';
import { bytesOfPath, parentOf, type RawPath, shown, wireText, within } from './raw-path.js';
import { tarOf, tarSize } from './tar.js';

/** A copy to a folder in the guest. */
export interface ToGuest extends Job {
  readonly folder: GuestFolder;
  /** What is there already, partial copies included. */
  readonly existing: ReadonlyMap<RawPath, Entry>;
  /** The file of this machine that an entry stands for. */
  readonly source: (path: RawPath) => Buffer;
  readonly programs: Programs;
}

/** A file that is complete in the guest, but not yet in its place. */
interface Sent {
  readonly entry: Entry;
  /** Whether its parts are in the guest what they are here, where that is already being looked at. */
  readonly same: readonly Promise<boolean>[];
  /** The SHA-256 of a file of which it is not. */
  readonly hash?: string;
  readonly resumed: boolean;
}

/** Files up to this size travel together. */
const SMALL = 256 * 1024;
/** Bytes, and files, that travel together. */
const together = { size: 4 * 2 ** 20, count: 1000 };
/** A larger file is compared part by part while it grows, each of this size. */
const PART = 64 * 2 ** 20;
/** A smaller one is compared with others, by one program for all. */
const COMPARED_ALONE = 4 * 2 ** 20;
/** Bytes, and files, that are verified and put in place together. */
const settled = { size: 256 * 2 ** 20, count: 64 };

function modeOf({ options }: Job, { mode }: Entry): number {
  return (options.preserveMode ?? true) ? mode & 0o777 : 0o644;
}

function conflict(path: RawPath, what: string): GuestError {
  return new GuestError('command', `${shown(path)}: ${what}`, { command: 'guest-exec' });
}

/** Nothing is copied if a folder would have to give way to something else, or something else to a folder. */
function checkConflicts({ existing }: ToGuest, entries: readonly Entry[]): void {
  for (const { path, kind } of entries) {
    const there = existing.get(path)?.kind;
    if (there === undefined) continue;
    if (kind === 'folder' && there !== 'folder')
      throw conflict(path, 'a folder cannot replace what is no folder in the guest');
    if (kind !== 'folder' && there === 'folder')
      throw conflict(path, 'there is a folder of that name in the guest');
  }
}

/** The files that the guest has already, with the same bytes. */
async function findUnchanged(job: ToGuest, files: readonly Entry[]): Promise<ReadonlySet<RawPath>> {
  const { existing, folder, guest, limits, options, programs, source } = job;
  const unchanged = new Set<RawPath>();
  if (options.resume === false || !programs.sha256sum) return unchanged;
  const candidates = files.filter(({ path, size }) => {
    const there = existing.get(path);
    return there?.kind === 'file' && there.size === size;
  });
  if (candidates.length === 0) return unchanged;
  const paths = candidates.map(({ path }) => path);
  const theirs = guestHashes(guest, folder.root, paths, limits);
  theirs.catch(() => {});
  const ours = new Map<RawPath, string>();
  for (const { path, size } of candidates) {
    const { hash } = await reading(source(path), (file) => hashOfBeginning(file, size, limits.signal));
    ours.set(path, hash.digest('hex'));
  }
  for (const [path, hash] of await theirs) if (ours.get(path) === hash) unchanged.add(path);
  return unchanged;
}

function notTheSame({ path }: Entry): GuestError {
  return new GuestError('protocol', `${shown(path)}: the guest does not hold what was sent; copy it again`, {
    command: 'guest-file-write',
  });
}

/** Makes sure that what has grown in the guest is what was sent. */
async function verify(
  { folder, guest, limits }: ToGuest,
  sent: readonly { readonly entry: Entry; readonly hash?: string }[],
): Promise<void> {
  const unknown = sent.filter(({ hash }) => hash !== undefined);
  if (unknown.length === 0) return;
  const partials = unknown.map(({ entry }) => partialOf(entry.path));
  const hashes = await guestHashes(guest, folder.root, partials, limits);
  for (const { entry, hash } of unknown) {
    if (hashes.get(partialOf(entry.path)) !== hash) throw notTheSame(entry);
  }
}

/** Sends small files as an archive, which the guest's `tar` unpacks. */
async function sendTogether(job: ToGuest, entries: readonly Entry[]): Promise<void> {
  const { folder, limits, progress, source } = job;
  const files: { entry: Entry; data: Buffer; hash?: string }[] = [];
  for (const entry of entries) {
    limits.signal.throwIfAborted();
    const data = await reading(source(entry.path), (file) => beginningOf(file, entry.size));
    files.push({ entry, data, ...(verifies(job) && { hash: hashOf(data) }) });
  }
  await folder.unpack(
    tarOf(
      files.map(({ entry, data }) => ({
        path: `./${partialOf(entry.path)}`,
        mode: modeOf(job, entry),
        data,
      })),
    ),
  );
  await verify(job, files);
  await folder.putInPlace(entries.map(({ path }) => path));
  for (const { entry, data } of files) progress.file(entry.path, data.length, data.length);
}

/** The name under which a file grows that a request can hold: its own, or one that stands for it. */
function growing(path: RawPath): { readonly path: RawPath; readonly text: string } {
  const partial = partialOf(path);
  const text = wireText(partial);
  if (text !== undefined) return { path: partial, text };
  const substitute = within(PARTIAL_FOLDER, hashOf(bytesOfPath(path)));
  return { path: substitute, text: substitute };
}

/** How many bytes of a file are in the guest already, from an interrupted copy, and the same as here. */
async function begunBefore(
  job: ToGuest,
  { size }: Entry,
  partial: RawPath,
  local: FileHandle,
): Promise<number> {
  const { existing, folder, guest, limits, options, programs } = job;
  const there = existing.get(partial);
  if (there?.kind !== 'file' || there.size === 0 || there.size > size) return 0;
  if (options.resume === false || !programs.sha256sum) return 0;
  const whole = { path: partial, from: 0 };
  const [theirs, ours] = await Promise.all([
    guestHashOfPart(guest, folder.root, whole, limits),
    hashOfBeginning(local, there.size, limits.signal),
  ]);
  return theirs === ours.hash.digest('hex') ? there.size : 0;
}

/** Sends one file, from where an interrupted copy of it ended. */
async function sendAlone(job: ToGuest, entry: Entry, comparison: Comparison): Promise<Sent> {
  const { files, folder, guest, limits, options, progress, source } = job;
  const partial = growing(entry.path);
  const own = partialOf(entry.path);
  return await reading(source(entry.path), async (local) => {
    const offset = await begunBefore(job, entry, partial.path, local);
    if (offset > 0) progress.bytes(entry.path, offset, offset, entry.size);
    const size = new ChunkSize(mostPerWrite(guest.messageLimits), options.chunkSize);
    const path = `${folder.root}/${partial.text}`;
    const same: Promise<boolean>[] = [];
    const compare = (from: number, length: number | undefined, hash: Hash): void => {
      const looking = comparison.compare(
        { path: partial.path, from, ...(length !== undefined && { length }) },
        hash.digest('hex'),
      );
      // Who waits for it comes when all is sent.
      looking.catch(() => {});
      same.push(looking);
    };
    const last = await using(files.open(path, offset > 0 ? 'r+' : 'w', limits), async (file) => {
      if (offset > 0) await file.seek(offset, 'set', limits);
      for (let from = offset; ; from += PART) {
        const hash = createHash('sha256');
        const portions = portionsOf(local, from, Math.min(PART, entry.size - from), () => size.portion);
        const sent = await sendAll({ guest, file, size, limits }, from, portions, {
          sending: (portion) => verifies(job) && hash.update(portion),
          sent: (portion, bytes) => progress.bytes(entry.path, portion, from + bytes, entry.size),
        });
        if (sent < PART || from + sent >= entry.size) return { from, hash };
        if (!verifies(job)) continue;
        // The guest's programs see what the agent has handed over only.
        await file.flush(limits);
        compare(from, PART, hash);
      }
    });
    const { hash } = last;
    const alone = entry.size >= COMPARED_ALONE || offset > 0;
    if (verifies(job) && alone) compare(last.from, undefined, hash);
    if (partial.path !== own) {
      await Promise.all(same);
      await folder.rename(partial.path, own);
    }
    const late = verifies(job) && !alone ? { hash: hash.digest('hex') } : {};
    return { entry, same, resumed: offset > 0, ...late };
  });
}

async function settle(job: ToGuest, sent: readonly Sent[]): Promise<void> {
  const { folder, progress } = job;
  for (const { entry, same } of sent) {
    if ((await Promise.all(same)).includes(false)) throw notTheSame(entry);
  }
  await verify(job, sent);
  await folder.changeModes(
    sent.map(({ entry }) => ({ path: partialOf(entry.path), mode: modeOf(job, entry) })),
  );
  await folder.putInPlace(sent.map(({ entry }) => entry.path));
  for (const { entry, resumed } of sent)
    progress.file(entry.path, 0, entry.size, resumed ? 'resumed' : 'copied');
}

async function sendFiles(job: ToGuest, files: readonly Entry[]): Promise<void> {
  const most = { ...together, size: Math.min(together.size, mostPerWrite(job.guest.messageLimits)) };
  const sizeOf = ({ path, size }: Entry): number => tarSize(partialOf(path), size);
  const fits = (entry: Entry): boolean =>
    job.programs.tar && entry.size <= SMALL && sizeOf(entry) <= most.size;
  for (const batch of batches(files.filter(fits), sizeOf, most)) await sendTogether(job, batch);
  const alone = files.filter((entry) => !fits(entry));
  const comparison = new Comparison(job.guest, job.folder.root, job.limits);
  for (const batch of batches(alone, ({ size }) => size, settled)) {
    const sent: Sent[] = [];
    for (const entry of batch) sent.push(await sendAlone(job, entry, comparison));
    await settle(job, sent);
  }
}

function uniqueParents(entries: readonly Entry[]): RawPath[] {
  return [...new Set(entries.map(({ path }) => parentOf(path)))];
}

/** Copies entries, each of which comes after the folder that it lies in. */
export async function sendEntries(
  job: ToGuest,
  entries: readonly Entry[],
): Promise<{ folders: number; links: number }> {
  const { existing, folder, options, progress } = job;
  const ofKind = (kind: Entry['kind']): Entry[] => entries.filter((entry) => entry.kind === kind);
  const [files, folders, links] = [ofKind('file'), ofKind('folder'), ofKind('link')];
  for (const _ of ofKind('other')) progress.skipped();
  progress.expect(
    files.length,
    files.reduce((sum, { size }) => sum + size, 0),
  );
  checkConflicts(job, entries);

  await folder.make(folders.filter(({ path }) => !existing.has(path)).map(({ path }) => path));
  const unchanged = await findUnchanged(job, files);
  for (const { path, size } of files) if (unchanged.has(path)) progress.file(path, size, size, 'unchanged');
  const toSend = files.filter(({ path }) => !unchanged.has(path));
  const toLink = links.filter(({ path, target }) => existing.get(path)?.target !== target);
  const parents = uniqueParents([...toSend, ...toLink]);
  const substitutes = toSend.some(({ path }) => wireText(path) === undefined) ? [''] : [];
  await folder.makePartials([...new Set([...parents, ...substitutes])]);

  await sendFiles(job, toSend);
  await folder.link(toLink);
  await folder.putInPlace(toLink.map(({ path }) => path));
  const left = [...existing.keys()].filter(
    (path) => path.endsWith(`/${PARTIAL_FOLDER}`) || path === PARTIAL_FOLDER,
  );
  await folder.removePartials([...new Set([...parents, ...substitutes, ...left.map(parentOf)])]);
  if (options.preserveMode ?? true) {
    const changed = files
      .filter(({ path }) => unchanged.has(path))
      .filter((entry) => existing.get(entry.path)?.mode !== modeOf(job, entry));
    await folder.changeModes(changed.map((entry) => ({ path: entry.path, mode: modeOf(job, entry) })));
    // Those within first: a folder may be one that nobody can write to, or enter.
    const deepest = folders
      .filter(({ path, mode }) => existing.get(path)?.mode !== (mode & 0o1777))
      .reverse();
    await folder.changeModes(deepest.map(({ path, mode }) => ({ path, mode: mode & 0o1777 })));
  }
  return { folders: folders.length, links: links.length };
}
