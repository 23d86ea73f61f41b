import { OperationError } from '../operation-error.js';
import { assertExecutable, HookError, type HookOptions, runHook } from './hook.js';
import { checkAccess } from './hook-access.js';
import { readHookFolder } from './hook-folder.js';
import { endOrphans } from './hook-orphans.js';
import type { HookJournal } from './record.js';

/**
 * The operator's programs that prepare applications for a freeze, and resume them afterwards: docs/freeze.md, "Hooks". They
 * must not run while a filesystem is frozen: they may be stored there.
 */
export class FreezeHooks {
  readonly #options: HookOptions;
  readonly #journal: HookJournal;
  /** The journal is that of an agent that was killed; its hooks may still run. */
  #isInherited: boolean;

  /** @param journal has the hooks that an agent before this one has started, if any */
  constructor(options: HookOptions, journal: HookJournal) {
    this.#options = options;
    this.#journal = journal;
    this.#isInherited = this.holds;
  }

  /** True if a hook has been started with `freeze`, and neither failed by itself nor run with `thaw` since. */
  get holds(): boolean {
    return this.#journal.hooks.length > 0;
  }

  /**
   * Runs all hooks with `freeze`, until one fails. Those that ran before, and one that was killed, must then run with
   * {@link thaw}. Hooks that an earlier freeze has left run with `thaw` first; what fails there is logged.
   * @param signal cancels: the running hook has five seconds to end, and no further one starts
   * @throws the reason of `signal`, if that is aborted
   * @throws {OperationError} if a hook fails, or others could change one
   */
  async freeze(signal?: AbortSignal): Promise<void> {
    if (this.holds) await this.thaw().catch((error) => this.#options.log.warning(String(error)));
    const hooks = await this.#list();
    for (const hook of hooks) await assertExecutable(hook);
    for (const hook of hooks) {
      signal?.throwIfAborted();
      await this.#freezeOne(hook, signal);
    }
    signal?.throwIfAborted();
  }

  /**
   * Runs the hooks that ran with `freeze` once with `thaw`, in reverse order; all hooks if no hook did, as an explicit
   * thaw in qemu-ga does. A hook that fails does not run again, and the others run nevertheless.
   * @param signal cancels: the running hook has five seconds to end, and those that have not run stay in the journal
   * @throws the reason of `signal`, if that is aborted
   * @throws {OperationError} with the texts of all hooks that have failed
   */
  async thaw(signal?: AbortSignal): Promise<void> {
    const held = this.#journal.hooks;
    const resumed = await this.#endInherited(signal);
    const failures: OperationError[] = [];
    for (const hook of (held.length > 0 ? held : await this.#list()).toReversed()) {
      if (signal?.aborted) break;
      if (!resumed.has(hook)) {
        await runHook(hook, 'thaw', this.#options, signal).catch((error) => {
          if (!(error instanceof OperationError)) throw error;
          failures.push(error);
        });
      }
      if (held.length > 0) await this.#forget(hook);
    }
    signal?.throwIfAborted();
    const [first, ...others] = failures;
    if (first === undefined) return;
    throw others.length === 0 ? first : new OperationError(failures.map(({ message }) => message).join('\n'));
  }

  /** Does {@link thaw}, and returns its failure: what follows does not depend on the hooks. */
  resume(): Promise<unknown> {
    return this.thaw().then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  async #freezeOne(hook: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#journal.setHooks([...this.#journal.hooks, hook]);
    try {
      await runHook(hook, 'freeze', this.#options, signal);
    } catch (error) {
      // A hook that fails undoes by itself what it has done; a killed one cannot.
      if (!(error instanceof HookError && error.wasKilled)) await this.#forget(hook);
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** Ends what still runs for an agent that was killed. Returns the hooks that have run `thaw` for it. */
  async #endInherited(signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
    if (!this.#isInherited) return new Set();
    const { log, helperTimeout } = this.#options;
    const resumed = await endOrphans(this.#journal.hooks, { log, limit: helperTimeout * 1000, signal });
    this.#isInherited = signal?.aborted === true;
    return resumed;
  }

  #forget(hook: string): Promise<void> {
    return this.#journal.setHooks(this.#journal.hooks.filter((path) => path !== hook));
  }

  /** Returns the paths of all hooks in their order. */
  async #list(): Promise<readonly string[]> {
    const { fsfreezeHook, fsfreezeHookDir, log } = this.#options;
    const first = fsfreezeHook === undefined ? [] : [fsfreezeHook];
    if (fsfreezeHookDir === undefined) return first;
    const folder = await readHookFolder(fsfreezeHookDir, log);
    if (fsfreezeHook === undefined) return folder;
    // A hook that is in the folder, too, runs once.
    const real = await realPathOf(fsfreezeHook);
    const others = await Promise.all(folder.map(async (path) => ({ path, real: await realPathOf(path) })));
    return [
      ...first,
      ...others.filter((other) => real === undefined || other.real !== real).map(({ path }) => path),
    ];
  }
}

/** Returns undefined for a hook that is refused or missing, which its execution reports. */
async function realPathOf(path: string): Promise<string | undefined> {
  const file = await checkAccess(path).catch(() => undefined);
  return file?.path;
}
