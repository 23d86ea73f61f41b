import type { Config } from './config-file.js';

/** The combined values of command line and configuration file, without defaults; the method is not checked yet. */
export interface Settings extends Omit<Mutable<Config>, 'block-rpcs' | 'allow-rpcs'> {
  /** The command names of each option or key, in their order. */
  readonly block: string[][];
  readonly allow: string[][];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Settings with the defaults that `--dump-conf` prints. */
export interface ResolvedSettings extends Settings {
  readonly method: string;
  readonly pidfile: string;
  readonly statedir: string;
}
