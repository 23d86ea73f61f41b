import type { CallOptions, Guest } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { mistakeOf } from '../mistake.js';
import { formatJson } from '../output/json.js';
import { printable } from '../output/printable.js';
import { formatMoment } from '../output/time.js';
import type { GuestFlags } from '../parameters.js';
import { type Destination, findDestinations } from '../targets/destinations.js';
import { limitsOf, openGuest, readTarget } from '../targets/open.js';
import { liveScreen } from '../top/live-screen.js';
import { type Activity, activityBetween } from '../top/rates.js';
import { type Sample, type Sampler, sampler } from '../top/sample.js';
import { picture } from '../top/screen.js';

/** Flags of `guestctl top`. */
interface TopFlags extends GuestFlags {
  /** Milliseconds. */
  readonly interval?: number;
  /** How many pictures; 0 for no end. */
  readonly count?: number;
}

const USUAL_INTERVAL = 2000;
/** Columns of what is not printed to a terminal. */
const PLAIN_WIDTH = 120;

/** Waits, unless it is woken. */
function pause(milliseconds: number, signal: AbortSignal, woken: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      for (const one of [signal, woken]) one.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    for (const one of [signal, woken]) one.addEventListener('abort', end);
  });
}

function jsonOf(activity: Activity, target: string, now: number, { missing }: Sampler): object {
  return {
    target,
    time: new Date(now).toISOString(),
    ...activity,
    ...(missing.size === 0 ? {} : { missing: Object.fromEntries(missing) }),
  };
}

/** One picture after the other, as lines or as JSON; each tells of the time since the one before. */
async function print(context: CliContext, flags: TopFlags, destination: Destination): Promise<void> {
  const { interrupts, process, now } = context;
  const { interval = USUAL_INTERVAL, count = 1 } = flags;
  const limits = limitsOf(context, flags);
  const never = new AbortController().signal;
  await using guest = await openGuest(destination.target, limits);
  const from = sampler();
  let before = await from.take(guest, limits);
  for (let shown = 0; count === 0 || shown < count; shown++) {
    await pause(interval, interrupts.signal, never);
    const after = await from.take(guest, limits);
    const activity = activityBetween(before, after);
    const heading = {
      name: destination.name,
      time: formatMoment(now()),
      missing: from.missing,
      problem: undefined,
    };
    const text = flags.json
      ? formatJson(jsonOf(activity, destination.name, now(), from), false)
      : `${shown === 0 ? '' : '\n'}${picture(activity, heading, process.stdout.columns ?? PLAIN_WIDTH).join('\n')}`;
    process.stdout.write(`${text}\n`);
    before = after;
  }
}

/** The guest, which may be away for some time. */
function connection(target: string, limits: CallOptions): AsyncDisposable & { get(): Promise<Guest> } {
  let guest: Guest | undefined;
  const close = async (): Promise<void> => {
    await guest?.close();
    guest = undefined;
  };
  return {
    async get() {
      guest ??= await openGuest(target, limits);
      return guest;
    },
    [Symbol.asyncDispose]: close,
  };
}

function isAway(error: unknown): boolean {
  return isGuestError(error, 'closed') || isGuestError(error, 'timeout');
}

/** A screen that changes, until somebody presses q. */
async function watch(context: CliContext, flags: TopFlags, destination: Destination): Promise<void> {
  const { interrupts, input, now } = context;
  const { interval = USUAL_INTERVAL, count = 0 } = flags;
  const limits = limitsOf(context, flags);
  const from = sampler();
  const quit = new AbortController();
  let before: Sample | undefined;
  let activity: Activity | undefined;
  let problem: string | undefined;
  await using guest = connection(destination.target, limits);
  // What cannot be reached at all is told as everywhere, before the terminal is taken.
  await guest.get();
  const draw = (): void => {
    const heading = { name: destination.name, time: formatMoment(now()), missing: from.missing, problem };
    if (activity !== undefined) screen.show(picture(activity, heading, screen.width));
  };
  using screen = liveScreen(context, draw);
  using _ = input.keys((key) => {
    if (key === 'q' || key === 'Q') quit.abort();
  });
  for (let shown = 0; count === 0 || shown < count; shown++) {
    try {
      const after = await from.take(await guest.get(), limits);
      activity = activityBetween(before, after);
      before = after;
      problem = undefined;
    } catch (error) {
      if (!isAway(error)) throw error;
      problem = `no answer, trying again: ${mistakeOf(error)}`;
      await guest[Symbol.asyncDispose]();
    }
    draw();
    await pause(interval, interrupts.signal, quit.signal);
    if (quit.signal.aborted || interrupts.signal.aborted) return;
  }
}

/** `guestctl top`: what goes on in a guest, on a screen that changes or as plain text. */
export default async function top(this: CliContext, flags: TopFlags): Promise<void> {
  const { guests } = await findDestinations(this, flags);
  const [destination] = guests;
  if (destination === undefined || guests.length > 1) {
    throw new UsageError(`top shows one guest, not ${guests.map(({ name }) => printable(name)).join(', ')}`);
  }
  await readTarget(destination.target);
  const live = !flags.json && this.process.stdout.isTTY === true;
  await (live ? watch : print)(this, flags, destination);
}
