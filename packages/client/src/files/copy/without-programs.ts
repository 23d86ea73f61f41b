import { createHash } from 'node:crypto';
import { basename, dirname, posix } from 'node:path';
import { GuestError, isGuestError } from '../../guest-error.js';
import { Transfer, type TransferFile, withFile } from '../transfer.js';
import { type CopyJob, receiveFrom, writeChunkSize } from './job.js';
import { readParts, withLocalFile, writeAt } from './local-file.js';
import { LocalFolder } from './local-folder.js';
import { rawOfText } from './raw-path.js';
import type { Entry } from './tree.js';

// Copies of single files to and from guests that run no programs, with the file commands only. Files are written in place and
// verified by being read back. Nothing is resumed, since comparing a file costs as much as copying it.

async function verify(job: CopyJob, path: string, hash: string): Promise<void> {
  if (!job.verify) return;
  const remote = createHash('sha256');
  await withFile(job.open(path, 'r'), async (file) => {
    for await (const chunk of receiveFrom(job, file, 0)) remote.update(chunk);
  });
  if (remote.digest('hex') === hash) return;
  const message = `${path}: checksum mismatch in the guest; copy it again`;
  throw new GuestError('protocol', message, { command: 'guest-file-read' });
}

/** Opens the destination, or the file of that name in it if it is a folder. */
async function openDestination(job: CopyJob, destination: string, name: string): Promise<TransferFile> {
  const inFolder = posix.join(destination, name);
  if (destination.endsWith('/')) return await job.open(inFolder, 'w');
  try {
    return await job.open(destination, 'w');
  } catch (error) {
    if (isGuestError(error, 'command') && error.desc?.includes('Is a directory')) {
      return await job.open(inFolder, 'w');
    }
    throw error;
  }
}

/** Copies a local file. Throws `cause`, why no programs run, if the caller explicitly requires permissions. */
export async function uploadWithoutPrograms(
  job: CopyJob,
  source: { readonly local: string; readonly name: () => string },
  { size }: Entry,
  destination: string,
  cause: unknown,
): Promise<void> {
  const { guest, callOptions, options, progress } = job;
  if (options.preserveMode === true) throw cause;
  progress.expect(1, size);
  const name = source.name();
  const rawName = rawOfText(name);
  const hash = createHash('sha256');
  const chunk = writeChunkSize(job);
  const { path, bytes } = await withFile(openDestination(job, destination, name), async (file) => {
    const transfer = new Transfer(guest, file, chunk, callOptions);
    const bytes = await withLocalFile(Buffer.from(source.local), (local) => {
      const parts = readParts(local, 0, size, () => chunk.pipelineBytes);
      return transfer.send(0, parts, {
        sending: (part) => hash.update(part),
        sent: (added, total) => progress.bytes(rawName, added, total, size),
      });
    });
    return { path: file.path, bytes };
  });
  await verify(job, path, hash.digest('hex'));
  progress.file(rawName, 0, bytes);
}

/** Returns the size of an open file if it can be determined, and moves the position to the start. */
async function sizeOf(file: TransferFile, { callOptions }: CopyJob): Promise<number | undefined> {
  try {
    const end = Number(await file.seek(0, 'end', callOptions));
    await file.seek(0, 'set', callOptions);
    return end > 0 ? end : undefined;
  } catch (error) {
    if (isGuestError(error, 'command')) return undefined;
    throw error;
  }
}

/** Copies a file of the guest. */
export async function downloadWithoutPrograms(job: CopyJob, path: string, local: string): Promise<void> {
  const { progress } = job;
  const folder = new LocalFolder(dirname(local));
  const name = rawOfText(basename(local));
  const hash = createHash('sha256');
  let at = 0;
  await folder.checkReplaceable(name);
  await folder.writePartial(name, false, async (target) => {
    await withFile(job.open(path, 'r'), async (file) => {
      const size = await sizeOf(file, job);
      progress.expect(1, size);
      for await (const chunk of receiveFrom(job, file, 0)) {
        await writeAt(target, chunk, at);
        hash.update(chunk);
        at += chunk.length;
        progress.bytes(name, chunk.length, at, size);
      }
    });
    await verify(job, path, hash.digest('hex'));
    await target.chmod(0o644);
    await folder.commit(name);
  });
  await folder.removePartials();
  progress.file(name, 0, at);
}
