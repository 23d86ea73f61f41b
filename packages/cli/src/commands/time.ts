import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { forEachGuest, textAnswer } from '../for-each-guest.js';
import { formatMoment, formatSpan } from '../output/format.js';
import { fields } from '../output/table.js';
import type { GuestFlags } from '../parameters.js';

interface TimeFlags extends GuestFlags {
  readonly set?: string;
  readonly sync: boolean;
  readonly hardware: boolean;
}

/** Parses an ISO 8601 time or `@SECONDS` into nanoseconds since 1970. */
function parseMoment(text: string): bigint {
  const [, whole, fraction = ''] = /^@(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  const milliseconds = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(milliseconds))
    return BigInt(milliseconds) * 1_000_000n;
  throw new UsageError(`invalid time "${text}": write it as 2026-11-27T19:46:58Z, or @SECONDS since 1970`);
}

/** Returns the arguments of `guest-set-time`, evaluated when the clock is set; none set it from the hardware clock. */
function settingOf(context: CliContext, flags: TimeFlags): (() => { time?: bigint }) | undefined {
  if ([flags.set !== undefined, flags.sync, flags.hardware].filter(Boolean).length > 1) {
    throw new UsageError('--set, --sync and --hardware are mutually exclusive');
  }
  if (flags.hardware) return () => ({});
  if (flags.sync) return () => ({ time: BigInt(Math.round(context.now())) * 1_000_000n });
  if (flags.set === undefined) return undefined;
  const time = parseMoment(flags.set);
  return () => ({ time });
}

function describeDifference(milliseconds: number): string {
  if (Math.abs(milliseconds) < 1) return 'less than 1 ms';
  return `${formatSpan(Math.abs(milliseconds))} ${milliseconds > 0 ? 'ahead of' : 'behind'} this host`;
}

/** `guestctl time`: shows the guest's clock and its difference from the host's; sets it first if requested. */
export default async function time(this: CliContext, flags: TimeFlags): Promise<void> {
  const setting = settingOf(this, flags);
  await forEachGuest(this, flags, async ({ guest, options }) => {
    if (setting !== undefined) await guest.call('guest-set-time', setting(), options);
    const before = this.now();
    const guestTime = await guest.call('guest-get-time', undefined, options);
    const after = this.now();
    const guestMilliseconds = Number(BigInt(guestTime) / 1000n) / 1000;
    // The guest read its clock between the two; the middle is off by at most half of the round trip.
    const difference = guestMilliseconds - (before + after) / 2;
    const text = fields([
      ['Guest', formatMoment(guestMilliseconds)],
      ['Difference', `${describeDifference(difference)} (± ${formatSpan((after - before) / 2)})`],
    ]);
    const json = {
      time: guestTime,
      differenceMilliseconds: Number(difference.toFixed(3)),
      uncertaintyMilliseconds: (after - before) / 2,
      set: setting === undefined ? undefined : true,
    };
    return textAnswer(json, setting === undefined ? text : `The clock was set\n${text}`);
  });
}
