import { once } from 'node:events';
import type { FrozenGuest, Guest, ThawReport } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { exitStatus, exitStatusOf } from '../exit-status.js';
import { mistakeOf } from '../mistake.js';
import { formatJson } from '../output/json.js';
import { printable } from '../output/printable.js';
import { formatSpan } from '../output/units.js';
import { count } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';
import { type Destination, type Destinations, findDestinations } from '../targets/destinations.js';
import { limitsOf, openGuest, readTarget } from '../targets/open.js';
import type { CommandEnd } from './local-command.js';

/** What is held, and for how long. */
export interface HoldFlags extends GuestFlags {
  /** Milliseconds; as long as the command runs if absent. */
  readonly for?: number;
  readonly mount?: readonly string[];
}

/** A guest that is held frozen. */
interface Held {
  readonly destination: Destination;
  readonly guest: Guest;
  readonly frozen: FrozenGuest;
}

/** What became of it. */
interface Released {
  readonly destination: Destination;
  readonly filesystems: number;
  readonly report: ThawReport | undefined;
  readonly error: unknown;
}

function say({ process }: CliContext, { name }: Destination, text: string): void {
  process.stderr.write(`guestctl: ${printable(name)}: ${text}\n`);
}

async function hold(context: CliContext, flags: HoldFlags, destination: Destination): Promise<Held> {
  const limits = limitsOf(context, flags);
  const guest = await openGuest(destination.target, limits);
  try {
    const frozen = await guest.freeze({
      ...limits,
      ...(flags.for !== undefined && { atMost: flags.for }),
      ...(flags.mount !== undefined && flags.mount.length > 0 && { mountPoints: flags.mount }),
    });
    return { destination, guest, frozen };
  } catch (error) {
    await guest.close();
    throw error;
  }
}

async function release({ destination, guest, frozen }: Held): Promise<Released> {
  const { filesystems } = frozen;
  try {
    await frozen[Symbol.asyncDispose]();
    return { destination, filesystems, report: frozen.report, error: undefined };
  } catch (error) {
    return { destination, filesystems, report: frozen.report, error };
  } finally {
    await guest.close();
  }
}

/** What the command, if there was one, can no longer count on. */
const EARLY = 'before the command had ended: what it did after that, it did not do to a frozen guest';

function describeThaw({ by, milliseconds }: ThawReport, command: CommandEnd | undefined): string {
  const span = formatSpan(milliseconds);
  if (by === 'guest') {
    const end = command === undefined ? 'before its time was over' : EARLY;
    return `was thawed by somebody else (its watchdog, another host, a restart), ${end}`;
  }
  return by === 'time' && command !== undefined
    ? `thawed after ${span}, the most that was allowed, ${EARLY}`
    : `thawed after ${span}`;
}

/** What guestctl ends with on account of this guest. */
function statusOf({ report, error }: Released, command: CommandEnd | undefined): number {
  if (error !== undefined) return exitStatusOf(error);
  const tooEarly = report?.by === 'guest' || (report?.by === 'time' && command !== undefined);
  return tooEarly ? exitStatus.refused : exitStatus.ok;
}

function jsonOf({ filesystems, report, error }: Released, command: CommandEnd | undefined): object {
  return {
    filesystems,
    by: report?.by,
    milliseconds: report?.milliseconds,
    error: error === undefined ? undefined : mistakeOf(error),
    command: command === undefined ? undefined : { exitCode: command.exitCode, signal: command.signal },
  };
}

/**
 * Freezes all of them, or none: where one fails, the others are to be thawed again.
 *
 * @returns the exit status, if some failed of several; each of them has been told
 */
async function holdAll(
  context: CliContext,
  flags: HoldFlags,
  { guests, several }: Destinations,
  held: Held[],
): Promise<number | undefined> {
  const failures: { readonly destination: Destination; readonly error: unknown }[] = [];
  const holdOne = async (destination: Destination): Promise<void> => {
    try {
      held.push(await hold(context, flags, destination));
    } catch (error) {
      failures.push({ destination, error });
    }
  };
  await Promise.all(guests.map(holdOne));
  const [first] = failures;
  if (first === undefined) return undefined;
  if (!several) throw first.error;
  for (const { destination, error } of failures) say(context, destination, mistakeOf(error));
  return Math.max(...failures.map(({ error }) => exitStatusOf(error)));
}

async function untilThawed(held: readonly Held[]): Promise<undefined> {
  const lost = held.map(async ({ frozen: { signal } }) => {
    if (!signal.aborted) await once(signal, 'abort');
  });
  await Promise.all(lost);
}

/**
 * Freezes guests, all of them, for as long as a command runs or for some time, and thaws them whatever happens. Says what happened on
 * standard error; with `--json` also on standard output. The exit status is the command's, or else says that a guest was thawed too
 * early.
 *
 * @param run the command; without it, the time in the flags has to be over
 */
export async function holdFrozen(
  context: CliContext,
  flags: HoldFlags,
  run?: () => Promise<CommandEnd>,
): Promise<void> {
  const { stdout } = context.process;
  const destinations = await findDestinations(context, flags);
  const { guests, several } = destinations;
  for (const { target } of guests) await readTarget(target);
  // Asked to end for the second time, we still thaw first.
  using _ = context.interrupts.shield();
  const held: Held[] = [];
  let command: CommandEnd | undefined;
  let released: readonly Released[] = [];
  try {
    const status = await holdAll(context, flags, destinations, held);
    if (status !== undefined) {
      context.process.exitCode = status;
      return;
    }
    const most = flags.for === undefined ? '' : `, for ${formatSpan(flags.for)} at the most`;
    for (const { destination, frozen } of held) {
      say(context, destination, `${count(frozen.filesystems, 'filesystem')} frozen${most}`);
    }
    command = await (run === undefined ? untilThawed(held) : run());
  } finally {
    released = await Promise.all(held.map(release));
    for (const { destination, report, error } of released) {
      say(
        context,
        destination,
        error === undefined && report !== undefined ? describeThaw(report, command) : mistakeOf(error),
      );
    }
  }
  if (flags.json) {
    for (const one of released) {
      const result = jsonOf(one, command);
      const status = statusOf(one, command);
      const json = several ? { target: one.destination.name, status, result } : result;
      stdout.write(`${formatJson(json, !several && stdout.isTTY === true)}\n`);
    }
  }
  const worst = Math.max(...released.map((one) => statusOf(one, command)));
  context.process.exitCode = command === undefined || command.status === 0 ? worst : command.status;
}
