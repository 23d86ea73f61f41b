import { OpenMountTable } from '../guest/storage/mount-table.js';
import { type Mount, readMounts } from '../guest/storage/mounts.js';
import type { Logger } from '../log/logger.js';
import { within } from '../timer.js';
import type { FilesystemFreezer } from './filesystem-freezer.js';
import { mountOf } from './folder-filesystem.js';
import { HeldFilesystems, untilAborted } from './held-filesystems.js';
import { orderForFreeze } from './order.js';
import type { RecordedFilesystem } from './record-format.js';
import type { StateFiles } from './state-files.js';
import { thawAll } from './thaw-others.js';

/** A predecessor that was killed may still be freezing: the kernel has this time to end that. */
const PREDECESSOR_TIMEOUT_MS = 10_000;

/** The start of an agent does not wait longer than this for the disks of frozen filesystems. */
const HOLD_TIMEOUT_MS = 2_000;

const HAS_PREDECESSOR =
  'another agent uses the same state folder, or the kernel still carries out the freeze of one that was killed';

/** The result of a thaw. */
export interface TargetsThawed {
  /** The number of filesystems that were frozen. */
  readonly count: number;
  /** Why filesystems of this freeze may still be frozen; empty if the kernel has confirmed all. */
  readonly failures: readonly string[];
  /** Why those of other programs were not thawed. */
  readonly othersFailure: unknown;
}

/** The filesystems of a freeze, and the mount list, which stays open from the freeze to the thaw. */
export class FreezeTargets implements Disposable {
  readonly #guest: { readonly root: string; readonly log: Logger };
  readonly #freezer: FilesystemFreezer;
  #held: HeldFilesystems | undefined;
  #table: OpenMountTable | undefined;
  #isUnrecorded = false;
  /** Superblocks of other programs whose thaw the kernel has not ended. */
  readonly #pendingOthers = new Set<string>();

  constructor(guest: { readonly root: string; readonly log: Logger }, freezer: FilesystemFreezer) {
    this.#guest = guest;
    this.#freezer = freezer;
  }

  /** True after a crash without a record: any filesystem may be frozen. */
  get isUnrecorded(): boolean {
    return this.#isUnrecorded;
  }

  /** What the kernel was still doing at the end of the last thaw; undefined if nothing. */
  get pending(): Promise<unknown> | undefined {
    return this.#held?.pending;
  }

  /** Takes over the filesystems that an earlier agent may have frozen; an empty list stands for all. */
  async recover(filesystems: readonly RecordedFilesystem[]): Promise<void> {
    this.#freezer.prepare();
    this.#openTable();
    this.#isUnrecorded = filesystems.length === 0;
    this.#held = HeldFilesystems.recorded(filesystems, async (filesystem) =>
      this.#freezer.reach(filesystem, await this.#readMounts()),
    );
    const mounts = await this.#readMounts().catch(() => []);
    const open = (filesystem: RecordedFilesystem) => this.#freezer.openRecorded(filesystem, mounts);
    await within(HOLD_TIMEOUT_MS, this.#held.hold(open));
  }

  /** Returns true if the filesystem of a folder is one of these. Never rejects. */
  async holds(folder: string): Promise<boolean> {
    try {
      const mount = await mountOf(folder, await this.#readMounts(), this.#table?.read() ?? '');
      return mount !== undefined && this.#held?.includes(mount) === true;
    } catch {
      return false;
    }
  }

  /**
   * Opens the filesystems to freeze, in that order; at an abort of `signal` it rejects at once.
   * @param mountpoints those of the filesystems; all if absent
   * @returns what the next agent must know to thaw them
   * @throws {OperationError}
   */
  async open(
    mountpoints: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly RecordedFilesystem[]> {
    this.#openTable();
    const opening = this.#open(mountpoints);
    try {
      this.#held = await untilAborted(signal, () => opening);
    } catch (error) {
      // A disk may delay what is not needed any more.
      void opening.then((late) => late.close()).catch(() => {});
      throw error;
    }
    return this.#held.recorded;
  }

  async #open(mountpoints: readonly string[] | undefined): Promise<HeldFilesystems> {
    const mounts = await this.#readMounts();
    const ordered = await orderForFreeze(chosen(mounts, mountpoints), this.#guest.root);
    return HeldFilesystems.open(ordered, mounts, this.#freezer);
  }

  /** Freezes what is open, as {@link HeldFilesystems.freeze} does. */
  async freeze(signal: AbortSignal): Promise<number> {
    return (await this.#held?.freeze(signal)) ?? 0;
  }

  /**
   * Thaws the filesystems of this freeze.
   * @param others thaws all others as well, also those of other programs
   * @param files shows whether an earlier agent is still freezing
   */
  async thaw(others: boolean, files: StateFiles): Promise<TargetsThawed> {
    if (!others && !this.#isUnrecorded) return { ...(await this.#thawHeld(files)), othersFailure: undefined };
    // Together: a freeze under way may wait for a filesystem that another program has frozen.
    const [own, other] = await Promise.all([
      this.#thawHeld(files),
      this.thawOthers().catch((failure: unknown) => ({ failure })),
    ]);
    if (typeof other === 'number') return { ...own, count: own.count + other, othersFailure: undefined };
    const unreadable = this.#isUnrecorded ? [describe(other.failure)] : [];
    return { ...own, failures: [...own.failures, ...unreadable], othersFailure: other.failure };
  }

  async #thawHeld(files: StateFiles): Promise<Pick<TargetsThawed, 'count' | 'failures'>> {
    const held = this.#held;
    if (held === undefined) return { count: 0, failures: [] };
    const outcome = await held.thaw();
    if (files.areOurs) return outcome;
    // What the kernel was freezing for an agent that was killed may have waited for the others.
    if (await files.untilOurs(PREDECESSOR_TIMEOUT_MS)) {
      held.assumeFrozen();
      return held.thaw();
    }
    return { count: outcome.count, failures: [...outcome.failures, HAS_PREDECESSOR] };
  }

  /**
   * Thaws all filesystems of the mount list but those of this freeze, as {@link thawAll} does.
   * @throws {OperationError} if the list cannot be read
   */
  async thawOthers(): Promise<number> {
    const mounts = await this.#readMounts();
    const others = mounts.filter((mount) => this.#held?.includes(mount) !== true);
    return thawAll(others, mounts, this.#freezer, this.#pendingOthers);
  }

  /** Closes all descriptors. */
  [Symbol.dispose](): void {
    this.#isUnrecorded = false;
    this.#held?.close();
    this.#held = undefined;
    this.#table?.[Symbol.dispose]();
    this.#table = undefined;
  }

  async #readMounts(): Promise<Mount[]> {
    return readMounts(this.#guest, this.#table);
  }

  #openTable(): void {
    try {
      this.#table ??= new OpenMountTable(this.#guest.root);
    } catch {
      // Each reading opens it, and reports the error.
    }
  }
}

/** Returns the filesystems that have one of these mount points, compared byte for byte; all by default. */
function chosen(mounts: readonly Mount[], mountpoints: readonly string[] | undefined): readonly Mount[] {
  if (mountpoints === undefined) return mounts;
  const paths = new Set(mountpoints.map((path) => Buffer.from(path).toString('latin1')));
  return mounts.filter(({ directories }) =>
    directories.some((directory) => paths.has(directory.toString('latin1'))),
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
