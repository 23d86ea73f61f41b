import { type Mount, readMounts } from '../guest/storage/mounts.js';
import { OperationError } from '../operation-error.js';
import { startTimer } from '../timer.js';
import { type FilesystemFreezer, kernelFreezer } from './filesystem-freezer.js';
import { FlagFile } from './flag-file.js';
import { FreezeHook, type HookOptions } from './hook.js';

export interface FreezeOptions extends HookOptions {
  readonly root: string;
  readonly statedir: string;
  /** Seconds after which the agent thaws by itself; 0 disables this. */
  readonly freezeTimeout: number;
}

/** A freeze was requested while one is in progress or held, or after {@link FreezeController.end}. */
export class FreezeUnavailableError extends OperationError {}

/** The states of the machine in README.md. */
export type FreezeState = 'thawed' | 'freezing' | 'frozen' | 'thawing';

/** Freezes and thaws the guest's filesystems (qemu-ga §5.10, §6); README.md describes the states. */
export class FreezeController {
  readonly #options: FreezeOptions;
  readonly #freezer: FilesystemFreezer;
  readonly #flag: FlagFile;
  readonly #hook: FreezeHook;
  /** Called when {@link frozen} has changed. It must not access a file if that is true. */
  onChange: ((frozen: boolean) => void) | undefined;
  /** Thaws when filesystems have been frozen for too long. A timer, since files cannot be used. */
  #watchdog: NodeJS.Timeout | undefined;
  #state: FreezeState = 'thawed';
  /** The freeze in progress. It ends, with an error, before what it froze is thawed. */
  #freezing: Promise<unknown> | undefined;
  #thawing: Promise<number> | undefined;
  /** A thaw was requested during the freeze. */
  #cancelled = false;
  /** The agent stops: no freeze may start. */
  #ended = false;
  /** The filesystems that the freeze in progress has frozen. */
  #held: Mount[] = [];

  private constructor(options: FreezeOptions, freezer: FilesystemFreezer) {
    this.#options = options;
    this.#freezer = freezer;
    this.#flag = new FlagFile(options.statedir, options.log);
    this.#hook = new FreezeHook(options);
  }

  /** Returns a controller that is frozen if the flag file exists, with the log suspended and the watchdog running. */
  static async start(options: FreezeOptions, freezer = kernelFreezer): Promise<FreezeController> {
    const controller = new FreezeController(options, freezer);
    if (await controller.#flag.present()) {
      freezer.prepare();
      controller.#state = 'frozen';
      options.log.suspend();
      controller.#startWatchdog();
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

  /** The reply to `guest-fsfreeze-status`: the agent's own state, whatever other programs have frozen. */
  get status(): 'frozen' | 'thawed' {
    return this.frozen ? 'frozen' : 'thawed';
  }

  /**
   * Freezes the filesystems that can be frozen.
   * @param mountpoints freezes only filesystems mounted there
   * @returns the number of filesystems; with 0 the state is thawed again
   * @throws {OperationError} if the hook or a filesystem fails; all are thawed again, unless that failed, too
   */
  async freeze(mountpoints?: readonly string[]): Promise<number> {
    this.#options.log.syslog('guest-fsfreeze called');
    if (this.#ended || this.frozen || this.#freezing !== undefined || this.#thawing !== undefined) {
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
      // The thaw that cancelled the freeze thaws everything. Otherwise thaw here; the host receives the first error.
      if (!this.#cancelled) await this.release().catch((failure) => this.#warn(failure));
      throw error;
    }
  }

  /**
   * Thaws all filesystems, also those that other programs froze, and runs the hook. During a thaw it returns the result of
   * that.
   * @returns the number of filesystems that were frozen
   * @throws {OperationError} if the mount list cannot be read, without a change of state; or if the hook fails
   */
  thaw(): Promise<number> {
    return this.#once(() => this.#thawAll());
  }

  /**
   * Cancels a freeze in progress, and thaws if this agent holds filesystems, or applications through the hook.
   * @returns the number of filesystems that were frozen
   * @throws {OperationError} as {@link thaw}
   */
  async release(): Promise<number> {
    if (this.frozen || this.#freezing !== undefined || this.#thawing !== undefined) return this.thaw();
    if (!this.#hook.holds) return 0;
    return this.#once(async () => {
      await this.#thawHook();
      return 0;
    });
  }

  /** Does {@link release} and rejects further freezes: requests may still be queued when the agent stops. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.release();
  }

  /** Stops the watchdog. It does not thaw; {@link end} does. */
  [Symbol.dispose](): void {
    clearTimeout(this.#watchdog);
    this.onChange = undefined;
  }

  async #freezeMounts(mountpoints: readonly string[] | undefined): Promise<number> {
    this.#freezer.prepare();
    await this.#hook.freeze();
    this.#assertWanted();
    const mounts = chosen(await readMounts(this.#options), mountpoints);
    this.#assertWanted();
    await this.#enter();
    // In reverse order: a filesystem mounted inside another is frozen before it.
    for (const mount of mounts.toReversed()) {
      this.#assertWanted();
      if (await this.#freezer.freeze(mount.directory)) this.#held.push(mount);
    }
    this.#assertWanted();
    if (this.#held.length > 0) {
      this.#state = 'frozen';
    } else {
      await this.#leave();
      // qemu-ga does not run the hook. A host that does not thaw must not leave applications paused.
      if (this.#hook.holds) this.#startWatchdog();
    }
    return this.#held.length;
  }

  #assertWanted(): void {
    if (this.#cancelled) throw new OperationError('a thaw was requested before the freeze was complete');
  }

  /** Starts `work` as the thaw in progress, unless there is one. */
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
        // The freeze may hang in one filesystem; the others are thawed meanwhile.
        count += await this.#thawEach(this.#held);
        await freezing.catch(() => {});
      }
      count += await this.#thawEach(await readMounts(this.#options));
      if (this.frozen) await this.#leave();
      this.#options.log.syslog('guest-fsthaw called');
      await this.#thawHook();
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

  async #enter(): Promise<void> {
    const { log } = this.#options;
    log.warning('disabling logging due to filesystem freeze');
    this.#state = 'freezing';
    await this.#flag.write();
    log.suspend();
    this.#startWatchdog();
    this.onChange?.(true);
  }

  async #leave(): Promise<void> {
    const { log } = this.#options;
    clearTimeout(this.#watchdog);
    log.resume();
    log.warning('logging re-enabled due to filesystem unfreeze');
    await this.#flag.remove();
    this.#state = 'thawed';
    this.onChange?.(false);
  }

  async #thawHook(): Promise<void> {
    clearTimeout(this.#watchdog);
    await this.#hook.thaw();
  }

  #startWatchdog(): void {
    clearTimeout(this.#watchdog);
    const { freezeTimeout } = this.#options;
    if (freezeTimeout > 0) this.#watchdog = startTimer(freezeTimeout * 1000, () => void this.#releaseLate());
  }

  async #releaseLate(): Promise<void> {
    const { log, freezeTimeout } = this.#options;
    const late = `no thaw came within ${freezeTimeout} seconds`;
    try {
      const count = await this.release();
      log.warning(`${late}; ${count} filesystems have been thawed`);
    } catch (error) {
      if (this.frozen) this.#startWatchdog();
      else this.#warn(error, `${late}; all filesystems have been thawed, but `);
    }
  }

  #warn(error: unknown, before = ''): void {
    this.#options.log.warning(`${before}${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the mounts at these mount points, compared byte for byte; all by default. */
function chosen(mounts: readonly Mount[], mountpoints: readonly string[] | undefined): readonly Mount[] {
  if (mountpoints === undefined) return mounts;
  const paths = new Set(mountpoints.map((path) => Buffer.from(path).toString('latin1')));
  return mounts.filter(({ directory }) => paths.has(directory.toString('latin1')));
}
