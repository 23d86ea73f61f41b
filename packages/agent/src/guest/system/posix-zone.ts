export interface LocalTime {
  /** Seconds to add to UTC. */
  readonly offset: number;
  readonly abbreviation: string;
}

/** Returns local time at a moment in seconds since the beginning of 1970. */
export type Zone = (seconds: number) => LocalTime;

const DAY_S = 86_400;

const NAME = '([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const TIME = '([+-]?)(\\d{1,3})(?::(\\d{1,2})(?::(\\d{1,2}))?)?';
const RULE = /^(?:M(\d{1,2})\.([1-5])\.([0-6])|J(\d{1,3})|(\d{1,3}))(?:\/(.+))?$/;
const ZONE = new RegExp(`^${NAME}${TIME}(?:${NAME}(?:${TIME})?,([^,]+),([^,]+))?$`);
const TIME_ONLY = new RegExp(`^${TIME}$`);

/** Returns the second of a year, counted from 1970, at which daylight saving begins or ends by the clock before. */
type Change = (year: number) => number;

/**
 * Parses a rule for `TZ` as POSIX defines it: `CET-1CEST,M3.5.0,M10.5.0/3`. Daylight saving requires its dates.
 * @returns undefined if the text is not a rule
 */
export function posixZone(text: string): Zone | undefined {
  const found = ZONE.exec(text);
  if (found === null) return undefined;
  const [name, dstName, from, until] = [found[1], found[6], found[11], found[12]];
  // POSIX counts westward.
  const offset = 0 - seconds(found.slice(2, 6));
  const standard: LocalTime = { offset, abbreviation: unquoted(name) };
  if (dstName === undefined || from === undefined || until === undefined) return () => standard;
  const dstOffset = found[8] === undefined ? offset + 3600 : 0 - seconds(found.slice(7, 11));
  const daylight: LocalTime = { offset: dstOffset, abbreviation: unquoted(dstName) };
  const begin = changeOf(from);
  const end = changeOf(until);
  if (begin === undefined || end === undefined) return undefined;

  return (moment) => {
    const year = new Date((moment + offset) * 1000).getUTCFullYear();
    const begins = begin(year) - offset;
    const ends = end(year) - dstOffset;
    const isSummer = begins < ends ? moment >= begins && moment < ends : moment >= begins || moment < ends;
    return isSummer ? daylight : standard;
  };
}

function changeOf(text: string): Change | undefined {
  const [, month, week, weekday, julian, zeroBased, at = '2'] = RULE.exec(text) ?? [];
  const clock = TIME_ONLY.exec(at)?.slice(1);
  if (clock === undefined) return undefined;
  const time = seconds(clock);
  if (month !== undefined) {
    const monthIndex = Number(month) - 1;
    if (monthIndex < 0 || monthIndex > 11) return undefined;
    return (year) => weekdayOf(year, monthIndex, Number(week), Number(weekday)) * DAY_S + time;
  }
  if (julian !== undefined) {
    const day = Number(julian);
    if (day < 1 || day > 365) return undefined;
    // 29 February is not counted.
    return (year) => (dayOf(year, 0, 1) + day - 1 + (day > 59 && isLeap(year) ? 1 : 0)) * DAY_S + time;
  }
  const day = Number(zeroBased);
  // NaN if the text is not a rule.
  return day <= 365 ? (year) => (dayOf(year, 0, 1) + day) * DAY_S + time : undefined;
}

/** Returns the n-th weekday of a month, counted from 1970; the fifth is the last. */
function weekdayOf(year: number, month: number, nth: number, weekday: number): number {
  const first = dayOf(year, month, 1);
  // 1 January 1970 was a Thursday.
  const firstWeekday = (((first + 4) % 7) + 7) % 7;
  const day = first + ((weekday - firstWeekday + 7) % 7) + (nth - 1) * 7;
  return day < dayOf(year, month + 1, 1) ? day : day - 7;
}

function dayOf(year: number, month: number, day: number): number {
  return Date.UTC(year, month, day) / (DAY_S * 1000);
}

function isLeap(year: number): boolean {
  return dayOf(year, 2, 1) - dayOf(year, 1, 28) === 2;
}

/** Returns sign, hours, minutes and seconds in seconds. */
function seconds([sign, hours = '0', minutes = '0', rest = '0']: readonly (string | undefined)[]): number {
  const sum = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === '-' ? 0 - sum : sum;
}

function unquoted(name = ''): string {
  return name.replace(/^<(.*)>$/, '$1');
}
