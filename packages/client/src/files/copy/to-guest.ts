import { GuestError } from '../../guest-error.js';
import { ChunkSize, mostPerWrite } from '../chunk-size.js';
import { partialFolder } from '../partial.js';
import { sendAll, using } from '../transfer.js';
import { batches } from './batches.js';
import type { Entry } from './entries.js';
import { type GuestFolder, partialOf } from './guest-folder.js';
import { guestHashes } from './guest-hashes.js';
import type { Job } from './job.js';
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
  readonly programs: { readonly tar: boolean; readonly sha256sum: boolean };
}

/** A file that is complete in the guest, but not yet in its place. */
interface Sent {
  readonly entry: Entry;
  readonly hash: string;
  readonly resumed: boolean;
}

/** Files up to this size travel together. */
const small = 256 * 1024;
/** Bytes, and files, that travel together. */
const together = { size: 4 * 2 ** 20, count: 1000 };
/** Bytes, and files, that are verified and put in place together. */
const settled = { size: 256 * 2 ** 20, count: 64 };

const modeOf = ({ options }: Job, { mode }: Entry): number =>
  (options.preserveMode ?? true) ? mode & 0o777 : 0o644;

const verifies = ({ options }: Job): boolean => options.verify ?? true;

const conflict = (path: RawPath, what: string): GuestError =>
  new GuestError('command', `${shown(path)}: ${what}`, { command: 'guest-exec' });

/** Nothing is copied if a folder would have to give way to something else, or something else to a folder. */
const checkConflicts = ({ existing }: ToGuest, entries: readonly Entry[]): void => {
  for (const { path, kind } of entries) {
    const there = existing.get(path)?.kind;
    if (there === undefined) continue;
    if (kind === 'folder' && there !== 'folder')
      throw conflict(path, 'a folder cannot replace what is no folder in the guest');
    if (kind !== 'folder' && there === 'folder')
      throw conflict(path, 'there is a folder of that name in the guest');
  }
};

/** The files that the guest has already, with the same bytes. */
const findUnchanged = async (job: ToGuest, files: readonly Entry[]): Promise<ReadonlySet<RawPath>> => {
  const { existing, folder, guest, limits, options, programs, source } = job;
  const unchanged = new Set<RawPath>();
  if (options.resume === false || !programs.sha256sum) return unchanged;
  const candidates = files.filter(({ path, size }) => {
    const there = existing.get(path);
    return there?.kind === 'file' && there.size === size;
  });
  if (candidates.length === 0) return unchanged;
  const hashes = await guestHashes(
    guest,
    folder.root,
    candidates.map(({ path }) => path),
    limits,
  );
  for (const { path, size } of candidates) {
    const { hash } = await reading(source(path), (file) => hashOfBeginning(file, size, limits.signal));
    if (hashes.get(path) === hash.digest('hex')) unchanged.add(path);
  }
  return unchanged;
};

/** Makes sure that what has grown in the guest is what was sent. */
const verify = async (
  { folder, guest, limits }: ToGuest,
  sent: readonly Omit<Sent, 'resumed'>[],
): Promise<void> => {
  const partials = sent.map(({ entry }) => partialOf(entry.path));
  const hashes = await guestHashes(guest, folder.root, partials, limits);
  for (const { entry, hash } of sent) {
    if (hashes.get(partialOf(entry.path)) !== hash) {
      const message = `${shown(entry.path)}: the guest does not hold what was sent; copy it again`;
      throw new GuestError('protocol', message, { command: 'guest-file-write' });
    }
  }
};

/** Sends small files as an archive, which the guest's `tar` unpacks. */
const sendTogether = async (job: ToGuest, entries: readonly Entry[]): Promise<void> => {
  const { folder, limits, progress, source } = job;
  const files: { entry: Entry; data: Buffer; hash: string }[] = [];
  for (const entry of entries) {
    limits.signal.throwIfAborted();
    const data = await reading(source(entry.path), (file) => beginningOf(file, entry.size));
    files.push({ entry, data, hash: verifies(job) ? hashOf(data) : '' });
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
  if (verifies(job)) await verify(job, files);
  await folder.putInPlace(entries.map(({ path }) => path));
  for (const { entry, data } of files) progress.file(entry.path, data.length, data.length);
};

/** The name under which a file grows that a request can hold: its own, or one that stands for it. */
const growing = (path: RawPath): { readonly path: RawPath; readonly text: string } => {
  const partial = partialOf(path);
  const text = wireText(partial);
  if (text !== undefined) return { path: partial, text };
  const substitute = within(partialFolder, hashOf(bytesOfPath(path)));
  return { path: substitute, text: substitute };
};

/** Sends one file, from where an interrupted copy of it ended. */
const sendAlone = async (job: ToGuest, entry: Entry): Promise<Sent> => {
  const { existing, files, folder, guest, limits, options, programs, progress, source } = job;
  const partial = growing(entry.path);
  const there = existing.get(partial.path);
  return await reading(source(entry.path), async (local) => {
    let offset = 0;
    let { hash } = await hashOfBeginning(local, 0, limits.signal);
    const begun = there?.kind === 'file' && there.size > 0 && there.size <= entry.size ? there.size : 0;
    if (begun > 0 && options.resume !== false && programs.sha256sum) {
      const hashes = await guestHashes(guest, folder.root, [partial.path], limits);
      const same = await hashOfBeginning(local, begun, limits.signal);
      if (same.hash.copy().digest('hex') === hashes.get(partial.path)) {
        offset = begun;
        hash = same.hash;
        progress.bytes(entry.path, offset, offset, entry.size);
      }
    }
    const size = new ChunkSize(mostPerWrite(guest.messageLimits), options.chunkSize);
    const path = `${folder.root}/${partial.text}`;
    await using(files.open(path, offset > 0 ? 'r+' : 'w', limits), async (file) => {
      if (offset > 0) await file.seek(offset, 'set', limits);
      const portions = portionsOf(local, offset, entry.size - offset, () => size.portion);
      await sendAll({ guest, file, size, limits }, offset, portions, {
        sending: (portion) => verifies(job) && hash.update(portion),
        sent: (portion, bytes) => progress.bytes(entry.path, portion, offset + bytes, entry.size),
      });
    });
    const own = partialOf(entry.path);
    if (partial.path !== own) await folder.rename(partial.path, own);
    return { entry, hash: verifies(job) ? hash.digest('hex') : '', resumed: offset > 0 };
  });
};

const settle = async (job: ToGuest, sent: readonly Sent[]): Promise<void> => {
  const { folder, progress } = job;
  if (verifies(job)) await verify(job, sent);
  await folder.changeModes(
    sent.map(({ entry }) => ({ path: partialOf(entry.path), mode: modeOf(job, entry) })),
  );
  await folder.putInPlace(sent.map(({ entry }) => entry.path));
  for (const { entry, resumed } of sent)
    progress.file(entry.path, 0, entry.size, resumed ? 'resumed' : 'copied');
};

const sendFiles = async (job: ToGuest, files: readonly Entry[]): Promise<void> => {
  const most = { ...together, size: Math.min(together.size, mostPerWrite(job.guest.messageLimits)) };
  const sizeOf = ({ path, size }: Entry): number => tarSize(partialOf(path), size);
  const fits = (entry: Entry): boolean =>
    job.programs.tar && entry.size <= small && sizeOf(entry) <= most.size;
  for (const batch of batches(files.filter(fits), sizeOf, most)) await sendTogether(job, batch);
  const alone = files.filter((entry) => !fits(entry));
  for (const batch of batches(alone, ({ size }) => size, settled)) {
    const sent: Sent[] = [];
    for (const entry of batch) sent.push(await sendAlone(job, entry));
    await settle(job, sent);
  }
};

const uniqueParents = (entries: readonly Entry[]): RawPath[] => [
  ...new Set(entries.map(({ path }) => parentOf(path))),
];

/** Copies entries, each of which comes after the folder that it lies in. */
export const sendEntries = async (
  job: ToGuest,
  entries: readonly Entry[],
): Promise<{ folders: number; links: number }> => {
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
    (path) => path.endsWith(`/${partialFolder}`) || path === partialFolder,
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
};
