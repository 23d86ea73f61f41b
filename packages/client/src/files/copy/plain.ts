import { createHash } from 'node:crypto';
import { basename, dirname, posix } from 'node:path';
import { GuestError, isGuestError } from '../../guest-error.js';
import { ChunkSize, mostPerRead, mostPerWrite } from '../chunk-size.js';
import type { GuestFile } from '../guest-file.js';
import { receiveFrom, sendAll, using } from '../transfer.js';
import type { Entry } from './entries.js';
import { type Job, verifies } from './job.js';
import { portionsOf, reading, writeAll } from './local-file.js';
import { LocalFolder } from './local-folder.js';
import type { CopySummary } from './options.js';
import { rawOfText } from './raw-path.js';

/**
 * Copies of single files with nothing but the agent's file commands, for guests that run no programs: what is written is written
 * in its place, and verified by being read once more. Nothing can be resumed, since to compare what is there takes as
 * long as to carry it.
 */

async function hashInGuest({ files, guest, limits, options }: Job, path: string): Promise<string> {
  return await using(files.open(path, 'r', limits), async (file) => {
    const hash = createHash('sha256');
    const size = new ChunkSize(mostPerRead(guest.messageLimits), options.chunkSize);
    for await (const part of receiveFrom({ guest, file, size, limits }, 0, { reuse: true }))
      hash.update(part);
    return hash.digest('hex');
  });
}

async function compare(job: Job, path: string, hash: string): Promise<void> {
  if ((await hashInGuest(job, path)) === hash) return;
  const message = `${path} in the guest is not what was copied; copy it again`;
  throw new GuestError('protocol', message, { command: 'guest-file-read' });
}

async function openToWrite({ files, limits }: Job, given: string, name: string): Promise<GuestFile> {
  const within = posix.join(given, name);
  if (given.endsWith('/')) return await files.open(within, 'w', limits);
  try {
    return await files.open(given, 'w', limits);
  } catch (error) {
    if (isGuestError(error, 'command') && error.desc?.includes('Is a directory')) {
      return await files.open(within, 'w', limits);
    }
    throw error;
  }
}

/** Copies a file of this machine. `cause` is why the guest runs no programs. */
export async function sendPlainly(
  job: Job,
  source: { readonly local: string; readonly name: () => string },
  { size: length }: Entry,
  given: string,
  cause: unknown,
): Promise<CopySummary> {
  const { guest, limits, options, progress } = job;
  // Who asks for it by name is told; who does not, gets what can be had.
  if (options.preserveMode === true) throw cause;
  progress.expect(1, length);
  const name = source.name();
  const hash = createHash('sha256');
  const size = new ChunkSize(mostPerWrite(guest.messageLimits), options.chunkSize);
  const { path, bytes } = await using(openToWrite(job, given, name), async (file) => ({
    path: file.path,
    bytes: await reading(Buffer.from(source.local), (local) =>
      sendAll(
        { guest, file, size, limits },
        0,
        portionsOf(local, 0, length, () => size.portion),
        {
          sending: (portion) => hash.update(portion),
          sent: (portion, sum) => progress.bytes(rawOfText(name), portion, sum, length),
        },
      ),
    ),
  }));
  if (verifies(job)) await compare(job, path, hash.digest('hex'));
  progress.file(rawOfText(name), 0, bytes);
  return progress.summary({ folders: 0, links: 0, verified: verifies(job) });
}

/** How long the file is, if that can be known; it then stands at its beginning again. */
async function lengthOf(file: GuestFile, { limits }: Job): Promise<number | undefined> {
  try {
    const end = Number(await file.seek(0, 'end', limits));
    await file.seek(0, 'set', limits);
    return end > 0 ? end : undefined;
  } catch (error) {
    if (isGuestError(error, 'command')) return undefined;
    throw error;
  }
}

/** Copies a file of the guest. */
export async function bringPlainly(job: Job, path: string, local: string): Promise<CopySummary> {
  const { files, guest, limits, options, progress } = job;
  const folder = new LocalFolder(dirname(local));
  const name = rawOfText(basename(local));
  const hash = createHash('sha256');
  const target = await folder.openPartial(name, false);
  let at = 0;
  try {
    await using(files.open(path, 'r', limits), async (file) => {
      const length = await lengthOf(file, job);
      progress.expect(1, length);
      const size = new ChunkSize(mostPerRead(guest.messageLimits), options.chunkSize);
      for await (const part of receiveFrom({ guest, file, size, limits }, 0, { reuse: true })) {
        await writeAll(target, part, at);
        hash.update(part);
        at += part.length;
        progress.bytes(name, part.length, at, length);
      }
    });
    if (verifies(job)) await compare(job, path, hash.digest('hex'));
    await target.chmod(0o644);
    await folder.putInPlace(name);
  } finally {
    await target.close();
  }
  await folder.removePartials();
  progress.file(name, 0, at);
  return progress.summary({ folders: 0, links: 0, verified: verifies(job) });
}
