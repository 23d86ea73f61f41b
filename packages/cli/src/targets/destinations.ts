import type { CallOptions } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import type { GuestFlags } from '../parameters.js';
import { limitsOf, readTarget } from './open.js';
import { isName, readTargets, type TargetsFile } from './targets-file.js';

/** A guest as it was asked for. */
export interface Destination {
  /** What the user calls it: its name in the file of targets, or the target itself. */
  readonly name: string;
  readonly target: string;
}

/** The guests that a command goes to. */
export interface Destinations {
  readonly guests: readonly Destination[];
  /** True if several were asked for, even if they came to one. */
  readonly several: boolean;
}

/** A word to the targets that it stands for; its way there is for finding groups that hold themselves. */
function expand(file: TargetsFile, word: string, way: readonly string[] = []): readonly Destination[] {
  if (!isName(word)) return [{ name: word, target: word }];
  const entry = file.entries.get(word);
  if (entry === undefined) {
    const names = [...file.entries.keys()];
    const known = names.length === 0 ? 'it has no names yet' : `its names: ${names.join(', ')}`;
    const member = way.length === 0 ? '' : ` of the group "${way.at(-1)}"`;
    throw new UsageError(
      `there is no "${word}"${member} in ${file.path} (${known}). A target itself is written unix:PATH, libvirt:DOMAIN or so`,
    );
  }
  if (typeof entry === 'string') return [{ name: word, target: entry }];
  if (way.includes(word)) throw new UsageError(`${file.path}: the group "${word}" holds itself`);
  return entry.flatMap((member) => expand(file, member, [...way, word]));
}

/** The running machines of a libvirt, where all of them are asked for: `libvirt:*`, `libvirt+qemu:///system/*`. */
async function expandDomains(destination: Destination, limits: CallOptions): Promise<readonly Destination[]> {
  const { formatTarget, listLibvirtDomains } = await import('@guestwire/client');
  const pattern = await readTarget(destination.target);
  if (pattern.kind !== 'libvirt') return [destination];
  const domains = await listLibvirtDomains(pattern.uri, limits);
  if (domains.length === 0) throw new UsageError(`${destination.target}: no machine runs there`);
  return domains.map((domain) => ({ name: domain, target: formatTarget({ ...pattern, domain }) }));
}

/** Told from other targets without loading the client. */
function isPattern({ target }: Destination): boolean {
  return /^libvirt(:|\+.*\/)\*(\?.*)?$/s.test(target);
}

function isGroup(file: TargetsFile, word: string): boolean {
  return Array.isArray(file.entries.get(word));
}

/**
 * The guests that the command line, or else the environment, asks for. Each comes once, in the order in which they were asked for.
 *
 * @throws {UsageError} if there is none, or a name is not known
 */
export async function findDestinations(
  context: CliContext,
  flags: Pick<GuestFlags, 'to' | 'timeout'>,
): Promise<Destinations> {
  const words = flags.to ?? [];
  const limits = limitsOf(context, flags);
  const inherited = context.process.env['GUESTCTL_TARGET'];
  const asked = words.length > 0 || inherited === undefined || inherited === '' ? words : [inherited];
  if (asked.length === 0) {
    throw new UsageError(
      'which guest? Name it with --to unix:PATH (or another target, or a name from the file of targets), or in the environment as GUESTCTL_TARGET',
    );
  }
  const file = asked.some(isName) ? await readTargets(context.process.env) : { path: '', entries: new Map() };
  const found = asked.flatMap((word) => expand(file, word));
  const guests = await Promise.all(
    found.map((destination) => (isPattern(destination) ? expandDomains(destination, limits) : [destination])),
  );
  const once = new Map<string, Destination>();
  for (const guest of guests.flat()) {
    if (!once.has(guest.target)) once.set(guest.target, guest);
  }
  return {
    guests: [...once.values()],
    several: asked.length > 1 || asked.some((word) => isGroup(file, word)) || found.some(isPattern),
  };
}
