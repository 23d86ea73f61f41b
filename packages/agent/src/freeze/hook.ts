import { OverdueError, runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';

export interface HookOptions extends Omit<GuestSystem, 'root'> {
  /** Absolute path of the hook; absent for none. */
  readonly fsfreezeHook?: string | undefined;
}

/**
 * The operator's program that prepares applications for a freeze, and resumes them afterwards (qemu-ga §5.10). It must not
 * run while a filesystem is frozen: it may be stored there.
 */
export class FreezeHook {
  readonly #options: HookOptions;
  #holds = false;

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** True if it succeeded or was killed with `freeze`, and has not run with `thaw` since. */
  get holds(): boolean {
    return this.#holds;
  }

  /** @throws {OperationError} with the text of qemu-ga §5.4 */
  async freeze(): Promise<void> {
    try {
      this.#holds = await this.#run('freeze');
    } catch (error) {
      // A hook that fails cleans up by itself; a killed one cannot.
      this.#holds = error instanceof OverdueError;
      throw error;
    }
  }

  /** @throws {OperationError}; the hook does not run again */
  async thaw(): Promise<void> {
    this.#holds = false;
    await this.#run('thaw');
  }

  /** Returns false if there is no hook. */
  async #run(argument: 'freeze' | 'thaw'): Promise<boolean> {
    const { log, fsfreezeHook } = this.#options;
    if (fsfreezeHook === undefined) return false;
    log.syslog(`executing fsfreeze hook with arg '${argument}'`);
    const helper = { name: fsfreezeHook, args: [argument], action: 'execute fsfreeze hook' };
    await runHelper(helper, this.#options);
    return true;
  }
}
