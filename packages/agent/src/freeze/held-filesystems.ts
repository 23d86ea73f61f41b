import type { Mount } from '../guest/storage/mounts.js';
import { within } from '../timer.js';
import type { FilesystemFreezer, OpenFilesystem } from './filesystem-freezer.js';
import type { RecordedFilesystem } from './record-format.js';

/** The kernel may take this long to thaw, and to end a freeze that was cancelled. */
const THAW_TIMEOUT_MS = 10_000;

/** A filesystem that does not thaw delays the others no longer than this. */
const STEP_TIMEOUT_MS = 1_000;

/** The result of a thaw. */
export interface ThawOutcome {
  /** The number of filesystems that were frozen, in all attempts. */
  readonly count: number;
  /** Why filesystems may still be frozen; empty if the kernel has confirmed all. */
  readonly failures: readonly string[];
}

/** The filesystems of one freeze: open from before the first is frozen until the kernel has confirmed that each is thawed. */
export class HeldFilesystems {
  readonly #filesystems: readonly HeldFilesystem[];

  private constructor(filesystems: readonly HeldFilesystem[]) {
    this.#filesystems = filesystems;
  }

  /**
   * Opens filesystems, all or none.
   * @param mounts in the order of freezing
   * @param all all mounts
   * @throws {OperationError}
   */
  static async open(
    mounts: readonly Mount[],
    all: readonly Mount[],
    freezer: FilesystemFreezer,
  ): Promise<HeldFilesystems> {
    const opened: HeldFilesystem[] = [];
    try {
      for (const mount of mounts) {
        const file = await freezer.open(mount, all);
        if (file !== undefined) opened.push(HeldFilesystem.opened(mount, file));
      }
    } catch (error) {
      for (const filesystem of opened) filesystem.close();
      throw error;
    }
    return new HeldFilesystems(opened);
  }

  /**
   * Returns filesystems that an earlier agent may have frozen.
   * @param reach opens one; undefined if it cannot be frozen any more
   */
  static recorded(
    filesystems: readonly RecordedFilesystem[],
    reach: (filesystem: RecordedFilesystem) => Promise<OpenFilesystem | undefined>,
  ): HeldFilesystems {
    return new HeldFilesystems(
      filesystems.map((filesystem) => HeldFilesystem.recorded(filesystem, () => reach(filesystem))),
    );
  }

  /** Keeps those open that `open` reaches, so that they cannot be unmounted. Never rejects. */
  async hold(open: (filesystem: RecordedFilesystem) => Promise<OpenFilesystem | undefined>): Promise<void> {
    for (const filesystem of this.#filesystems) {
      filesystem.keep(await open(filesystem.recorded).catch(() => undefined));
    }
  }

  /** What the next agent must know to thaw them. */
  get recorded(): readonly RecordedFilesystem[] {
    return this.#filesystems.map(({ recorded }) => recorded);
  }

  /** Returns true for a filesystem that was frozen for these, by this agent or an earlier one. */
  includes(mount: Mount): boolean {
    return this.#filesystems.some(
      ({ recorded, isOurs, mayBeFrozen }) =>
        (isOurs || mayBeFrozen) && recorded.major === mount.major && recorded.minor === mount.minor,
    );
  }

  /**
   * Freezes one after the other, until `signal` aborts: it then rejects at once with the reason, even while the kernel
   * freezes one of them.
   * @returns the number of filesystems that are frozen
   * @throws {OperationError} if one fails
   */
  async freeze(signal: AbortSignal): Promise<number> {
    let count = 0;
    for (const filesystem of this.#filesystems) {
      if (await untilAborted(signal, () => filesystem.freeze())) count += 1;
    }
    return count;
  }

  /** Thaws in the opposite order of freezing, as far as the kernel does it in some seconds. */
  async thaw(): Promise<ThawOutcome> {
    const frozen = this.#filesystems.toReversed().filter(({ mayBeFrozen }) => mayBeFrozen);
    const work: Promise<void>[] = [];
    // One that is being frozen may wait for the others.
    for (const filesystem of frozen.filter(({ isFreezing }) => !isFreezing)) {
      const thawed = filesystem.thaw();
      work.push(thawed);
      await within(STEP_TIMEOUT_MS, thawed);
    }
    for (const filesystem of frozen.filter(({ isFreezing }) => isFreezing)) work.push(filesystem.thaw());
    await within(THAW_TIMEOUT_MS, Promise.all(work));
    return {
      count: this.#filesystems.filter(({ wasThawed }) => wasThawed).length,
      failures: this.#filesystems.flatMap(({ failure }) => failure ?? []),
    };
  }

  /** Forgets what the kernel has confirmed: another process may have completed a freeze since. */
  assumeFrozen(): void {
    for (const filesystem of this.#filesystems) filesystem.mayBeFrozen = true;
  }

  /** Resolves when the kernel has ended what it was still carrying out at the end of the last thaw; undefined if nothing. */
  get pending(): Promise<unknown> | undefined {
    const work = this.#filesystems.flatMap(({ pending }) => pending ?? []);
    return work.length === 0 ? undefined : Promise.all(work);
  }

  close(): void {
    for (const filesystem of this.#filesystems) filesystem.close();
  }
}

class HeldFilesystem {
  readonly recorded: RecordedFilesystem;
  readonly #open: () => Promise<OpenFilesystem | undefined>;
  #file: OpenFilesystem | undefined;
  #freezing: Promise<boolean> | undefined;
  #thawing: Promise<void> | undefined;
  #error: unknown;
  mayBeFrozen: boolean;
  /** It was frozen for this freeze: others are left to those who froze them. */
  isOurs: boolean;
  /** FITHAW has succeeded. */
  wasThawed = false;

  private constructor(
    recorded: RecordedFilesystem,
    mayBeFrozen: boolean,
    open: () => Promise<OpenFilesystem | undefined>,
  ) {
    this.recorded = recorded;
    this.mayBeFrozen = mayBeFrozen;
    this.isOurs = mayBeFrozen;
    this.#open = open;
  }

  static opened({ major, minor, type, directory }: Mount, file: OpenFilesystem): HeldFilesystem {
    const recorded = { major, minor, type, directory: `${directory}` };
    const filesystem = new HeldFilesystem(recorded, false, async () => file);
    filesystem.#file = file;
    return filesystem;
  }

  static recorded(
    recorded: RecordedFilesystem,
    open: () => Promise<OpenFilesystem | undefined>,
  ): HeldFilesystem {
    return new HeldFilesystem(recorded, true, open);
  }

  get isFreezing(): boolean {
    return this.#freezing !== undefined;
  }

  /** Why it may still be frozen; undefined if it is not. */
  get failure(): string | undefined {
    if (!this.mayBeFrozen) return undefined;
    if (this.#thawing === undefined && this.#error instanceof Error) return this.#error.message;
    const request = this.isFreezing ? 'freeze' : 'thaw';
    return `failed to thaw ${this.recorded.directory}: the kernel has not ended its ${request} within ${THAW_TIMEOUT_MS / 1000} seconds`;
  }

  keep(file: OpenFilesystem | undefined): void {
    if (this.#file === undefined && this.mayBeFrozen) this.#file = file;
    else file?.close();
  }

  async freeze(): Promise<boolean> {
    const file = this.#file;
    if (file === undefined) return false;
    this.mayBeFrozen = true;
    this.#freezing = file.freeze();
    try {
      this.mayBeFrozen = await this.#freezing;
      this.isOurs = this.mayBeFrozen;
    } catch (error) {
      this.mayBeFrozen = false;
      throw error;
    } finally {
      this.#freezing = undefined;
    }
    // Frozen by another program, or not at all: it may be unmounted.
    if (!this.mayBeFrozen) this.close();
    return this.mayBeFrozen;
  }

  /** Thaws it, after a freeze that is under way. Never rejects. */
  thaw(): Promise<void> {
    this.#thawing ??= this.#thaw().finally(() => {
      this.#thawing = undefined;
    });
    return this.#thawing;
  }

  get pending(): Promise<void> | undefined {
    return this.#thawing;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #thaw(): Promise<void> {
    // Its error is that of the freeze.
    await this.#freezing?.catch(() => {});
    if (!this.mayBeFrozen) return;
    try {
      this.#file ??= await this.#open();
      if (await this.#file?.thaw()) this.wasThawed = true;
      this.mayBeFrozen = false;
    } catch (error) {
      this.#error = error;
    }
  }
}

/** Returns the result of `work`; rejects at once with the reason of `signal` when it aborts, while `work` continues. */
export function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
