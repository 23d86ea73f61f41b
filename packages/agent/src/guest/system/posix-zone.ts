/** What local time is at a moment. */
export interface LocalTime {
  /** Seconds to add to UTC. */
  readonly offset: number;
  readonly abbreviation: string;
}

/** A time zone: local time at a moment in seconds since the beginning of 1970. */
export type Zone = (seconds: number) => LocalTime;

const DAY = 86_400;

const NAME = '([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const TIME = '([+-]?)(\\d{1,3})(?::(\\d{1,2})(?::(\\d{1,2}))?)?';
const RULE = /^(?:M(\d{1,2})\.([1-5])\.([0-6])|J(\d{1,3})|(\d{1,3}))(?:\/(.+))?$/;
const ZONE = new RegExp(`^${NAME}${TIME}(?:${NAME}(?:${TIME})?,([^,]+),([^,]+))?$`);
const TIME_ONLY = new RegExp(`^${TIME}$`);

/** When daylight saving begins or ends. */
interface Change {
  /** The day in a year, counted from 1970. */
  readonly day: (year: number) => number;
  /** Seconds after the beginning of that day, by the clock that is valid before. */
  readonly time: number;
}

/**
 * Reads a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`, as POSIX has it for the variable `TZ`; a daylight saving time
 * needs its dates.
 *
 * @returns undefined if it is none
 */
export function posixZone(text: string): Zone | undefined {
  const found = ZONE.exec(text);
  if (found === null) return undefined;
  const [name, dstName, from, until] = [found[1], found[6], found[11], found[12]];
  // POSIX counts westward.
  const offset = 0 - seconds(found.slice(2, 6));
  const standard: LocalTime = { offset, abbreviation: plain(name) };
  if (dstName === undefined || from === undefined || until === undefined) return () => standard;
  const daylight: LocalTime = {
    offset: found[8] === undefined ? offset + 3600 : 0 - seconds(found.slice(7, 11)),
    abbreviation: plain(dstName),
  };
  const begin = changeOf(from);
  const end = changeOf(until);
  if (begin === undefined || end === undefined) return undefined;

  return (moment) => {
    const year = new Date((moment + offset) * 1000).getUTCFullYear();
    const begins = begin.day(year) * DAY + begin.time - offset;
    const ends = end.day(year) * DAY + end.time - daylight.offset;
    const summer = begins < ends ? moment >= begins && moment < ends : moment >= begins || moment < ends;
    return summer ? daylight : standard;
  };
}

function changeOf(text: string): Change | undefined {
  const found = RULE.exec(text);
  if (found === null) return undefined;
  const [, month, week, weekday, julian, zeroBased, at] = found;
  const clock = at === undefined ? ['', '2'] : TIME_ONLY.exec(at)?.slice(1);
  if (clock === undefined) return undefined;
  const time = seconds(clock);
  if (month !== undefined) {
    const [monthIndex, nth, wanted] = [Number(month) - 1, Number(week), Number(weekday)];
    if (monthIndex < 0 || monthIndex > 11) return undefined;
    return { time, day: (year) => weekdayOf(year, monthIndex, nth, wanted) };
  }
  if (julian !== undefined) {
    const day = Number(julian);
    if (day < 1 || day > 365) return undefined;
    // The 29th of February is not counted.
    return { time, day: (year) => dayOf(year, 0, 1) + day - 1 + (day > 59 && isLeap(year) ? 1 : 0) };
  }
  const day = Number(zeroBased);
  return day > 365 ? undefined : { time, day: (year) => dayOf(year, 0, 1) + day };
}

/** The n-th of a weekday in a month, counted from 1970; the fifth is the last. */
function weekdayOf(year: number, month: number, nth: number, wanted: number): number {
  const first = dayOf(year, month, 1);
  // The first of January 1970 was a Thursday.
  const weekday = (((first + 4) % 7) + 7) % 7;
  const day = first + ((wanted - weekday + 7) % 7) + (nth - 1) * 7;
  return day < dayOf(year, month + 1, 1) ? day : day - 7;
}

function dayOf(year: number, month: number, day: number): number {
  return Date.UTC(year, month, day) / (DAY * 1000);
}

function isLeap(year: number): boolean {
  return dayOf(year, 2, 1) - dayOf(year, 1, 28) === 2;
}

/** Sign, hours, minutes and seconds, in seconds. */
function seconds([sign, hours = '0', minutes = '0', rest = '0']: readonly (string | undefined)[]): number {
  const sum = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === '-' ? 0 - sum : sum;
}

function plain(name = ''): string {
  return name.replace(/^<(.*)>$/, '$1');
}
