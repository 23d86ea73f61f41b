import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { ELOOP, errnoOf, errnoText, lockDescription } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { isoTime, microseconds } from '../log/line.js';
import type { Logger } from '../log/logger.js';
import { chained, hashOf } from './chain.js';
import { type Entry, eventEntry } from './entry.js';
import type { AuditTarget } from './queue.js';
import { isAuditLog, readTail, START, type Tail } from './tail.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const FLAGS = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
const MODE = 0o600;
/** Group and others must not write; what they may read is the operator's choice. */
const FOREIGN_WRITE = 0o022;

const NEWLINE = 0x0a;

/**
 * The file of an audit log, to which entries are appended as a chain of hashes. It is used in the thread pool, since its
 * disk may not respond; a method must not be called before the one before has ended.
 */
export class AuditFile implements AuditTarget {
  readonly #path: string;
  readonly #log: Logger;
  #file: FileHandle | undefined;
  #identity: Pick<Stats, 'dev' | 'ino'> | undefined;
  #tail: Tail = START;
  /** Where the chain ended before the first line of the file. */
  #before: Tail = START;
  /** A write has failed, so that the end of the file is not known. */
  #uncertain = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * Opens or creates the file with mode 0600, and continues its chain; a new file continues the chain of the one before.
   * Does nothing if it is open and has not been renamed or removed. A log without an entry at its end is set aside.
   * @throws {AgentError} `audit-log`
   */
  async open(): Promise<void> {
    if (this.#file !== undefined && (await this.#isCurrent())) return;
    const before = (this.#file === undefined ? undefined : await this.#endOf(this.#file)) ?? START;
    while (!(await this.#continue(before)));
  }

  /**
   * Appends entries, and returns how many are in the file: fewer than given if the disk is full. Rejects with a system
   * error.
   * @throws {AgentError} as {@link open}
   */
  async write(entries: readonly Entry[]): Promise<number> {
    if (this.#file === undefined) await this.open();
    const file = this.#file;
    if (file === undefined) return 0;
    const tail = await this.#endOf(file);
    if (tail === undefined) {
      await this.close();
      return this.write(entries);
    }
    const { lines, ends } = chain(entries, tail);
    this.#uncertain = true;
    const bytes = Buffer.from(lines);
    const { bytesWritten: written } = await file.write(bytes);
    if (written < bytes.length) return ends.filter((end) => end <= written).length;
    this.#uncertain = false;
    this.#tail = { hash: hashOf(lastLine(bytes)), open: false };
    return entries.length;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Opens the file that is there now. Returns false if it was set aside. */
  async #continue(before: Tail): Promise<boolean> {
    const file = await openFile(this.#path);
    try {
      const status = await file.stat();
      checkFile(this.#path, status);
      lock(this.#path, file.fd);
      const tail = await readTail(file, before);
      if (tail === undefined) {
        await this.#setAside(file);
        await file.close();
        return false;
      }
      this.#tail = tail;
      this.#before = before;
      this.#identity = status;
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#uncertain = false;
    await this.close();
    this.#file = file;
    return true;
  }

  /** Renames a damaged log, so that its lines are kept; another file may be needed by somebody else. */
  async #setAside(file: FileHandle): Promise<void> {
    const path = this.#path;
    if (!(await isAuditLog(file))) {
      throw new AgentError('audit-log', `cannot continue ${path}: it is not an audit log`, {
        advice: 'move the file away; audit-log names another file',
      });
    }
    const aside = `${path}.damaged-${isoTime(microseconds())}`;
    try {
      await rename(path, aside);
    } catch (cause) {
      throw new AgentError('audit-log', `cannot rename ${path}, which is damaged: ${errnoText(cause)}`, {
        cause,
      });
    }
    this.#log.error(`the end of the audit log is damaged; it is ${aside} now, and a new one begins`);
  }

  async #endOf(file: FileHandle): Promise<Tail | undefined> {
    return this.#uncertain ? readTail(file, this.#before) : this.#tail;
  }

  async #isCurrent(): Promise<boolean> {
    try {
      const { dev, ino } = await lstat(this.#path);
      return dev === this.#identity?.dev && ino === this.#identity.ino;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }
}

/** Returns the lines of entries, and the position of the end of each. The first one says if a line before is incomplete. */
function chain(
  entries: readonly Entry[],
  { hash, partial, open }: Tail,
): { lines: string; ends: readonly number[] } {
  let lines = open ? '\n' : '';
  let previous = hash;
  const append = (line: string): void => {
    const complete = chained(line, previous);
    previous = hashOf(complete);
    lines += `${complete}\n`;
  };
  if (partial !== undefined) {
    previous = partial.copy().digest('hex');
    append(eventEntry(microseconds(), { event: 'truncated', after: hash }).line);
  }
  const ends = entries.map(({ line }) => {
    append(line);
    // Without its newline it is complete.
    return lines.length - 1;
  });
  return { lines, ends };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS, MODE);
  } catch (cause) {
    const reason = errnoOf(cause) === ELOOP ? 'it is a symbolic link' : errnoText(cause);
    throw new AgentError('audit-log', `cannot open the audit log ${path}: ${reason}`, {
      advice: 'its folder must exist and be writable; audit-log names another file',
      cause,
    });
  }
}

function checkFile(path: string, status: Stats): void {
  const problem = !status.isFile()
    ? 'it is not a regular file'
    : status.uid !== process.geteuid?.() || (status.mode & FOREIGN_WRITE) !== 0
      ? 'other users can write to it'
      : undefined;
  if (problem === undefined) return;
  throw new AgentError('audit-log', `cannot use the audit log ${path}: ${problem}`, {
    advice: 'move it away; a new one is created with mode 0600',
  });
}

/** Locks the description: a POSIX lock would end when a host opens and closes the file with `guest-file-*`. */
function lock(path: string, fd: number): void {
  const problem = `cannot lock the audit log ${path}`;
  let locked: boolean;
  try {
    locked = lockDescription(fd);
  } catch (cause) {
    throw new AgentError('audit-log', `${problem}: ${errnoText(cause)}`, { cause });
  }
  if (!locked) throw new AgentError('audit-log', `${problem}: another process writes to it`);
}

/** Returns the last of complete lines, without its newline. */
function lastLine(lines: Buffer): Buffer {
  const end = lines.length - 1;
  return lines.subarray(end < 1 ? 0 : lines.lastIndexOf(NEWLINE, end - 1) + 1, Math.max(end, 0));
}
