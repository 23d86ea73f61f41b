import { CommandError } from '@guestwire/protocol';
import { type FilesystemFreezer, kernelFreezer } from '../linux/fsfreeze.js';
import { type Mount, readMounts } from '../linux/mounts.js';
import type { FrozenState, Services } from '../services.js';
import { FlagFile } from './flag-file.js';
import { Watchdog } from './watchdog.js';

/** Where the machine is; README.md in this folder draws it. */
export type FreezeState = 'thawed' | 'freezing' | 'frozen' | 'thawing';

/** Told when {@link FreezeController.frozen} has changed. It must not touch a file when that is true. */
export type FreezeListener = (frozen: boolean) => void;

/**
 * Freezes and thaws the guest's filesystems, and knows which of the two was last (reference 5.10, 6).
 * README.md in this folder says what happens when.
 */
export class FreezeController implements FrozenState {
  readonly #services: Services;
  readonly #freezer: FilesystemFreezer;
  readonly #flag: FlagFile;
  readonly #watchdog: Watchdog;
  readonly #listeners = new Set<FreezeListener>();
  #state: FreezeState = 'thawed';
  /** The freeze under way; it is over, if badly, when what it froze has to be thawed. */
  #freezing: Promise<unknown> | undefined;
  #thawing: Promise<number> | undefined;
  /** A thaw was asked for while freezing: the freeze must not go on. */
  #cancelled = false;
  /** What the freeze under way has frozen so far. */
  #held: Mount[] = [];

  private constructor(services: Services, freezer: FilesystemFreezer) {
    this.#services = services;
    this.#freezer = freezer;
    this.#flag = new FlagFile(services.settings.statedir, services.log);
    this.#watchdog = new Watchdog(services.settings.freezeTimeout, () => void this.#thawLate());
  }

  /**
   * Looks for the flag file, and begins frozen if it is there: with the log switched off, and the watchdog on.
   *
   * @param freezer what does the freezing; the kernel if absent
   */
  static async start(
    services: Services,
    freezer: FilesystemFreezer = kernelFreezer,
  ): Promise<FreezeController> {
    const controller = new FreezeController(services, freezer);
    if (await controller.#flag.present()) {
      freezer.prepare();
      controller.#state = 'frozen';
      services.log.suspend();
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
   * Freezes all filesystems that can be frozen.
   *
   * @returns how many; with 0 the state is thawed again
   * @throws {CommandError} if one fails; all are thawed again by then, unless that failed too
   */
  async freeze(): Promise<number> {
    this.#services.log.syslog('guest-fsfreeze called');
    if (this.frozen || this.#freezing !== undefined || this.#thawing !== undefined) {
      // The command filter does not let a host come here; an embedding program may.
      throw CommandError.commandDisabled('guest-fsfreeze-freeze');
    }
    this.#cancelled = false;
    this.#held = [];
    const work = this.#freezeAll().finally(() => {
      this.#freezing = undefined;
    });
    this.#freezing = work;
    try {
      return await work;
    } catch (error) {
      // Who cancelled the freeze thaws as well. Otherwise it is for us, and the state tells whether it worked:
      // the host wants to know why it could not freeze.
      if (!this.#cancelled && this.frozen) await this.thaw().catch(() => {});
      throw error;
    }
  }

  /**
   * Thaws all filesystems, whoever froze them. If a thaw is under way already this is its result too.
   *
   * @returns how many were frozen
   * @throws {CommandError} if no mount list can be had; the state is what it was
   */
  thaw(): Promise<number> {
    this.#thawing ??= this.#thawAll().finally(() => {
      this.#thawing = undefined;
    });
    return this.#thawing;
  }

  /** Stops the watchdog. It does not thaw: who ends while {@link frozen} calls {@link thaw} before. */
  [Symbol.dispose](): void {
    this.#watchdog.stop();
    this.#listeners.clear();
  }

  async #freezeAll(): Promise<number> {
    this.#freezer.prepare();
    const mounts = await this.#mounts();
    this.#assertWanted();
    await this.#enter();
    // From the last mount to the first: what is mounted inside another is frozen before it.
    for (const mount of mounts.toReversed()) {
      this.#assertWanted();
      const outcome = await this.#freezer.freeze(mount.directory);
      if (typeof outcome === 'object') throw new CommandError(outcome.error, { cause: outcome.cause });
      if (outcome === 'frozen') this.#held.push(mount);
    }
    this.#assertWanted();
    if (this.#held.length === 0) await this.#leave();
    else this.#state = 'frozen';
    return this.#held.length;
  }

  #assertWanted(): void {
    if (this.#cancelled) throw new CommandError('a thaw was requested before the freeze was complete');
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
      this.#services.log.syslog('guest-fsthaw called');
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
    return readMounts({ root: this.#services.system.root, log: this.#services.log });
  }

  async #enter(): Promise<void> {
    const { log } = this.#services;
    log.warning('disabling logging due to filesystem freeze');
    this.#state = 'freezing';
    await this.#flag.write();
    log.suspend();
    this.#watchdog.start();
    this.#tell();
  }

  async #leave(): Promise<void> {
    const { log } = this.#services;
    this.#watchdog.stop();
    log.resume();
    log.warning('logging re-enabled due to filesystem unfreeze');
    await this.#flag.remove();
    this.#state = 'thawed';
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.frozen);
  }

  /** The watchdog has waited long enough. */
  async #thawLate(): Promise<void> {
    try {
      const count = await this.thaw();
      const { log, settings } = this.#services;
      log.warning(
        `no thaw came within ${settings.freezeTimeout} seconds; ${count} filesystems have been thawed`,
      );
    } catch {
      this.#watchdog.start();
    }
  }
}
