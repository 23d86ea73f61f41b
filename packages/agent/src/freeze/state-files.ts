import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log/logger.js';
import { FlagFile } from './flag-file.js';
import { bootId, type HookJournal, RecordFile } from './record.js';
import type { EarlyThaw, RecordedFilesystem } from './record-format.js';

/** No event reports that a lock is free. */
const LOCK_POLL_MS = 50;

export interface StateFilesOptions {
  readonly statedir: string;
  readonly root: string;
  readonly log: Logger;
}

/** What the files say about an agent that was killed. */
export interface Crash {
  /** Filesystems may be frozen. */
  readonly isFrozen: boolean;
  /** Those that may be frozen; empty if that is unknown. */
  readonly filesystems: readonly RecordedFilesystem[];
  /** The end of its lease; null for never, undefined if it is unknown. */
  readonly leaseEnd: number | null | undefined;
}

/** The flag file and the record file of a freeze: docs/freeze.md, "States". */
export class StateFiles implements Disposable {
  readonly #flag: FlagFile;
  readonly #record: RecordFile;
  /** The present boot: a record of an earlier one says nothing about a freeze. */
  readonly #boot: string;
  /** What the last agent has left. */
  readonly crash: Crash;

  private constructor(flag: FlagFile, record: RecordFile, boot: string, crash: Crash) {
    this.#flag = flag;
    this.#record = record;
    this.#boot = boot;
    this.crash = crash;
  }

  /** Reads the files. Those of an earlier boot are removed, but for the hooks: nothing is frozen any more. */
  static async open({ statedir, root, log }: StateFilesOptions): Promise<StateFiles> {
    const flag = new FlagFile(statedir, log);
    const record = await RecordFile.open(statedir, root, log);
    const boot = bootId(root);
    const isOfThisBoot = record.record.boot === boot;
    const filesystems = isOfThisBoot ? record.record.filesystems : [];
    const identity = await flag.identity();
    // A flag of the same boot may be that of another program.
    const isStale = !isOfThisBoot && identity !== undefined && identity === record.record.flag;
    const isFrozen = (identity !== undefined && !isStale) || filesystems.length > 0;
    if (isFrozen) {
      if (identity !== 'unknown') flag.reportCrash();
      await flag.reopen();
      // They may be locked by a predecessor that has not ended yet: the thaw waits for it.
      record.lock();
      flag.lock();
    } else {
      if (isStale) await flag.remove();
      const earlyThaw = isOfThisBoot ? record.record.earlyThaw : undefined;
      await record.update({ boot, filesystems, flag: undefined, leaseEnd: null, earlyThaw });
    }
    const leaseEnd = filesystems.length > 0 ? record.record.leaseEnd : undefined;
    return new StateFiles(flag, record, boot, { isFrozen, filesystems, leaseEnd });
  }

  /** Keeps the hooks that were started. */
  get journal(): HookJournal {
    return this.#record;
  }

  /** The thaw that no host has requested, if the host has not been informed yet. */
  get earlyThaw(): EarlyThaw | undefined {
    return this.#record.record.earlyThaw;
  }

  /** Announces that these filesystems are about to be frozen. */
  async enter(filesystems: readonly RecordedFilesystem[], leaseEnd: number | null): Promise<void> {
    const flag = await this.#flag.write();
    await this.#record.update({ boot: this.#boot, filesystems, leaseEnd, flag });
  }

  /** Announces that the kernel has confirmed the thaw of all filesystems. */
  async leave(earlyThaw: EarlyThaw | undefined): Promise<void> {
    await this.#flag.remove();
    await this.#record.update({
      boot: this.#boot,
      filesystems: [],
      leaseEnd: null,
      flag: undefined,
      earlyThaw,
    });
  }

  /** Forgets an early thaw: the host has been informed. Must not be called while filesystems are frozen. */
  async clearEarlyThaw(): Promise<void> {
    if (this.earlyThaw !== undefined) await this.#record.update({ earlyThaw: undefined });
  }

  /** True if no earlier agent works with the files; also none that was killed while the kernel freezes for it. */
  get areOurs(): boolean {
    return this.#record.lock() && this.#flag.lock();
  }

  /** Waits until {@link areOurs}. Returns false if that takes longer than `ms` milliseconds. */
  async untilOurs(ms: number): Promise<boolean> {
    for (const end = performance.now() + ms; !this.areOurs; await delay(LOCK_POLL_MS)) {
      if (performance.now() >= end) return false;
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#record[Symbol.dispose]();
    this.#flag[Symbol.dispose]();
  }
}
