/** What the agent's core gives to its command modules, and what the parts of the agent know of one another. */

/** Where the agent writes what an operator may want to know (qemu-ga §8.7). */
export interface Logger {
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  critical(text: string): void;
  /** What a host made the agent do; the reference sends it to syslog whatever the level. */
  syslog(text: string): void;
  /** Drops everything until {@link Logger.resume}: while filesystems are frozen, nothing may write to them. */
  suspend(): void;
  /** Logs again; opens the log file if the agent began in the frozen state. */
  resume(): void;
}

/** The part of the guest that commands look at and act upon; tests put another in its place. */
export interface SystemPaths {
  /** The folder under which `/proc`, `/sys` and `/etc` are found: an absolute path without a slash at its end; `''` for the real one. */
  readonly root: string;
  /** The environment for helper programs and for what hosts run; they are found through its `PATH`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The state directory unless told otherwise (qemu-ga §8.2). */
export const STATE_DIRECTORY = '/var/run';

/** Seconds that a helper program may take unless told otherwise. */
export const HELPER_TIMEOUT = 60;

/** What an operator has chosen, all defaults filled in. */
export interface Settings {
  /** The folder of `qga.state` and `qga.state.isfrozen` (qemu-ga §8.3). */
  readonly statedir: string;
  /** Seconds after which the agent thaws by itself; 0 for never. */
  readonly freezeTimeout: number;
  /** The absolute path of the program that is told of freezes; absent for none. */
  readonly fsfreezeHook?: string | undefined;
  /** Seconds after which a helper program is killed. */
  readonly helperTimeout: number;
  /** What `guest-info` reports. */
  readonly version: string;
}

/** Whether filesystems are frozen, as the agent itself sees it (qemu-ga §6). */
export interface FrozenState {
  readonly frozen: boolean;
}

/** What a built-in command module is made of. */
export interface Services {
  readonly log: Logger;
  readonly system: SystemPaths;
  readonly settings: Settings;
}
