import { isAbsolute } from 'node:path';
import { AgentError } from './agent-error.js';
import { accountModule } from './commands/account.js';
import { cpuModule } from './commands/cpu.js';
import { execModule } from './commands/exec.js';
import { type FileModule, fileModule } from './commands/file.js';
import { freezeModule } from './commands/freeze.js';
import { memoryModule } from './commands/memory.js';
import { networkModule } from './commands/network.js';
import { powerModule } from './commands/power.js';
import { sessionModule } from './commands/session.js';
import { type StorageDevices, storageModule } from './commands/storage.js';
import { systemModule } from './commands/system.js';
import { HELPER_TIMEOUT_S } from './exec/helper.js';
import { FreezeController } from './freeze/controller.js';
import type { FilesystemFreezer } from './freeze/filesystem-freezer.js';
import type { RouteNetlink } from './guest/network/netlink.js';
import type { WallClock } from './guest/system/wall-clock.js';
import { type Logger, silentLogger } from './log/logger.js';
import { type CommandLists, commandFilter } from './rpc/command-filter.js';
import { Dispatcher } from './rpc/dispatcher.js';
import { type AnyCommandModule, Registry } from './rpc/registry.js';
import { Session } from './rpc/session.js';
import { HandleCounter, STATE_DIRECTORY } from './state/handle-counter.js';
import { startTimer } from './timer.js';
import type { Transport } from './transport/transport.js';
import { VERSION } from './version.js';

/** How long a step of the end may take, in milliseconds: a disk that does not answer must not hold it up for ever. */
const END_LIMIT_MS = 20_000;

/** How to make an agent. All but the transport have defaults. */
export interface AgentOptions {
  /** Where hosts are met: `unixListen(path)`, `virtioSerial()`, or one of your own. */
  readonly transport: Transport;
  /** Commands beside the built-in ones; `guest-info` lists them before those. */
  readonly modules?: readonly AnyCommandModule[];
  /** Which commands hosts may use; all if absent. {@link Agent.reconfigure} changes it. */
  readonly commands?: CommandLists;
  /** Folder of the files in which the agent remembers file handles and a freeze; default `/var/run`. */
  readonly statedir?: string;
  /** Seconds after which a freeze is ended by the agent itself; 0, the default, is for never. */
  readonly freezeTimeout?: number;
  /**
   * The absolute path of a program that is run with `freeze` before filesystems are frozen, and with `thaw` after they
   * are thawed (qemu-ga §5.10); absent for none. If it fails with `freeze` nothing is frozen.
   */
  readonly fsfreezeHook?: string | undefined;
  /** Seconds that a helper program (`shutdown`, `hwclock`, the hook) may take before it is killed; default 60. */
  readonly helperTimeout?: number;
  /** What `guest-info` reports as the agent's version; default is this package's. */
  readonly version?: string;
  /** Where to log; nowhere if absent. */
  readonly log?: Logger;
  /**
   * Told whether the agent begins frozen, before it writes any file, and then each time that this changes. While it
   * is true no file may be written to. What it throws at the beginning is thrown by {@link createAgent}; it must not
   * throw later.
   */
  readonly onFrozen?: (frozen: boolean) => void;
  /** The folder under which `/proc` and `/sys` are found; the default, `''`, stands for the real ones. */
  readonly systemRoot?: string;
  /** Called between requests when many megabytes have gone through, as a good moment to collect garbage. */
  readonly releaseMemory?: () => void;
  /** The environment for helper programs and for what hosts run; default is this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An agent. It can be started once, and must be stopped even if it was not. */
export interface Agent extends AsyncDisposable {
  /**
   * Opens the transport and answers from then on.
   *
   * @throws {AgentError} `transport` if that cannot be
   */
  start(): Promise<void>;
  /**
   * Ends the conversation: a request that is being handled gets no answer any more. Closes the transport, thaws what is
   * frozen, closes the files that hosts have open.
   */
  stop(): Promise<void>;
  /**
   * Puts other lists in the place of {@link AgentOptions.commands}, from the next request on; an absent list is an
   * empty one. While filesystems are frozen what is enabled does not depend on them; after the thaw it does.
   */
  reconfigure(commands: CommandLists): void;
  /** True while it holds filesystems frozen, which may be so from its beginning (qemu-ga §6). */
  readonly frozen: boolean;
  /** Settles when the agent has stopped: with the reason if its transport broke, else with `undefined`. */
  readonly stopped: Promise<Error | undefined>;
}

/**
 * Makes an agent with the built-in commands and those of `options.modules`, and reads its state files.
 *
 * @throws {AgentError} `state` if these cannot be read or made, `module` if a command's name is taken, `option` if a
 *   setting cannot be
 */
export function createAgent(options: AgentOptions): Promise<Agent> {
  return assembleAgent(options, {});
}

/** What the agent has the kernel do without a file to do it by; the kernel's own where absent. Tests put others there. */
export interface KernelParts {
  readonly freezer?: FilesystemFreezer;
  readonly devices?: StorageDevices;
  readonly clock?: WallClock;
  readonly netlink?: RouteNetlink;
}

/** Makes an agent as {@link createAgent} does, of given parts. */
export async function assembleAgent(options: AgentOptions, parts: KernelParts): Promise<Agent> {
  const { transport, log = silentLogger, version = VERSION } = options;
  const {
    statedir = STATE_DIRECTORY,
    freezeTimeout = 0,
    fsfreezeHook,
    helperTimeout = HELPER_TIMEOUT_S,
  } = options;
  if (fsfreezeHook !== undefined && !isAbsolute(fsfreezeHook)) {
    throw new AgentError('option', `the fsfreeze hook '${fsfreezeHook}' has no absolute path`, {
      advice: 'where an agent is started from must not decide what it runs',
    });
  }
  const { systemRoot: root = '', env = process.env } = options;
  const guest = { log, root, env, helperTimeout };

  const freeze = await FreezeController.start(
    { ...guest, statedir, freezeTimeout, fsfreezeHook },
    parts.freezer,
  );
  const isEnabled = commandFilter(options.commands ?? {}, () => freeze.frozen);
  const registry = new Registry();
  const exec = execModule(guest);
  let files: FileModule;
  try {
    if (options.onFrozen !== undefined) {
      options.onFrozen(freeze.frozen);
      freeze.onChange(options.onFrozen);
    }
    const handles = await HandleCounter.open({ log, statedir, frozen: freeze.frozen });
    files = fileModule({ log, handles });
    registry.register(sessionModule({ registry, isEnabled, version, log }));
    registry.register(files);
    registry.register(freezeModule(freeze));
    registry.register(powerModule(guest));
    registry.register(exec);
    registry.register(storageModule(guest, parts.devices));
    registry.register(systemModule(guest, parts.clock));
    registry.register(cpuModule(guest));
    registry.register(memoryModule(guest));
    registry.register(networkModule(guest, parts.netlink));
    registry.register(accountModule(guest));
    for (const module of options.modules ?? []) registry.register(module);
  } catch (error) {
    freeze[Symbol.dispose]();
    throw error;
  }

  let settle: (reason: Error | undefined) => void = () => {};
  const stopped = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  let stopping: Promise<void> | undefined;
  const stop = (reason?: Error): Promise<void> => {
    stopping ??= end().finally(() => settle(reason));
    return stopping;
  };
  const end = async (): Promise<void> => {
    await inTime(transport.close());
    await freeze.end().catch(unreleased);
    freeze[Symbol.dispose]();
    await inTime(files[Symbol.asyncDispose]());
    exec[Symbol.dispose]();
  };
  const unreleased = (error: unknown): void => {
    log.critical(
      freeze.frozen
        ? `the agent ends while filesystems are frozen: ${String(error)}`
        : `the agent ends, all filesystems are thawed, but: ${String(error)}`,
    );
  };
  const fatal = (error: Error): void => {
    log.error(error.message);
    void stop(error);
  };
  const session = new Session(transport, new Dispatcher({ registry, isEnabled, log }), {
    fatal,
    bulkDone: () => options.releaseMemory?.(),
  });

  return {
    stopped,
    start: () => transport.open(session),
    stop: () => stop(),
    reconfigure: isEnabled.replace,
    get frozen() {
      return freeze.frozen;
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Waits until it is done, but for no longer than a step of the end may take. */
async function inTime(work: PromiseLike<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = startTimer(END_LIMIT_MS, resolve);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
