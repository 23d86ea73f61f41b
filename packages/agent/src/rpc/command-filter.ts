import { ALLOWED_WHILE_FROZEN } from '@guestwire/protocol/contract';

/** The commands that hosts may use. Names are compared exactly; unknown ones have no effect (qemu-ga §7). */
export interface CommandLists {
  /** If not empty, only these are enabled. */
  readonly allow?: readonly string[] | undefined;
  /** These are disabled, even if allowed. */
  readonly block?: readonly string[] | undefined;
}

/** Tells whether a command is enabled now. */
export type CommandFilter = (name: string) => boolean;

/** A filter whose lists can be replaced. */
export interface ReplaceableFilter extends CommandFilter {
  replace(lists: CommandLists): void;
}

/** Returns a filter. While `isFrozen()` is true, the lists do not apply, and only the frozen set is enabled (qemu-ga §6). */
export function commandFilter(lists: CommandLists, isFrozen: () => boolean): ReplaceableFilter {
  let allowed: ReadonlySet<string> | undefined;
  let blocked: ReadonlySet<string>;
  const replace = ({ allow, block }: CommandLists): void => {
    allowed = allow?.length ? new Set(allow) : undefined;
    blocked = new Set(block);
  };
  replace(lists);
  const isEnabled = (name: string): boolean =>
    isFrozen() ? ALLOWED_WHILE_FROZEN.has(name) : (allowed?.has(name) ?? true) && !blocked.has(name);
  return Object.assign(isEnabled, { replace });
}
