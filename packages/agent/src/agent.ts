import { isAbsolute } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from './agent-error.js';
import { accountModule } from './commands/account.js';
import { cpuModule } from './commands/cpu.js';
import { type ExecModule, execModule } from './commands/exec.js';
import { type FileModule, fileModule } from './commands/file.js';
import { freezeModule } from './commands/freeze.js';
import { memoryModule } from './commands/memory.js';
import { networkModule } from './commands/network.js';
import { powerModule } from './commands/power.js';
import { sessionModule } from './commands/session.js';
import { type StorageDevices, storageModule } from './commands/storage.js';
import { systemModule, type WallClock } from './commands/system.js';
import { HELPER_TIMEOUT_S } from './exec/helper.js';
import { FreezeController } from './freeze/controller.js';
import type { FilesystemFreezer } from './freeze/filesystem-freezer.js';
import type { RouteNetlink } from './guest/network/netlink.js';
import { type Logger, silentLogger } from './log/logger.js';
import { type CommandLists, commandFilter } from './rpc/command-filter.js';
import { Dispatcher } from './rpc/dispatcher.js';
import { type AnyCommandModule, Registry } from './rpc/registry.js';
import { Session } from './rpc/session.js';
import { HandleCounter, STATE_DIRECTORY } from './state/handle-counter.js';
import type { Transport } from './transport/transport.js';
import { VERSION } from './version.js';

/** A disk that does not respond must not block the stop of the agent: each step has this time. */
const STOP_STEP_TIMEOUT_MS = 20_000;

/** Options of {@link createAgent}; all but the transport have defaults. */
export interface AgentOptions {
  /** Transport to the host: `unixListen(path)`, `virtioSerial()`, or an implementation of your own. */
  readonly transport: Transport;
  /** Commands beside the built-in ones; `guest-info` lists them first. */
  readonly modules?: readonly AnyCommandModule[];
  /** The commands that hosts may use; all if absent. {@link Agent.reconfigure} changes them. */
  readonly commands?: CommandLists;
  /** Folder of the files that store the handle counter and a freeze; `/var/run` by default. */
  readonly statedir?: string;
  /** Seconds after which the agent thaws by itself; 0, the default, disables this. */
  readonly freezeTimeout?: number;
  /**
   * Absolute path of a program that runs with `freeze` before filesystems are frozen, and with `thaw` after they are
   * thawed (qemu-ga §5.10). If it fails with `freeze`, nothing is frozen.
   */
  readonly fsfreezeHook?: string | undefined;
  /** Seconds after which a helper program (`shutdown`, `hwclock`, the hook) is killed; 60 by default. */
  readonly helperTimeout?: number;
  /** Version in the reply to `guest-info`; that of this package by default. */
  readonly version?: string;
  /** No log if absent. */
  readonly log?: Logger;
  /**
   * Called with the state at startup, before any file is written, and then at each change. While it is true, no file may
   * be written. An exception at startup is thrown by {@link createAgent}; it must not throw later.
   */
  readonly onFrozen?: (frozen: boolean) => void;
  /** Folder that contains `/proc`, `/sys` and `/etc`; `''`, the default, is the real root. */
  readonly systemRoot?: string;
  /** Called between requests after many megabytes of traffic, as a good moment to collect garbage. */
  readonly releaseMemory?: () => void;
  /** Environment of helper programs and of programs that hosts start; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An agent. It can be started once, and must be stopped even if it was not started. */
export interface Agent extends AsyncDisposable {
  /**
   * Opens the transport and serves requests.
   *
   * @throws {AgentError} `transport` if it cannot be opened
   */
  start(): Promise<void>;
  /** Closes the transport, without a reply to the current request, thaws what is frozen, and closes open files. */
  stop(): Promise<void>;
  /**
   * Replaces {@link AgentOptions.commands} from the next request on; an absent list is empty. While filesystems are frozen,
   * the frozen set of commands applies, and the new lists after the thaw.
   */
  reconfigure(commands: CommandLists): void;
  /** True while filesystems are frozen, possibly from the start (qemu-ga §6). */
  readonly frozen: boolean;
  /** Settles when the agent has stopped: with the reason if its transport broke, else with `undefined`. */
  readonly stopped: Promise<Error | undefined>;
}

/**
 * Creates an agent with the built-in commands and those of `options.modules`, and reads its state files.
 *
 * @throws {AgentError} `state` if these cannot be read or created, `module` if a command name is taken, `option` if an
 *   option is invalid
 */
export function createAgent(options: AgentOptions): Promise<Agent> {
  return assembleAgent(options, {}).catch((error) => {
    throw AgentError.from(error) ?? error;
  });
}

/** Replacements for access to the kernel, for tests. */
export interface KernelParts {
  readonly freezer?: FilesystemFreezer;
  readonly devices?: StorageDevices;
  readonly clock?: WallClock;
  readonly netlink?: RouteNetlink;
}

/** Creates an agent as {@link createAgent} does, with other access to the kernel. */
export async function assembleAgent(options: AgentOptions, parts: KernelParts): Promise<Agent> {
  const { log = silentLogger, version = VERSION, systemRoot: root = '', env = process.env } = options;
  const { statedir = STATE_DIRECTORY, freezeTimeout = 0, fsfreezeHook, onFrozen } = options;
  if (fsfreezeHook !== undefined && !isAbsolute(fsfreezeHook)) {
    throw new AgentError('option', `the fsfreeze hook '${fsfreezeHook}' has no absolute path`, {
      advice: 'the working directory must not decide which program runs',
    });
  }
  const guest = { log, root, env, helperTimeout: options.helperTimeout ?? HELPER_TIMEOUT_S };
  const freezeOptions = { ...guest, statedir, freezeTimeout, fsfreezeHook };
  const freeze = await FreezeController.start(freezeOptions, parts.freezer);
  try {
    onFrozen?.(freeze.frozen);
    freeze.onChange = onFrozen;
    const handles = await HandleCounter.open({ log, statedir, frozen: freeze.frozen });
    const filter = commandFilter(options.commands ?? {}, () => freeze.frozen);
    const registry = new Registry();
    const files = fileModule({ log, handles });
    const exec = execModule(guest);
    const modules: readonly AnyCommandModule[] = [
      sessionModule({ registry, isEnabled: filter, version, log }),
      files,
      freezeModule(freeze),
      powerModule(guest),
      exec,
      storageModule(guest, parts.devices),
      systemModule(guest, parts.clock),
      cpuModule(guest),
      memoryModule(guest),
      networkModule(guest, parts.netlink),
      accountModule(guest),
      ...(options.modules ?? []),
    ];
    for (const module of modules) registry.register(module);
    const dispatcher = new Dispatcher({ registry, isEnabled: filter, log });
    return new AssembledAgent({
      ...options,
      log,
      dispatcher,
      freeze,
      files,
      exec,
      reconfigure: filter.replace,
    });
  } catch (error) {
    freeze[Symbol.dispose]();
    throw error;
  }
}

interface AgentParts extends Pick<AgentOptions, 'transport' | 'releaseMemory'>, Pick<Agent, 'reconfigure'> {
  readonly log: Logger;
  readonly dispatcher: Dispatcher;
  readonly freeze: FreezeController;
  readonly files: FileModule;
  readonly exec: ExecModule;
}

class AssembledAgent implements Agent {
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
    this.#session = new Session(parts.transport, parts.dispatcher, {
      fatal: (error) => {
        parts.log.error(error.message);
        void this.#stop(error);
      },
      bulkDone: () => parts.releaseMemory?.(),
    });
  }

  get frozen(): boolean {
    return this.#parts.freeze.frozen;
  }

  async start(): Promise<void> {
    try {
      await this.#parts.transport.open(this.#session);
    } catch (error) {
      throw AgentError.from(error) ?? error;
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
    await withTimeout(transport.close());
    try {
      await freeze.end();
    } catch (error) {
      const state = freeze.frozen ? 'while filesystems are frozen' : 'with all filesystems thawed';
      log.critical(`the agent stops ${state}: ${String(error)}`);
    }
    freeze[Symbol.dispose]();
    await withTimeout(files[Symbol.asyncDispose]());
    exec[Symbol.dispose]();
  }
}

async function withTimeout(work: PromiseLike<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, delay(STOP_STEP_TIMEOUT_MS, undefined, done).catch(() => {})]);
  done.abort();
}
