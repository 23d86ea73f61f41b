import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from './agent-error.js';
import type { ExecModule } from './commands/exec.js';
import type { FileModule } from './commands/file.js';
import type { FreezeController, FreezeState } from './freeze/controller.js';
import type { Logger } from './log/logger.js';
import type { Policy } from './policy/policy.js';
import type { CommandLists } from './rpc/command-filter.js';
import type { Dispatcher } from './rpc/dispatcher.js';
import { type MemoryEvents, Session } from './rpc/session.js';
import type { Transport } from './transport/transport.js';

/**
 * A disk that does not respond must not block the stop of the agent. With three seconds for the log, the audit log and the
 * pid file, together less than 20, after which service managers and hosts lose patience.
 */
const CLOSE_TIMEOUT_MS = 3_000;
const THAW_TIMEOUT_MS = 10_000;

/** An agent. It can be started once, and must be stopped even if it was not started. */
export interface Agent extends AsyncDisposable {
  /**
   * Opens the transport and serves requests. If it starts frozen, and the transport creates a file on a frozen filesystem,
   * it thaws first.
   *
   * @throws {AgentError} `transport` if it cannot be opened
   */
  start(): Promise<void>;
  /** Closes the transport, without a reply to the current request, thaws what is frozen, and closes open files. */
  stop(): Promise<void>;
  /**
   * Replaces {@link AgentOptions.commands} from the next request on; an absent list is empty. While filesystems are frozen,
   * the frozen set of commands applies, and the new lists after the thaw.
   *
   * @param policy replaces {@link AgentOptions.policy}; `null` for none, absent to keep the current one
   * @throws {AgentError} `option` if a list has a name that is no command; nothing is changed then
   */
  reconfigure(commands: CommandLists, policy?: Policy | null): void;
  /** True while filesystems are frozen, possibly from the start (qemu-ga §6). */
  readonly frozen: boolean;
  /** The state of the freeze, as in `docs/freeze.md`; {@link frozen} is true in `freezing`, `frozen` and `thawing`. */
  readonly freezeState: FreezeState;
  /** Settles when the agent has stopped: with the reason if its transport broke, else with `undefined`. */
  readonly stopped: Promise<Error | undefined>;
}

/** What an agent consists of. */
export interface AgentParts extends Pick<Agent, 'reconfigure'> {
  readonly transport: Transport;
  /** Called between requests, as moments to return memory. */
  readonly memory?: MemoryEvents | undefined;
  readonly log: Logger;
  readonly dispatcher: Dispatcher;
  readonly commandTimeout: number;
  readonly freeze: FreezeController;
  readonly files: FileModule;
  readonly exec: ExecModule;
}

/** Runs the parts of an agent, from the opening of its transport to the thaw at its end. */
export class AssembledAgent implements Agent {
  readonly stopped: Promise<Error | undefined>;
  readonly reconfigure: Agent['reconfigure'];
  readonly #parts: AgentParts;
  readonly #session: Session;
  #settle: (reason: Error | undefined) => void = () => {};
  #stopping: Promise<void> | undefined;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.reconfigure = parts.reconfigure;
    this.stopped = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const { dispatcher, commandTimeout } = parts;
    this.#session = new Session(parts.transport, {
      dispatcher,
      commandTimeout,
      events: {
        fatal: (error) => {
          parts.log.error(error.message);
          void this.#stop(error);
        },
        answered: () => parts.memory?.answered(),
        bulkDone: () => parts.memory?.bulkDone(),
        bulkStarted: () => parts.memory?.bulkStarted?.(),
      },
    });
  }

  get frozen(): boolean {
    return this.#parts.freeze.frozen;
  }

  get freezeState(): FreezeState {
    return this.#parts.freeze.state;
  }

  async start(): Promise<void> {
    try {
      await this.#thawForTransport();
      await this.#parts.transport.open(this.#session);
    } catch (error) {
      throw AgentError.from(error) ?? error;
    }
  }

  /** A file cannot be created on a frozen filesystem: this thread, which has to thaw it, would wait for the thaw. */
  async #thawForTransport(): Promise<void> {
    const { transport, freeze, log } = this.#parts;
    const { createdPath } = transport;
    if (createdPath === undefined || !(await freeze.holds(dirname(createdPath)))) return;
    try {
      await freeze.release('the channel is on a frozen filesystem');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (freeze.frozen)
        throw new AgentError('transport', `Failed to create ${createdPath}: ${reason}`, { cause });
      log.warning(reason);
    }
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }

  #stop(reason?: Error): Promise<void> {
    this.#stopping ??= this.#end().finally(() => this.#settle(reason));
    return this.#stopping;
  }

  async #end(): Promise<void> {
    const { transport, freeze, files, exec, log } = this.#parts;
    // At once: the transport may wait for a disk that a freeze blocks.
    const thawed = freeze.end().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    await withTimeout(transport.close(), CLOSE_TIMEOUT_MS, undefined);
    const failed = await withTimeout(thawed, THAW_TIMEOUT_MS, { error: 'the thaw has not ended' });
    if (failed !== undefined) {
      const state = freeze.frozen ? 'while filesystems are frozen' : 'with all filesystems thawed';
      log.critical(`the agent stops ${state}: ${String(failed.error)}`);
    }
    freeze[Symbol.dispose]();
    await withTimeout(files[Symbol.asyncDispose](), CLOSE_TIMEOUT_MS, undefined);
    exec[Symbol.dispose]();
  }
}

/** Returns the result of `work`, or `late` if it takes longer than `ms` milliseconds. */
async function withTimeout<T>(work: PromiseLike<T>, ms: number, late: T): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, delay(ms, late, done)]);
  } finally {
    done.abort();
  }
}
