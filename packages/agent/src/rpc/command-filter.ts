import { ALLOWED_WHILE_FROZEN } from '@guestwire/protocol/contract';

/** Which commands an operator lets hosts use; names are compared exactly, unknown ones have no effect (qemu-ga §7). */
export interface CommandLists {
  /** If there are any, only these are enabled. */
  readonly allow?: readonly string[] | undefined;
  /** These are disabled, even if allowed. */
  readonly block?: readonly string[] | undefined;
}

/** Tells whether a command is enabled at the moment. */
export type CommandFilter = (name: string) => boolean;

/** A filter whose lists can be changed. */
export interface ReplaceableFilter extends CommandFilter {
  /** Puts other lists in the place of those so far, at once. */
  replace(lists: CommandLists): void;
}

/** @param isFrozen asked anew for each command; what stays enabled then does so whatever the lists say (qemu-ga §6) */
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
