import { allowedWhileFrozen } from '@guestwire/protocol';

/** Which commands an operator lets hosts use; names are compared exactly, unknown ones have no effect (reference 7). */
export interface CommandLists {
  /** If there are any, only these are enabled. */
  readonly allow?: readonly string[] | undefined;
  /** These are disabled, even if allowed. */
  readonly block?: readonly string[] | undefined;
}

/** Tells whether a command is enabled at the moment. */
export type CommandFilter = (name: string) => boolean;

/** @param isFrozen asked anew for each command; what stays enabled then does so whatever the lists say (reference 6) */
export function commandFilter(lists: CommandLists, isFrozen: () => boolean): CommandFilter {
  const allowed = lists.allow?.length ? new Set(lists.allow) : undefined;
  const blocked = new Set(lists.block);
  return (name) =>
    isFrozen() ? allowedWhileFrozen.has(name) : (allowed?.has(name) ?? true) && !blocked.has(name);
}
