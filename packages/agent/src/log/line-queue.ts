import { setTimeout as delay } from 'node:timers/promises';
import { closeFd, EAGAIN, errnoOf, writeFd } from '@guestwire/posix';
import { within } from '../timer.js';

/** Bytes of the lines that wait or are being written; beyond this, lines are counted and dropped. */
const QUEUE_LIMIT_BYTES = 4 * 1024 * 1024;

/** The pause before the next attempt if a pipe that does not block has no space. */
const RETRY_MS = 20;

const NEWLINE = 0x0a;

/** Returns a line that says how many lines were lost in its place. */
type Report = (lost: number) => string;

/**
 * The lines that wait to be written to one descriptor, in bounded memory. They are written in the thread pool, one write
 * at a time, since a frozen filesystem, a disk that does not respond or a pipe that nobody reads blocks the thread.
 */
export class LineQueue {
  readonly #fd: Promise<number>;
  readonly #limit: number;
  #lines: string[] = [];
  #bytes = 0;
  /** Lines that were lost and that no report has mentioned. */
  #lost = 0;
  /** A line did not fit: others are lost as well until the queue is empty. */
  #isFull = false;
  #report: Report = () => '';
  #held = false;
  #work: Promise<void> | undefined;

  /** @param fd the descriptor; if it rejects, the lines wait for {@link take} */
  constructor(fd: Promise<number>, limit = QUEUE_LIMIT_BYTES) {
    this.#fd = fd;
    this.#limit = limit;
  }

  /**
   * Adds a line, which ends with a newline. If there is no memory for it, it is lost, as are those after it until all that
   * wait are written: the loss is in one place, where `report` mentions it. Lines that cannot be written are lost as well.
   */
  add(line: string, report: Report): void {
    const bytes = Buffer.byteLength(line);
    this.#report = report;
    this.#isFull ||= this.#bytes + bytes > this.#limit;
    if (this.#isFull) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#start();
  }

  /** Writes nothing, after the write in progress, until {@link flush} or {@link release}. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#start();
  }

  /** Resolves when all lines are written or lost, or after `ms` milliseconds. */
  async flush(ms: number): Promise<void> {
    await within(ms, this.#drain());
  }

  /** Does {@link flush}, and closes the descriptor, which may be later. */
  async close(ms: number): Promise<void> {
    const closed = this.#drain().then(async () => closeFd(await this.#fd));
    // Some filesystems report only now that the disk is full.
    await within(ms, closed).catch(() => {});
  }

  /** Removes the lines that wait, and returns them, with the report of a loss. */
  take(): readonly string[] {
    const lines = this.#lost > 0 ? [...this.#lines, this.#report(this.#lost)] : this.#lines;
    this.#lines = [];
    this.#lost = 0;
    this.#bytes = 0;
    this.#isFull = false;
    return lines;
  }

  async #drain(): Promise<void> {
    this.release();
    await this.#work;
  }

  #start(): void {
    if (this.#work !== undefined || this.#held || this.#lines.length === 0) return;
    this.#work = this.#writeAll().finally(() => {
      this.#work = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    const fd = await this.#fd.catch(() => undefined);
    if (fd === undefined) return;
    for (let succeeds = true; !this.#held && (this.#lines.length > 0 || (succeeds && this.#lost > 0)); ) {
      succeeds = await this.#writeBatch(fd);
    }
  }

  /** Writes all lines that wait, behind the report of a loss. Returns false if that fails. */
  async #writeBatch(fd: number): Promise<boolean> {
    const lost = this.#lost;
    const report = lost > 0 ? this.#report(lost) : '';
    const bytes = Buffer.from(report + this.#lines.join(''));
    const reportBytes = Buffer.byteLength(report);
    this.#lines = [];
    const written = await writeAllFd(fd, bytes);
    this.#bytes -= bytes.length - reportBytes;
    this.#isFull &&= this.#bytes > 0;
    if (written >= reportBytes) this.#lost -= lost;
    this.#lost += countNewlines(bytes.subarray(Math.max(written, reportBytes)));
    return written === bytes.length;
  }
}

/** Returns how many bytes were written before an error. */
async function writeAllFd(fd: number, bytes: Buffer): Promise<number> {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += await writeFd(fd, bytes, written);
    } catch (error) {
      if (errnoOf(error) !== EAGAIN) break;
      await delay(RETRY_MS);
    }
  }
  return written;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
