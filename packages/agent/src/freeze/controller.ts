import { OperationError } from '../operation-error.js';
import { FreezeAnnouncer } from './announcer.js';
import { FreezeAttempt } from './attempt.js';
import { FreezeUnavailableError, overdueError, thawRequestedError } from './errors.js';
import { type FilesystemFreezer, kernelFreezer } from './filesystem-freezer.js';
import type { HookOptions } from './hook.js';
import { FreezeHooks } from './hooks.js';
import { Lease } from './lease.js';
import type { RecordedFilesystem } from './record-format.js';
import { StateFiles } from './state-files.js';
import { FreezeTargets } from './targets.js';
import type { ThawRequest, ThawResult } from './thaw-request.js';

export interface FreezeOptions extends HookOptions {
  readonly root: string;
  readonly statedir: string;
  /** Seconds after which the agent thaws by itself; 0 disables this. */
  readonly freezeTimeout: number;
}

/** The states of the machine in docs/freeze.md. */
export type FreezeState = 'thawed' | 'preparing' | 'freezing' | 'frozen' | 'thawing' | 'resuming';

const STOPPED = 'the agent was stopped';

/** Freezes and thaws the guest's filesystems (qemu-ga §5.10, §6); docs/freeze.md describes the states. */
export class FreezeController {
  readonly #options: FreezeOptions;
  readonly #freezer: FilesystemFreezer;
  readonly #targets: FreezeTargets;
  readonly #files: StateFiles;
  readonly #announcer: FreezeAnnouncer;
  readonly #hooks: FreezeHooks;
  readonly #lease: Lease;
  /** Called when {@link frozen} has changed. It must not access a file if that is true. A thaw waits for its promise. */
  onChange: ((frozen: boolean) => void | Promise<void>) | undefined;
  #state: FreezeState = 'thawed';
  #attempt: FreezeAttempt | undefined;
  /** The thaw in progress, which ends in `resuming`; others join it. */
  #thawing: { readonly request: ThawRequest; readonly result: Promise<ThawResult> } | undefined;
  #hostThaw: Promise<number> | undefined;
  /** The agent stops: no freeze may start. */
  #ended = false;

  private constructor(options: FreezeOptions, freezer: FilesystemFreezer, files: StateFiles) {
    this.#options = options;
    this.#freezer = freezer;
    this.#targets = new FreezeTargets(options, freezer);
    this.#files = files;
    this.#announcer = new FreezeAnnouncer(options.log, files);
    this.#hooks = new FreezeHooks(options, files.journal);
    this.#lease = new Lease(() => void this.#expire());
  }

  /**
   * Returns a controller that is frozen if the last agent was killed while frozen, with the log suspended. Else the hooks
   * that an agent before it has started begin to run with `thaw`.
   */
  static async start(options: FreezeOptions, freezer = kernelFreezer): Promise<FreezeController> {
    const files = await StateFiles.open(options);
    const controller = new FreezeController(options, freezer, files);
    if (files.crash.isFrozen) await controller.#startFrozen();
    else if (controller.#hooks.holds) void controller.release().catch((error) => controller.#warn(error));
    return controller;
  }

  async #startFrozen(): Promise<void> {
    const { filesystems, leaseEnd } = this.#files.crash;
    this.#state = 'frozen';
    this.#announcer.complete();
    await this.#options.log.suspend();
    await this.#targets.recover(filesystems);
    if (leaseEnd === undefined) this.#lease.start(this.#options.freezeTimeout);
    else this.#lease.continueUntil(leaseEnd);
  }

  get state(): FreezeState {
    return this.#state;
  }

  /** True from before the first filesystem is frozen until after the last is thawed. */
  get frozen(): boolean {
    return this.#state === 'freezing' || this.#state === 'frozen' || this.#state === 'thawing';
  }

  /** The reply to `guest-fsfreeze-status`: the agent's own state, whatever other programs have frozen. */
  get status(): 'frozen' | 'thawed' {
    return this.frozen ? 'frozen' : 'thawed';
  }

  /** Returns true if a file that is created in `folder` would wait for the thaw, as far as the filesystems are known. */
  async holds(folder: string): Promise<boolean> {
    return this.frozen && (await this.#targets.holds(folder));
  }

  /**
   * Freezes the filesystems that can be frozen.
   * @param mountpoints freezes only filesystems mounted there
   * @param signal cancels the freeze
   * @returns the number of filesystems; with 0 the state is thawed again
   * @throws {OperationError} if the hook or a filesystem fails, or the freeze is cancelled; all are thawed again, or the
   *   message names those that may be frozen
   */
  async freeze(mountpoints?: readonly string[], signal?: AbortSignal): Promise<number> {
    this.#options.log.syslog('guest-fsfreeze called');
    // By itself the agent resumes only hooks now: a refusal would say that it cannot freeze.
    if (!this.frozen && this.#hostThaw === undefined) await this.#resuming();
    const isBusy = this.#state !== 'thawed' || this.#thawing !== undefined || this.#hostThaw !== undefined;
    if (this.#ended || isBusy) throw new FreezeUnavailableError();
    const attempt = new FreezeAttempt();
    this.#attempt = attempt;
    this.#lease.start(this.#options.freezeTimeout);
    try {
      return await attempt.run(() => this.#freeze(mountpoints, attempt.signal), signal);
    } catch (error) {
      throw await this.#undo(error, attempt);
    } finally {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  /**
   * Cancels a freeze in progress, thaws all filesystems, also those that other programs froze, and runs the hook. During a
   * thaw it returns the result of that.
   * @returns the number of filesystems that were frozen
   * @throws {OperationError} if a filesystem may still be frozen; if all is thawed, but the mount list cannot be read or the
   *   hook fails; once if the agent had thawed by itself
   */
  thaw(): Promise<number> {
    this.#hostThaw ??= this.#thawForHost().finally(() => {
      this.#hostThaw = undefined;
    });
    return this.#hostThaw;
  }

  /**
   * Cancels a freeze in progress, thaws what this agent has frozen, and runs the hook if it ran with `freeze`.
   * @param reason why, for the host: `the agent was stopped`
   * @returns the number of filesystems that were frozen
   * @throws {OperationError} as {@link thaw}
   */
  async release(reason = STOPPED): Promise<number> {
    const isThawing = this.#thawing !== undefined;
    if (this.#attempt !== undefined) this.#attempt.cancel(thawRequestedError());
    else if (this.#state === 'frozen' && !isThawing) this.#announcer.thawEarly(reason);
    else if (!this.frozen && !isThawing && !this.#hooks.holds) return 0;
    const { count, failure } = await this.#thaw({ explicit: false, others: false });
    if (failure !== undefined) throw failure;
    return count;
  }

  /** Does {@link release} and rejects further freezes: requests may still be queued when the agent stops. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.release();
  }

  /** Stops the lease. It does not thaw; {@link end} does. */
  [Symbol.dispose](): void {
    this.#lease[Symbol.dispose]();
    this.#files[Symbol.dispose]();
    this.#targets[Symbol.dispose]();
    this.onChange = undefined;
  }

  async #freeze(mountpoints: readonly string[] | undefined, signal: AbortSignal): Promise<number> {
    this.#state = 'preparing';
    this.#freezer.prepare();
    await this.#hooks.freeze(signal);
    await this.#enter(await this.#targets.open(mountpoints, signal));
    const count = await this.#targets.freeze(signal);
    signal.throwIfAborted();
    this.#state = 'frozen';
    this.#announcer.complete();
    if (count > 0) return count;
    this.#targets[Symbol.dispose]();
    await this.#leave();
    // qemu-ga does not run the hook. A host that does not thaw must not leave applications paused.
    if (this.#hooks.holds) this.#lease.start(this.#options.freezeTimeout);
    this.#state = 'thawed';
    return 0;
  }

  /** Thaws after a freeze that failed. Returns the error for the host. */
  async #undo(error: unknown, { isCancelled }: FreezeAttempt): Promise<unknown> {
    try {
      // As in qemu-ga, a filesystem that fails thaws everything; a cancel only what this agent has frozen.
      const { failure } = await this.#thaw({ explicit: false, others: this.frozen && !isCancelled });
      if (failure !== undefined) this.#warn(failure);
      return error;
    } catch (failure) {
      if (!(error instanceof Error) || !(failure instanceof Error)) return error;
      return new OperationError(`${error.message}; ${failure.message}`, { cause: failure });
    }
  }

  async #thawForHost(): Promise<number> {
    this.#attempt?.cancel(thawRequestedError());
    const joined = this.#thawing?.request;
    let { count, failure } = await this.#thaw({ explicit: true, others: true });
    if (joined?.others === false) count += await this.#targets.thawOthers();
    failure = (await this.#announcer.takeEarlyThaw()) ?? failure;
    if (failure !== undefined) throw failure;
    return count;
  }

  /** Thaws, or joins the thaw in progress. Rejects if a filesystem may still be frozen. */
  #thaw(request: ThawRequest): Promise<ThawResult> {
    this.#thawing ??= {
      request,
      result: this.#carryOut(request).finally(() => {
        this.#thawing = undefined;
      }),
    };
    return this.#thawing.result;
  }

  async #carryOut(request: ThawRequest): Promise<ThawResult> {
    // It has been cancelled or has failed.
    await this.#attempt?.done;
    this.#attempt = undefined;
    const wasUnrecorded = this.#targets.isUnrecorded;
    const mayReport = request.explicit || this.frozen || this.#hooks.holds;
    const { count, failure } = await this.#thawFilesystems(request);
    this.#lease.stop();
    if (mayReport) this.#options.log.syslog('guest-fsthaw called');
    const mustResume = request.explicit
      ? failure === undefined && !this.#announcer.hasEarlyThaw
      : wasUnrecorded;
    this.#state = 'resuming';
    const hookFailure = mustResume || this.#hooks.holds ? await this.#hooks.resume() : undefined;
    this.#state = 'thawed';
    return { count, failure: failure ?? hookFailure };
  }

  /** Rejects, in the state `thawing`, if a filesystem may still be frozen. */
  async #thawFilesystems({ others }: ThawRequest): Promise<ThawResult> {
    const { frozen } = this;
    if (frozen) this.#state = 'thawing';
    const { count, failures, othersFailure } = await this.#targets.thaw(others, this.#files);
    if (failures.length > 0) {
      this.#retryLater();
      throw new OperationError(failures.join('; '));
    }
    this.#targets[Symbol.dispose]();
    if (frozen) await this.#leave();
    return { count, failure: othersFailure };
  }

  /** Tries again after some seconds, and when the kernel has ended what it was still doing. */
  #retryLater(): void {
    this.#lease.retry();
    void this.#targets.pending?.then(async () => {
      if (this.#state === 'thawing') await this.#expire();
    });
  }

  async #enter(filesystems: readonly RecordedFilesystem[]): Promise<void> {
    this.#state = 'freezing';
    await this.#announcer.freeze(filesystems, this.#lease.end);
    await this.onChange?.(true);
  }

  async #leave(): Promise<void> {
    this.#lease.stop();
    await this.#announcer.thaw();
    this.#state = 'resuming';
    await this.onChange?.(false);
  }

  /** Waits for a thaw that no host has requested. */
  async #resuming(): Promise<void> {
    if (this.#attempt === undefined) await this.#thawing?.result.catch(() => {});
  }

  /** The end of the lease, or of the time after a failed thaw. */
  async #expire(): Promise<void> {
    const { log, freezeTimeout } = this.#options;
    if (this.#attempt !== undefined) {
      this.#attempt.cancel(overdueError(freezeTimeout));
      return;
    }
    const late =
      this.#state === 'thawing' ? 'repeated a failed thaw' : `no thaw came within ${freezeTimeout} seconds`;
    try {
      const count = await this.release(`no guest-fsfreeze-thaw within ${freezeTimeout} seconds`);
      log.warning(`${late}; ${count} filesystems have been thawed`);
    } catch (error) {
      if (!this.frozen) this.#warn(error, `${late}; all filesystems have been thawed, but `);
    }
  }

  #warn(error: unknown, before = ''): void {
    this.#options.log.warning(`${before}${error instanceof Error ? error.message : String(error)}`);
  }
}
