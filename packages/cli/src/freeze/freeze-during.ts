import { once } from 'node:events';
import type { FrozenGuest, Guest, ThawReport } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { exitStatus, exitStatusOf, formatError } from '../exit-status.js';
import { printable } from '../output/escape.js';
import { count, formatSpan } from '../output/format.js';
import { formatJson } from '../output/json.js';
import type { GuestFlags } from '../parameters.js';
import { callOptions, openGuest, readTarget } from '../targets/open.js';
import { type NamedTarget, selectTargets, type TargetSelection } from '../targets/select-targets.js';
import type { CommandEnd } from './local-command.js';

/** Flags of `guestctl freeze`. */
export interface FreezeFlags extends GuestFlags {
  /** The longest time frozen in milliseconds. */
  readonly for?: number;
  readonly mount?: readonly string[];
}

/** A frozen guest and its connection. */
interface Frozen {
  readonly name: string;
  readonly guest: Guest;
  readonly frozen: FrozenGuest;
}

/** The result of a thaw. */
interface Thawed {
  readonly name: string;
  readonly filesystems: number;
  readonly report: ThawReport | undefined;
  readonly error: unknown;
}

function log({ process }: CliContext, name: string, text: string): void {
  process.stderr.write(`guestctl: ${printable(name)}: ${text}\n`);
}

async function freezeOne(
  context: CliContext,
  flags: FreezeFlags,
  { name, target }: NamedTarget,
): Promise<Frozen> {
  const options = callOptions(context, flags);
  const guest = await openGuest(target, options);
  try {
    const frozen = await guest.freeze({
      ...options,
      ...(flags.for !== undefined && { atMost: flags.for }),
      ...(flags.mount !== undefined && flags.mount.length > 0 && { mountPoints: flags.mount }),
    });
    return { name, guest, frozen };
  } catch (error) {
    await guest.close();
    throw error;
  }
}

async function thawOne({ name, guest, frozen }: Frozen): Promise<Thawed> {
  const error: unknown = await frozen[Symbol.asyncDispose]().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await guest.close();
  return { name, filesystems: frozen.filesystems, report: frozen.report, error };
}

const TOO_EARLY = 'before the command ended, so the rest of it ran while the guest was not frozen';

function describeThaw({ by, milliseconds }: ThawReport, command: CommandEnd | undefined): string {
  const span = formatSpan(milliseconds);
  if (by === 'guest') {
    const when = command === undefined ? 'before the time of --for' : TOO_EARLY;
    return `thawed by something else (watchdog, another host, restart), ${when}`;
  }
  return by === 'time' && command !== undefined
    ? `thawed after ${span}, the time of --for, ${TOO_EARLY}`
    : `thawed after ${span}`;
}

function statusOf({ report, error }: Thawed, command: CommandEnd | undefined): number {
  if (error !== undefined) return exitStatusOf(error);
  const tooEarly = report?.by === 'guest' || (report?.by === 'time' && command !== undefined);
  return tooEarly ? exitStatus.failed : exitStatus.ok;
}

function jsonOf({ filesystems, report, error }: Thawed, command: CommandEnd | undefined): object {
  return {
    filesystems,
    by: report?.by,
    milliseconds: report?.milliseconds,
    error: error === undefined ? undefined : formatError(error),
    command: command && { exitCode: command.exitCode, signal: command.signal },
  };
}

/**
 * Freezes all targets and adds them to `frozen`, which the caller thaws also after a failure.
 *
 * @returns the exit status if some of several failed, after their errors were printed
 */
async function freezeAll(
  context: CliContext,
  flags: FreezeFlags,
  { targets, several }: TargetSelection,
  frozen: Frozen[],
): Promise<number | undefined> {
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  const add = async (target: NamedTarget): Promise<void> => {
    try {
      frozen.push(await freezeOne(context, flags, target));
    } catch (error) {
      failures.push({ name: target.name, error });
    }
  };
  await Promise.all(targets.map(add));
  const [first] = failures;
  if (first === undefined) return undefined;
  if (!several) throw first.error;
  for (const { name, error } of failures) log(context, name, formatError(error));
  return Math.max(...failures.map(({ error }) => exitStatusOf(error)));
}

async function untilThawed(all: readonly Frozen[]): Promise<undefined> {
  const thaws = all.map(async ({ frozen: { signal } }) => {
    if (!signal.aborted) await once(signal, 'abort');
  });
  await Promise.all(thaws);
}

function printJson(
  { process: { stdout } }: CliContext,
  several: boolean,
  thawed: readonly Thawed[],
  command: CommandEnd | undefined,
): void {
  for (const one of thawed) {
    const result = jsonOf(one, command);
    const json = several ? { target: one.name, status: statusOf(one, command), result } : result;
    stdout.write(`${formatJson(json, !several && stdout.isTTY === true)}\n`);
  }
}

/**
 * Freezes all selected guests while a command runs or for a time, and thaws them in any case. Reports on standard error, and with
 * `--json` also on standard output. The exit status is that of the command, or that of an early thaw.
 *
 * @param run runs the command; if absent, waits for the time of `--for`
 */
export async function freezeDuring(
  context: CliContext,
  flags: FreezeFlags,
  run?: () => Promise<CommandEnd>,
): Promise<void> {
  const selection = await selectTargets(context, flags);
  for (const { target } of selection.targets) await readTarget(target);
  // A second signal must not prevent the thaw.
  using _ = context.interrupts.shield();
  const frozen: Frozen[] = [];
  let command: CommandEnd | undefined;
  let thawed: readonly Thawed[] = [];
  try {
    const status = await freezeAll(context, flags, selection, frozen);
    if (status !== undefined) {
      context.process.exitCode = status;
      return;
    }
    const limit = flags.for === undefined ? '' : `, for at most ${formatSpan(flags.for)}`;
    for (const { name, frozen: one } of frozen) {
      log(context, name, `${count(one.filesystems, 'filesystem')} frozen${limit}`);
    }
    command = await (run === undefined ? untilThawed(frozen) : run());
  } finally {
    thawed = await Promise.all(frozen.map(thawOne));
    for (const { name, report, error } of thawed) {
      const isThawed = error === undefined && report !== undefined;
      log(context, name, isThawed ? describeThaw(report, command) : formatError(error));
    }
  }
  if (flags.json) printJson(context, selection.several, thawed, command);
  const worst = Math.max(...thawed.map((one) => statusOf(one, command)));
  context.process.exitCode = command === undefined || command.status === 0 ? worst : command.status;
}
