import { errnoOf, errnoText } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { microseconds } from '../log/line.js';
import type { Logger } from '../log/logger.js';
import { type Entry, eventEntry } from './entry.js';

/** Bytes of the lines that wait; beyond this, entries are counted and dropped. */
const QUEUE_LIMIT_BYTES = 4 * 1024 * 1024;

/** Bytes of the lines that are written together, unless the first line is longer. */
const BATCH_BYTES = 64 * 1024;

/** The pause before the next attempt after a failure. */
const RETRY_MS = 1000;

/** Where entries go. */
export interface AuditTarget {
  /** Opens it, also again after a rotation. @throws {AgentError} `audit-log` */
  open(): Promise<void>;
  /** Writes entries in their order, and returns how many were written; the others are given again. May reject. */
  write(entries: readonly Entry[]): Promise<number>;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly target: AuditTarget;
  readonly log: Logger;
  readonly limit?: number;
}

/** The entries that wait to be written to one target, in bounded memory. Nothing waits for it. */
export class AuditQueue {
  readonly #target: AuditTarget;
  readonly #log: Logger;
  readonly #limit: number;
  #entries: Entry[] = [];
  #bytes = 0;
  /** Entries that were dropped since the last one that was kept. */
  #dropped = 0;
  #held = false;
  #failing = false;
  #reopening = false;
  #work: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor({ target, log, limit = QUEUE_LIMIT_BYTES }: QueueOptions) {
    this.#target = target;
    this.#log = log;
    this.#limit = limit;
  }

  /** Why an entry could be lost now; undefined if it would be written. */
  get problem(): string | undefined {
    if (this.#failing) return 'the audit log cannot be written';
    return this.#bytes > this.#limit / 2 ? 'too many entries wait for the audit log' : undefined;
  }

  /** Opens the target before the first entry. @throws {AgentError} `audit-log`; the next entry tries again */
  async open(): Promise<void> {
    const opening = this.#target.open();
    this.#work = opening
      .then(
        () => true,
        () => false,
      )
      .then((isOpen) => {
        this.#work = undefined;
        if (isOpen) this.#start();
      });
    await opening;
  }

  add(entry: Entry): void {
    if (this.#bytes + entry.line.length > this.#limit) {
      this.#dropped += 1;
      return;
    }
    this.#reportDropped();
    this.#push(entry);
    this.#start();
  }

  /** While held, nothing is written: filesystems may be frozen. */
  hold(held: boolean): void {
    this.#held = held;
    this.#start();
  }

  /** Opens the target again before the next entry. */
  reopen(): void {
    this.#reopening = true;
    this.#start();
  }

  /** Resolves when all entries are written, or when that is not possible now; after a failure, tries again at once. */
  async flush(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#start();
    while (this.#work !== undefined) await this.#work;
  }

  /** Writes no more. */
  async close(): Promise<void> {
    this.#held = true;
    clearTimeout(this.#retry);
    await this.#target.close();
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.line.length;
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    this.#push(eventEntry(microseconds(), { event: 'dropped', count: this.#dropped }));
    this.#dropped = 0;
  }

  #start(): void {
    if (this.#work !== undefined || this.#held || this.#retry !== undefined) return;
    if (this.#entries.length === 0 && !this.#reopening) return;
    this.#work = this.#writeAll().finally(() => {
      this.#work = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    try {
      while (!this.#held && (this.#reopening || this.#entries.length > 0)) {
        if (this.#reopening) await this.#target.open();
        this.#reopening = false;
        if (this.#entries.length > 0) await this.#writeBatch();
        if (this.#entries.length === 0) this.#reportDropped();
      }
      this.#failing = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  async #writeBatch(): Promise<void> {
    let count = 0;
    for (let bytes = 0; count < this.#entries.length && (count === 0 || bytes < BATCH_BYTES); count += 1) {
      bytes += this.#entries[count]?.line.length ?? 0;
    }
    const written = await this.#target.write(this.#entries.slice(0, count));
    for (const { line } of this.#entries.splice(0, written)) this.#bytes -= line.length;
  }

  #fail(error: unknown): void {
    if (!this.#failing) this.#log.error(`cannot write to the audit log: ${reasonOf(error)}`);
    this.#failing = true;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#start();
    }, RETRY_MS).unref();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AgentError) return error.line;
  return errnoOf(error) === undefined ? String(error) : errnoText(error);
}
