import { isAbsolute } from 'node:path';
import { AgentError } from './agent-error.js';
import { type Agent, AssembledAgent } from './assembled-agent.js';
import { accountModule } from './commands/account.js';
import { cpuModule } from './commands/cpu.js';
import { execModule } from './commands/exec.js';
import { fileModule } from './commands/file.js';
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
import { FREEZE_TIMEOUT_S } from './freeze/lease.js';
import type { RouteNetlink } from './guest/network/netlink.js';
import { type Logger, silentLogger } from './log/logger.js';
import { checkCommandNames } from './policy/command-names.js';
import type { Policy } from './policy/policy.js';
import { type CommandLists, commandFilter } from './rpc/command-filter.js';
import type { CommandObserver } from './rpc/command-observer.js';
import { Dispatcher } from './rpc/dispatcher.js';
import { type AnyCommandModule, Registry } from './rpc/registry.js';
import { COMMAND_TIMEOUT_S, type MemoryEvents } from './rpc/session.js';
import { HandleCounter, STATE_DIRECTORY } from './state/handle-counter.js';
import { blockingLimit } from './thread-pool.js';
import type { Transport } from './transport/transport.js';
import { VERSION } from './version.js';

/** Options of {@link createAgent}; all but the transport have defaults. */
export interface AgentOptions {
  /** Transport to the host: `unixListen(path)`, `virtioSerial()`, or an implementation of your own. */
  readonly transport: Transport;
  /** Commands beside the built-in ones; `guest-info` lists them first. */
  readonly modules?: readonly AnyCommandModule[];
  /** The commands that hosts may use; all if absent. {@link Agent.reconfigure} changes them. */
  readonly commands?: CommandLists;
  /** What hosts may do with commands, files and programs; everything if absent. {@link loadPolicy} reads it. */
  readonly policy?: Policy | undefined;
  /** Folder of the files that store the handle counter and a freeze; `/var/run` by default. */
  readonly statedir?: string;
  /** Seconds after which the agent thaws by itself; 600 by default, 0 disables this. */
  readonly freezeTimeout?: number | undefined;
  /**
   * Absolute path of a program that runs with `freeze` before filesystems are frozen, and with `thaw` after they are
   * thawed (qemu-ga §5.10). If it fails with `freeze`, nothing is frozen.
   */
  readonly fsfreezeHook?: string | undefined;
  /**
   * Absolute path of a folder of such programs. They run after `fsfreezeHook` in the order of their names, and with `thaw`
   * in reverse.
   */
  readonly fsfreezeHookDir?: string | undefined;
  /** Seconds after which a helper program (`shutdown`, `hwclock`, each hook) is killed; 60 by default. */
  readonly helperTimeout?: number;
  /**
   * Seconds after which the reply to a command that has not ended is an error, while the command continues; 60 by
   * default, 0 for no limit. Commands that run a helper program, and the freeze, have separate limits.
   */
  readonly commandTimeout?: number;
  /** Version in the reply to `guest-info`; that of this package by default. */
  readonly version?: string;
  /** No log if absent. */
  readonly log?: Logger;
  /**
   * Called with the state at startup, before any file is written, and then at each change. While it is true, no file may
   * be written. The agent waits for a promise; at startup, {@link createAgent} rejects with its error; later it must not fail.
   */
  readonly onFrozen?: (frozen: boolean) => void | Promise<void>;
  /** Observes every command, for example to record it. */
  readonly observer?: CommandObserver | undefined;
  /** Folder that contains `/proc`, `/sys` and `/etc`; `''`, the default, is the real root. */
  readonly systemRoot?: string;
  /** Called between requests, as moments to return memory; an embedding program may ignore them. */
  readonly memory?: MemoryEvents;
  /** Environment of helper programs and of programs that hosts start; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
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
  const { statedir = STATE_DIRECTORY, freezeTimeout = FREEZE_TIMEOUT_S, onFrozen } = options;
  const { fsfreezeHook, fsfreezeHookDir } = options;
  assertAbsolute('fsfreeze hook', fsfreezeHook);
  assertAbsolute('folder of fsfreeze hooks', fsfreezeHookDir);
  const guest = { log, root, env, helperTimeout: options.helperTimeout ?? HELPER_TIMEOUT_S };
  const freezeOptions = { ...guest, statedir, freezeTimeout, fsfreezeHook, fsfreezeHookDir };
  const freeze = await FreezeController.start(freezeOptions, parts.freezer);
  try {
    await onFrozen?.(freeze.frozen);
    freeze.onChange = onFrozen;
    const handles = await HandleCounter.open({ log, statedir, frozen: freeze.frozen });
    const policy: { current: Policy | undefined } = { current: options.policy };
    const filter = commandFilter(options.commands ?? {}, () => freeze.frozen, policy);
    const registry = new Registry();
    const files = fileModule({
      log,
      handles,
      policy,
      onLargeRead: () => options.memory?.bulkStarted?.(),
    });
    const exec = execModule({ ...guest, policy });
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
      accountModule({ ...guest, isFrozen: () => freeze.frozen }),
      ...(options.modules ?? []),
    ];
    for (const module of modules) registry.register(module);
    const names = new Set(registry.commands.map(({ name }) => name));
    checkLists(options.commands ?? {}, names);
    const dispatcher = new Dispatcher({
      registry,
      isEnabled: filter,
      log,
      observer: options.observer,
      blockingLimit: blockingLimit(),
    });
    return new AssembledAgent({
      ...options,
      log,
      dispatcher,
      commandTimeout: options.commandTimeout ?? COMMAND_TIMEOUT_S,
      freeze,
      files,
      exec,
      reconfigure(commands, replacement) {
        checkLists(commands, names);
        filter.replace(commands);
        if (replacement !== undefined) policy.current = replacement ?? undefined;
      },
    });
  } catch (error) {
    freeze[Symbol.dispose]();
    throw error;
  }
}

function assertAbsolute(what: string, path: string | undefined): void {
  if (path === undefined || isAbsolute(path)) return;
  throw new AgentError('option', `the ${what} '${path}' has no absolute path`, {
    advice: 'the working directory must not decide which program runs',
  });
}

function checkLists({ allow = [], block = [] }: CommandLists, names: ReadonlySet<string>): void {
  checkCommandNames(allow, 'the list of allowed commands', names);
  checkCommandNames(block, 'the list of blocked commands', names);
}
