import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { fields } from '../output/table.js';
import { formatMoment } from '../output/time.js';
import { formatSpan } from '../output/units.js';
import type { GuestFlags } from '../parameters.js';

/** Flags of `guestctl time`. */
interface TimeFlags extends GuestFlags {
  readonly set?: string;
  readonly sync: boolean;
  readonly hardware: boolean;
}

/** A moment as a person writes it, in nanoseconds. */
function parseMoment(text: string): bigint {
  const [, whole, fraction = ''] = /^@(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  const milliseconds = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(milliseconds))
    return BigInt(milliseconds) * 1_000_000n;
  throw new UsageError(
    `"${text}" is no time: write it as 2026-11-27T19:46:58Z, or as @ and the seconds since 1970`,
  );
}

/** What to set the clock to, just before it is set; `undefined` to leave it alone, `hardware` for the hardware clock's time. */
function settingOf(context: CliContext, flags: TimeFlags): (() => bigint) | 'hardware' | undefined {
  if ([flags.set !== undefined, flags.sync, flags.hardware].filter(Boolean).length > 1) {
    throw new UsageError('--set, --sync and --hardware exclude each other: a clock is set to one time');
  }
  if (flags.hardware) return 'hardware';
  if (flags.sync) return () => BigInt(Math.round(context.now())) * 1_000_000n;
  if (flags.set === undefined) return undefined;
  const moment = parseMoment(flags.set);
  return () => moment;
}

/** A difference as people say it. */
function describeDifference(milliseconds: number): string {
  if (Math.abs(milliseconds) < 1) return 'none to speak of';
  return `${formatSpan(Math.abs(milliseconds))} ${milliseconds > 0 ? 'ahead of' : 'behind'} this host`;
}

/** `guestctl time`: shows the guest's clock beside the host's; sets it first if asked to. */
export default async function time(this: CliContext, flags: TimeFlags): Promise<void> {
  const setting = settingOf(this, flags);
  await eachGuest(this, flags, async ({ guest, limits }) => {
    if (setting === 'hardware') await guest.call('guest-set-time', {}, limits);
    else if (setting !== undefined) await guest.call('guest-set-time', { time: setting() }, limits);
    const before = this.now();
    const guestTime = await guest.call('guest-get-time', undefined, limits);
    const after = this.now();
    const guestMilliseconds = Number(BigInt(guestTime) / 1000n) / 1000;
    // The guest has read its clock somewhere between; the middle is wrong by half the way at the most.
    const difference = guestMilliseconds - (before + after) / 2;
    const text = fields([
      ['Guest', formatMoment(guestMilliseconds)],
      ['Difference', `${describeDifference(difference)} (± ${formatSpan((after - before) / 2)})`],
    ]);
    return {
      json: {
        time: guestTime,
        differenceMilliseconds: Number(difference.toFixed(3)),
        uncertaintyMilliseconds: (after - before) / 2,
        set: setting === undefined ? undefined : true,
      },
      text: () => (setting === undefined ? text : `The clock was set\n${text}`),
    };
  });
}
