import type { CallOptions } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import type { GuestFlags } from '../parameters.js';
import { callOptions, readTarget } from './open.js';
import { isName, readTargets, type TargetsFile } from './targets-file.js';

/** A target with the name that the user gave it. */
export interface NamedTarget {
  /** A name of the targets file, or the target itself. */
  readonly name: string;
  readonly target: string;
}

/** The targets of a command. */
export interface TargetSelection {
  readonly targets: readonly NamedTarget[];
  /** True if several were requested, even if they resolved to one. */
  readonly several: boolean;
}

/** Resolves a name or target. `parents` are the enclosing groups, to detect cycles. */
function resolve(file: TargetsFile, word: string, parents: readonly string[] = []): readonly NamedTarget[] {
  if (!isName(word)) return [{ name: word, target: word }];
  const entry = file.entries.get(word);
  if (entry === undefined) {
    const names = [...file.entries.keys()];
    const known = names.length === 0 ? 'it defines no names' : `its names: ${names.join(', ')}`;
    const member = parents.length === 0 ? '' : ` in the group "${parents.at(-1)}"`;
    throw new UsageError(
      `unknown name "${word}"${member} in ${file.path} (${known}); a target is written as unix:PATH, libvirt:DOMAIN or similar`,
    );
  }
  if (typeof entry === 'string') return [{ name: word, target: entry }];
  if (parents.includes(word)) throw new UsageError(`${file.path}: the group "${word}" contains itself`);
  return entry.flatMap((member) => resolve(file, member, [...parents, word]));
}

/** Matches `libvirt:*` and `libvirt+qemu:///system/*` without loading the client. */
function isPattern({ target }: NamedTarget): boolean {
  return /^libvirt(:|\+.*\/)\*(\?.*)?$/s.test(target);
}

/** Returns the running domains that a pattern matches. */
async function expandPattern(named: NamedTarget, options: CallOptions): Promise<readonly NamedTarget[]> {
  const { formatTarget, listLibvirtDomains } = await import('@guestwire/client');
  const pattern = await readTarget(named.target);
  if (pattern.kind !== 'libvirt') return [named];
  const domains = await listLibvirtDomains(pattern.uri, options);
  if (domains.length === 0) throw new UsageError(`${named.target}: no running domains`);
  return domains.map((domain) => ({ name: domain, target: formatTarget({ ...pattern, domain }) }));
}

/**
 * Returns the targets that the flags, or else the environment, select, in order and without duplicates.
 *
 * @throws {UsageError} if nothing is selected, or a name is unknown
 */
export async function selectTargets(
  context: CliContext,
  flags: Pick<GuestFlags, 'to' | 'timeout'>,
): Promise<TargetSelection> {
  const { env } = context.process;
  const words = flags.to ?? [];
  const fallback = env['GUESTCTL_TARGET'];
  const requested = words.length > 0 || fallback === undefined || fallback === '' ? words : [fallback];
  if (requested.length === 0) {
    throw new UsageError(
      'no guest: use --to unix:PATH (or another target, or a name of the targets file), or set GUESTCTL_TARGET',
    );
  }
  const file = requested.some(isName) ? await readTargets(env) : { path: '', entries: new Map() };
  const resolved = requested.flatMap((word) => resolve(file, word));
  const options = callOptions(context, flags);
  const expanded = await Promise.all(
    resolved.map((named) => (isPattern(named) ? expandPattern(named, options) : [named])),
  );
  const unique = new Map<string, NamedTarget>();
  for (const named of expanded.flat()) {
    if (!unique.has(named.target)) unique.set(named.target, named);
  }
  return {
    targets: [...unique.values()],
    several:
      requested.length > 1 ||
      requested.some((word) => Array.isArray(file.entries.get(word))) ||
      resolved.some(isPattern),
  };
}
