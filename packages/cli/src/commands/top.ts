import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, Guest } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import type { CliContext } from '../context.js';
import { formatError, UsageError } from '../exit-status.js';
import { printable } from '../output/escape.js';
import { formatMoment } from '../output/format.js';
import { formatJson } from '../output/json.js';
import type { GuestFlags } from '../parameters.js';
import { callOptions, openGuest, readTarget } from '../targets/open.js';
import { type NamedTarget, selectTargets } from '../targets/select-targets.js';
import { liveScreen } from '../top/live-screen.js';
import { type Activity, activityBetween } from '../top/rates.js';
import { createSampler, type Sample } from '../top/sample.js';
import { renderScreen } from '../top/screen.js';

interface TopFlags extends GuestFlags {
  /** Milliseconds. */
  readonly interval?: number;
  /** Number of refreshes; 0 for no limit. */
  readonly count?: number;
}

const DEFAULT_INTERVAL_MS = 2000;
const DEFAULT_COLUMNS = 120;

/** Waits until the time is over or the signal aborts. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

function jsonOf(
  activity: Activity,
  target: string,
  now: number,
  missing: ReadonlyMap<string, string>,
): object {
  return {
    target,
    time: new Date(now).toISOString(),
    ...activity,
    ...(missing.size === 0 ? {} : { missing: Object.fromEntries(missing) }),
  };
}

/** Prints one screen after the other, as text or JSON. */
async function print(context: CliContext, flags: TopFlags, { name, target }: NamedTarget): Promise<void> {
  const { interrupts, process, now } = context;
  const { interval = DEFAULT_INTERVAL_MS, count = 1 } = flags;
  const options = callOptions(context, flags);
  await using guest = await openGuest(target, options);
  const sampler = createSampler();
  let before = await sampler.take(guest, options);
  for (let shown = 0; count === 0 || shown < count; shown++) {
    await pause(interval, interrupts.signal);
    const after = await sampler.take(guest, options);
    const activity = activityBetween(before, after);
    const heading = { name, time: formatMoment(now()), missing: sampler.missing, problem: undefined };
    const text = flags.json
      ? formatJson(jsonOf(activity, name, now(), sampler.missing), false)
      : `${shown === 0 ? '' : '\n'}${renderScreen(activity, heading, process.stdout.columns ?? DEFAULT_COLUMNS).join('\n')}`;
    process.stdout.write(`${text}\n`);
    before = after;
  }
}

/** A guest that is connected again after it was closed. */
function reconnecting(target: string, options: CallOptions): AsyncDisposable & { get(): Promise<Guest> } {
  let guest: Guest | undefined;
  return {
    async get() {
      guest ??= await openGuest(target, options);
      return guest;
    },
    async [Symbol.asyncDispose]() {
      await guest?.close();
      guest = undefined;
    },
  };
}

/** Refreshes a screen until `q` is pressed. */
async function watch(context: CliContext, flags: TopFlags, { name, target }: NamedTarget): Promise<void> {
  const { interrupts, input, now } = context;
  const { interval = DEFAULT_INTERVAL_MS, count = 0 } = flags;
  const options = callOptions(context, flags);
  const sampler = createSampler();
  const quit = new AbortController();
  const stopped = AbortSignal.any([interrupts.signal, quit.signal]);
  let before: Sample | undefined;
  let activity: Activity | undefined;
  let problem: string | undefined;
  await using guest = reconnecting(target, options);
  // An unreachable guest is reported before the terminal switches to the other screen.
  await guest.get();
  const draw = (): void => {
    const heading = { name, time: formatMoment(now()), missing: sampler.missing, problem };
    if (activity !== undefined) screen.show(renderScreen(activity, heading, screen.width));
  };
  using screen = liveScreen(context, draw);
  using _ = input.keys((key) => {
    if (key === 'q' || key === 'Q') quit.abort();
  });
  for (let shown = 0; count === 0 || shown < count; shown++) {
    try {
      const after = await sampler.take(await guest.get(), options);
      activity = activityBetween(before, after);
      before = after;
      problem = undefined;
    } catch (error) {
      if (!isGuestError(error, 'closed') && !isGuestError(error, 'timeout')) throw error;
      problem = `no reply, retrying: ${formatError(error)}`;
      await guest[Symbol.asyncDispose]();
    }
    draw();
    await pause(interval, stopped);
    if (stopped.aborted) return;
  }
}

/** `guestctl top`: shows the activity of a guest, on a refreshed screen or as text. */
export default async function top(this: CliContext, flags: TopFlags): Promise<void> {
  const { targets } = await selectTargets(this, flags);
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    const names = targets.map(({ name }) => printable(name)).join(', ');
    throw new UsageError(`top takes one guest, not several: ${names}`);
  }
  await readTarget(target.target);
  const live = !flags.json && this.process.stdout.isTTY === true;
  await (live ? watch : print)(this, flags, target);
}
