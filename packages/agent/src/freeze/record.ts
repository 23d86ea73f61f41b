import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { ENOENT, ENOTDIR, errnoOf, errnoText } from '@guestwire/posix';
import type { Logger } from '../log/logger.js';
import { replaceFile } from '../replace-file.js';
import { within } from '../timer.js';
import { lockFile } from './file-lock.js';
import { type FreezeRecord, formatRecord, MAX_RECORD_BYTES, parseRecord } from './record-format.js';

/** A freeze does not wait longer than this for the disk of the state folder. */
const WRITE_TIMEOUT_MS = 5_000;

/** Without O_NONBLOCK, a FIFO at the path would block. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const WRITABLE_BY_OTHERS = 0o022;

/** Keeps the hooks that were started where the next agent finds them. */
export interface HookJournal {
  /** The hooks that were started with `freeze` and have not run with `thaw`: of this agent, or of one that was killed. */
  readonly hooks: readonly string[];
  /**
   * Replaces {@link hooks}. A hook must be in the list before it is started with `freeze`, until it has ended with `thaw`.
   * Must not be called while filesystems are frozen. Never rejects: a failure is a warning in the log.
   */
  setHooks(hooks: readonly string[]): Promise<void>;
}

/** Returns the identity of this boot; a fake root that has none uses that of the machine. */
export function bootId(root: string): string {
  const path = '/proc/sys/kernel/random/boot_id';
  for (const file of [`${root}${path}`, path]) {
    try {
      return readFileSync(file, 'latin1').trim();
    } catch {
      // The next one.
    }
  }
  return 'unknown';
}

/**
 * The record file, `guestd.freeze`: what the next agent needs if this one is killed during a freeze. It exists while there
 * are hooks to resume, filesystems to thaw, or an early thaw to report, has mode 0600, and is replaced atomically.
 */
export class RecordFile implements HookJournal, Disposable {
  readonly #path: string;
  readonly #log: Logger;
  #record: FreezeRecord;
  /** The file, open while it exists: its lock shows that an agent works with it. */
  #file: FileHandle | undefined;
  /** The last write or removal; they run one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, log: Logger, record: FreezeRecord, file?: FileHandle) {
    this.#path = path;
    this.#log = log;
    this.#record = record;
    this.#file = file;
  }

  /**
   * Reads the record of the last agent, and writes nothing. A file that another user could have written, or that is no
   * record, is reported in the log and ignored.
   */
  static async open(statedir: string, root: string, log: Logger): Promise<RecordFile> {
    const path = `${statedir}/guestd.freeze`;
    const empty = { boot: bootId(root), pid: process.pid, leaseEnd: null, hooks: [], filesystems: [] };
    try {
      const { record = empty, file } = (await readRecord(path)) ?? {};
      return new RecordFile(path, log, record, file);
    } catch (error) {
      const reason = error instanceof UntrustedError ? error.message : errnoText(error);
      log.critical(`ignored the freeze record ${path}: ${reason}`);
      return new RecordFile(path, log, empty);
    }
  }

  /** The present contents; with empty lists if there is no file. */
  get record(): FreezeRecord {
    return this.#record;
  }

  get hooks(): readonly string[] {
    return this.#record.hooks;
  }

  setHooks(hooks: readonly string[]): Promise<void> {
    return this.update({ hooks });
  }

  /**
   * Locks the file, if there is one, and returns true if that succeeds. The lock of another agent lasts until all of its
   * threads have ended, so also while the kernel still carries out its last freeze.
   */
  lock(): boolean {
    return this.#file === undefined || lockFile(this.#file);
  }

  /** Lets another agent lock the file. */
  [Symbol.dispose](): void {
    void this.#file?.close();
    this.#file = undefined;
  }

  /**
   * Changes members of the record, and writes it; removes the file if nothing is left to do. Must not be called while
   * filesystems are frozen. Never rejects: a failure, or a disk that does not answer, is a warning in the log.
   */
  async update(changes: Partial<FreezeRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    const record = this.#record;
    const written = this.#writing.then(() => this.#write(record));
    this.#writing = written;
    const done = await within(
      WRITE_TIMEOUT_MS,
      written.then(() => true),
    );
    if (done === undefined) this.#warn('the disk does not answer');
  }

  async #write(record: FreezeRecord): Promise<void> {
    try {
      const last = this.#file;
      if (isNeeded(record)) {
        this.#file = await replaceFile(this.#path, formatRecord({ ...record, pid: process.pid }));
        lockFile(this.#file);
      } else {
        this.#file = undefined;
        await unlink(this.#path);
      }
      await last?.close();
    } catch (error) {
      if (errnoOf(error) !== ENOENT || isNeeded(record)) this.#warn(errnoText(error));
    }
  }

  #warn(reason: string): void {
    this.#log.warning(
      `unable to update ${this.#path}: ${reason}; an agent that starts after a crash may not thaw`,
    );
  }
}

function isNeeded({ hooks, filesystems, earlyThaw }: FreezeRecord): boolean {
  return hooks.length > 0 || filesystems.length > 0 || earlyThaw !== undefined;
}

/** A file is there, but its contents must not be used. */
class UntrustedError extends Error {}

type ReadRecord = { readonly record: FreezeRecord; readonly file: FileHandle };

async function readRecord(path: string): Promise<ReadRecord | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, READ_FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === ENOENT || errno === ENOTDIR) return undefined;
    throw error;
  }
  try {
    return { record: await readTrusted(file), file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws {UntrustedError} */
async function readTrusted(file: FileHandle): Promise<FreezeRecord> {
  const stats = await file.stat();
  const isOurs = stats.uid === 0 || stats.uid === process.geteuid?.();
  if (!stats.isFile() || !isOurs || stats.nlink !== 1 || (stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new UntrustedError(
      'it must be a file of root that nobody else can write to, without further links',
    );
  }
  if (stats.size > MAX_RECORD_BYTES) throw new UntrustedError('it is too large');
  const buffer = Buffer.alloc(stats.size);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  const record = parseRecord(buffer.toString('utf8', 0, bytesRead));
  if (record === undefined) throw new UntrustedError('it cannot be parsed');
  return record;
}
