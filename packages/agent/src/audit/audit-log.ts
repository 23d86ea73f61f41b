import type { ErrorBody } from '@guestwire/protocol';
import { microseconds } from '../log/line.js';
import type { Logger } from '../log/logger.js';
import { NEEDED_FOR_THAW } from '../rpc/command-filter.js';
import type {
  CommandObservation,
  CommandObserver,
  ObservedCommand,
  Verdict,
} from '../rpc/command-observer.js';
import { within } from '../timer.js';
import { VERSION } from '../version.js';
import { AuditFile } from './audit-file.js';
import { type AuditEvent, commandEntry, type Entry, eventEntry } from './entry.js';
import type { AuditFailure } from './failure.js';
import { JournalTarget } from './journal.js';
import { AuditQueue, type AuditTarget } from './queue.js';
import { redactArguments } from './redact.js';

export interface AuditOptions {
  /** Absolute path of the file; absent for none. */
  readonly file?: string | undefined;
  /** The socket of systemd's journal; absent if entries do not go there. */
  readonly journal?: string | undefined;
  readonly failure: AuditFailure;
  /** The name of the channel in each entry. */
  readonly channel: string;
  readonly log: Logger;
}

/** A start does not wait longer than this for a disk. */
const OPEN_TIMEOUT_MS = 5_000;

/** Records every command in a file, in the journal, or in both. docs/audit.md describes the entries. */
export class AuditLog implements CommandObserver {
  readonly #options: AuditOptions;
  readonly #queues: readonly AuditQueue[];
  /** Record the commands that have not ended. */
  readonly #running = new Set<() => void>();

  constructor(options: AuditOptions) {
    const { file, journal, log } = options;
    this.#options = options;
    const targets: readonly AuditTarget[] = [
      ...(file === undefined ? [] : [new AuditFile(file, log)]),
      ...(journal === undefined ? [] : [new JournalTarget(journal)]),
    ];
    this.#queues = targets.map((target) => new AuditQueue({ target, log }));
    // Until `open` or a thaw.
    for (const queue of this.#queues) queue.hold(true);
    this.#add({ event: 'started', version: VERSION, pid: process.pid });
  }

  /**
   * Opens the targets. Must not be called while filesystems are frozen; `setFrozen` opens them later. Resolves after 5
   * seconds if a disk does not respond: entries then wait in memory.
   * @throws {AgentError} `audit-log`
   */
  async open(): Promise<void> {
    const opened = Promise.all(this.#queues.map((queue) => queue.open()));
    if ((await within(OPEN_TIMEOUT_MS, opened)) === undefined) {
      this.#options.log.error('the disk of the audit log does not respond; entries wait in memory');
    }
    this.setFrozen(false);
  }

  /** While frozen, entries are kept in memory. */
  setFrozen(frozen: boolean): void {
    for (const queue of this.#queues) queue.hold(frozen);
  }

  /** Opens the file again, after a rotation has renamed it. The first line of the new file continues the chain. */
  reopen(): void {
    for (const queue of this.#queues) queue.reopen();
    this.#add({ event: 'reopened' });
  }

  /** Writes what waits, if that is possible now. */
  async flush(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.flush()));
  }

  /** Writes the commands that still run, the last entry, and what waits, and closes the targets. */
  async close(): Promise<void> {
    for (const recordUnfinished of this.#running) recordUnfinished();
    this.#running.clear();
    this.#add({ event: 'stopped' });
    await this.flush();
    await Promise.all(this.#queues.map((queue) => queue.close()));
  }

  started({ name, descriptor, args, peer }: ObservedCommand): CommandObservation {
    const time = microseconds();
    const begin = performance.now();
    const { channel } = this.#options;
    const request = { time, channel, peer, command: name, arguments: redactArguments(args, descriptor) };
    const record = (verdict: Verdict, error?: ErrorBody | 'unfinished'): void => {
      const duration = (performance.now() - begin) * 1000;
      this.#record(commandEntry({ ...request, verdict, error, duration }));
    };
    // Its handler was called: all that is decided before takes no time.
    const recordUnfinished = (): void => record('allowed', 'unfinished');
    this.#running.add(recordUnfinished);
    return {
      refusal: NEEDED_FOR_THAW.has(name) ? undefined : this.#refusal(),
      finished: (verdict, error) => {
        if (this.#running.delete(recordUnfinished)) record(verdict, error);
      },
    };
  }

  #refusal(): string | undefined {
    if (this.#options.failure === 'continue') return undefined;
    for (const { problem } of this.#queues) {
      if (problem !== undefined) return `refused, since ${problem}; see the log of the agent`;
    }
    return undefined;
  }

  #add(event: AuditEvent): void {
    this.#record(eventEntry(microseconds(), event));
  }

  #record(entry: Entry): void {
    for (const queue of this.#queues) queue.add(entry);
  }
}
