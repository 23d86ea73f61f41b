import { type Mount, readMounts } from '../guest/storage/mounts.js';
import { OperationError } from '../operation-error.js';
import { type FilesystemFreezer, kernelFreezer } from './filesystem-freezer.js';
import { FlagFile } from './flag-file.js';
import { FreezeHook, type HookOptions } from './hook.js';
import { Watchdog } from './watchdog.js';

/** Settings of the controller. */
export interface FreezeOptions extends HookOptions {
  /** The folder that stands in for `/`; `''` for the real root. */
  readonly root: string;
  /** Folder of the flag file. */
  readonly statedir: string;
  /** Seconds after which the agent thaws by itself; 0 for never. */
  readonly freezeTimeout: number;
}

/** A freeze was requested while one is in progress or held, or after {@link FreezeController.end}. */
export class FreezeUnavailableError extends OperationError {}

/** Where the machine is; README.md in this folder draws it. */
export type FreezeState = 'thawed' | 'freezing' | 'frozen' | 'thawing';

/** Told when {@link FreezeController.frozen} has changed. It must not touch a file when that is true. */
export type FreezeListener = (frozen: boolean) => void;

/**
 * Freezes and thaws the guest's filesystems, and knows which of the two was last (qemu-ga §5.10, §6).
 * README.md in this folder says what happens when.
 */
export class FreezeController {
  readonly #options: FreezeOptions;
  readonly #freezer: FilesystemFreezer;
  readonly #flag: FlagFile;
  readonly #hook: FreezeHook;
  readonly #watchdog: Watchdog;
  readonly #listeners = new Set<FreezeListener>();
  #state: FreezeState = 'thawed';
  /** The freeze under way; it is over, if badly, when what it froze has to be thawed. */
  #freezing: Promise<unknown> | undefined;
  #thawing: Promise<number> | undefined;
  /** A thaw was asked for while freezing: the freeze must not go on. */
  #cancelled = false;
  /** The agent ends: no freeze may begin. */
  #ended = false;
  /** What the freeze under way has frozen so far. */
  #held: Mount[] = [];

  private constructor(options: FreezeOptions, freezer: FilesystemFreezer) {
    this.#options = options;
    this.#freezer = freezer;
    this.#flag = new FlagFile(options.statedir, options.log);
    this.#hook = new FreezeHook(options);
    this.#watchdog = new Watchdog(options.freezeTimeout, () => void this.#releaseLate());
  }

  /**
   * Looks for the flag file, and begins frozen if it is there: with the log switched off, and the watchdog on.
   *
   * @param freezer what does the freezing; the kernel if absent
   */
  static async start(
    options: FreezeOptions,
    freezer: FilesystemFreezer = kernelFreezer,
  ): Promise<FreezeController> {
    const controller = new FreezeController(options, freezer);
    if (await controller.#flag.present()) {
      freezer.prepare();
      controller.#state = 'frozen';
      options.log.suspend();
      controller.#watchdog.start();
    }
    return controller;
  }

  get state(): FreezeState {
    return this.#state;
  }

  /** True from before the first filesystem is frozen until after the last is thawed. */
  get frozen(): boolean {
    return this.#state !== 'thawed';
  }

  /** What `guest-fsfreeze-status` answers: the agent's own state, whatever others may have frozen. */
  get status(): 'frozen' | 'thawed' {
    return this.frozen ? 'frozen' : 'thawed';
  }

  /** Calls `listener` at each change of {@link frozen}, until the function that this returns is called. */
  onChange(listener: FreezeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Freezes the filesystems that can be frozen.
   *
   * @param mountpoints where those are mounted that are meant; all if absent
   * @returns how many; with 0 the state is thawed again
   * @throws {OperationError} if the hook or one of them fails; all are thawed again by then, unless that failed too
   */
  async freeze(mountpoints?: readonly string[]): Promise<number> {
    this.#options.log.syslog('guest-fsfreeze called');
    if (this.#ended || this.frozen || this.#freezing !== undefined || this.#thawing !== undefined) {
      // The command filter does not let a host come here; an embedding program may.
      throw new FreezeUnavailableError('a freeze or a thaw is in progress, or the agent is stopping');
    }
    this.#cancelled = false;
    this.#held = [];
    const work = this.#freezeMounts(mountpoints).finally(() => {
      this.#freezing = undefined;
    });
    this.#freezing = work;
    try {
      return await work;
    } catch (error) {
      // Who cancelled the freeze thaws as well. Otherwise it is for us, and the state tells whether it worked:
      // the host wants to know why it could not freeze.
      if (!this.#cancelled) await this.release().catch((failure) => this.#warn(failure));
      throw error;
    }
  }

  /**
   * Thaws all filesystems, whoever froze them, and tells the hook. If a thaw is under way already this is its result too.
   *
   * @returns how many were frozen
   * @throws {OperationError} if no mount list can be had, and the state is what it was; or if the hook fails after all
   */
  thaw(): Promise<number> {
    return this.#once(() => this.#thawAll());
  }

  /**
   * Ends what is under way, and thaws if this agent holds anything: filesystems, or applications through the hook.
   *
   * @returns how many were frozen
   * @throws {OperationError} as {@link thaw}
   */
  async release(): Promise<number> {
    if (this.frozen || this.#freezing !== undefined || this.#thawing !== undefined) return this.thaw();
    if (!this.#hook.holds) return 0;
    return this.#once(async () => {
      await this.#tellHook();
      return 0;
    });
  }

  /** {@link release}, and no freeze begins any more: what has been asked for already must not outlive the agent. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.release();
  }

  /** Stops the watchdog. It does not thaw: who is done calls {@link end} before. */
  [Symbol.dispose](): void {
    this.#watchdog.stop();
    this.#listeners.clear();
  }

  async #freezeMounts(mountpoints: readonly string[] | undefined): Promise<number> {
    this.#freezer.prepare();
    await this.#hook.freeze();
    this.#assertWanted();
    const mounts = chosen(await this.#mounts(), mountpoints);
    this.#assertWanted();
    await this.#enter();
    // From the last mount to the first: what is mounted inside another is frozen before it.
    for (const mount of mounts.toReversed()) {
      this.#assertWanted();
      const outcome = await this.#freezer.freeze(mount.directory);
      if (typeof outcome === 'object') throw new OperationError(outcome.error, { cause: outcome.cause });
      if (outcome === 'frozen') this.#held.push(mount);
    }
    this.#assertWanted();
    if (this.#held.length > 0) {
      this.#state = 'frozen';
    } else {
      await this.#leave();
      // The reference does not tell the hook. A host that forgets to thaw must not leave applications waiting.
      if (this.#hook.holds) this.#watchdog.start();
    }
    return this.#held.length;
  }

  #assertWanted(): void {
    if (this.#cancelled) throw new OperationError('a thaw was requested before the freeze was complete');
  }

  /** Does `work` as the one thaw that is under way, unless there is one already: then it is that. */
  #once(work: () => Promise<number>): Promise<number> {
    this.#thawing ??= work().finally(() => {
      this.#thawing = undefined;
    });
    return this.#thawing;
  }

  async #thawAll(): Promise<number> {
    const freezing = this.#freezing;
    if (this.frozen) this.#state = 'thawing';
    try {
      let count = 0;
      if (freezing !== undefined) {
        this.#cancelled = true;
        // The freeze may hang in the next filesystem; that must not keep the others frozen.
        count += await this.#thawEach(this.#held);
        await freezing.catch(() => {});
      }
      count += await this.#thawEach(await this.#mounts());
      if (this.frozen) await this.#leave();
      this.#options.log.syslog('guest-fsthaw called');
      await this.#tellHook();
      return count;
    } catch (error) {
      if (this.frozen) this.#state = 'frozen';
      throw error;
    }
  }

  async #thawEach(mounts: readonly Mount[]): Promise<number> {
    let count = 0;
    for (const { directory } of mounts) {
      if (await this.#freezer.thaw(directory)) count += 1;
    }
    return count;
  }

  #mounts(): Promise<Mount[]> {
    return readMounts(this.#options);
  }

  async #enter(): Promise<void> {
    const { log } = this.#options;
    log.warning('disabling logging due to filesystem freeze');
    this.#state = 'freezing';
    await this.#flag.write();
    log.suspend();
    this.#watchdog.start();
    this.#tell();
  }

  async #leave(): Promise<void> {
    const { log } = this.#options;
    this.#watchdog.stop();
    log.resume();
    log.warning('logging re-enabled due to filesystem unfreeze');
    await this.#flag.remove();
    this.#state = 'thawed';
    this.#tell();
  }

  /** Everything is thawed, and so is the watchdog's work done. */
  async #tellHook(): Promise<void> {
    this.#watchdog.stop();
    await this.#hook.thaw();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.frozen);
  }

  /** The watchdog has waited long enough. */
  async #releaseLate(): Promise<void> {
    const { log, freezeTimeout } = this.#options;
    const late = `no thaw came within ${freezeTimeout} seconds`;
    try {
      const count = await this.release();
      log.warning(`${late}; ${count} filesystems have been thawed`);
    } catch (error) {
      if (this.frozen) this.#watchdog.start();
      else this.#warn(error, `${late}; all filesystems have been thawed, but `);
    }
  }

  #warn(error: unknown, before = ''): void {
    this.#options.log.warning(`${before}${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The mounts at these mount points, byte for byte; all if none are named. */
function chosen(mounts: readonly Mount[], mountpoints: readonly string[] | undefined): readonly Mount[] {
  if (mountpoints === undefined) return mounts;
  const wanted = new Set(mountpoints.map((path) => Buffer.from(path).toString('latin1')));
  return mounts.filter(({ directory }) => wanted.has(directory.toString('latin1')));
}
