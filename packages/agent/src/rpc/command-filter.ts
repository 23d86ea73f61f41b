import { CommandError } from '@guestwire/protocol';
import { ALLOWED_WHILE_FROZEN } from '@guestwire/protocol/contract';
import { PolicyRefusal } from '../policy/decision.js';
import type { ActivePolicy } from '../policy/policy.js';

/** The commands that hosts may use. Names are compared exactly. A name that is no command is an error. */
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
  /** Returns the error for a command that is not enabled: it names the rule if the policy refuses it. */
  refusal(name: string): CommandError;
}

/** A host needs these to thaw, so that no policy applies to them while filesystems are frozen. */
export const NEEDED_FOR_THAW: ReadonlySet<string> = new Set([
  'guest-sync',
  'guest-sync-delimited',
  'guest-ping',
  'guest-fsfreeze-status',
  'guest-fsfreeze-thaw',
]);

const NO_POLICY: ActivePolicy = { current: undefined };

/**
 * Returns a filter: the lists and the policy must both allow a command. While `isFrozen()` is true, only the frozen set is
 * enabled, and the lists do not apply (qemu-ga §6); the policy applies to what a thaw does not need.
 */
export function commandFilter(
  lists: CommandLists,
  isFrozen: () => boolean,
  policy = NO_POLICY,
): ReplaceableFilter {
  let allowed: ReadonlySet<string> | undefined;
  let blocked: ReadonlySet<string>;
  const replace = ({ allow, block }: CommandLists): void => {
    allowed = allow?.length ? new Set(allow) : undefined;
    blocked = new Set(block);
  };
  replace(lists);
  const isListed = (name: string): boolean =>
    isFrozen() ? ALLOWED_WHILE_FROZEN.has(name) : (allowed?.has(name) ?? true) && !blocked.has(name);
  const isPermitted = (name: string): boolean =>
    policy.current === undefined ||
    (isFrozen() && NEEDED_FOR_THAW.has(name)) ||
    policy.current.command(name).allowed;
  const isEnabled = (name: string): boolean => isListed(name) && isPermitted(name);
  const refusal = (name: string): CommandError => {
    const { current } = policy;
    if (current === undefined || !isListed(name)) return CommandError.commandDisabled(name);
    const cause = new PolicyRefusal(current.command(name).rule);
    return new CommandError(`The command ${name} is ${cause.message}`, { cause });
  };
  return Object.assign(isEnabled, { replace, refusal });
}
