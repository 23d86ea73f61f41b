import type { Config } from './config-file.js';

/** What command line and configuration file say together; a method is not checked yet, and defaults are not filled in. */
export interface Settings extends Omit<Mutable<Config>, 'block-rpcs' | 'allow-rpcs'> {
  /** For each option or key, in their order, the names that it lists. */
  readonly block: string[][];
  readonly allow: string[][];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A comma list's names, untrimmed; an empty text has none (qemu-ga §8.1). */
export function splitList(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}
