// Functions of a date: a float is seconds since 1970, the result a part of that time in UTC.
//
// Source: Prometheus 3.14, querying/functions; Go's `time.Unix(int64(value), 0).UTC()`, for times far outside of a calendar too.

import { ofEachFloat, type SeriesFunction } from './each-step.ts';

const DAY_S = 86_400;
const DAY_MS = DAY_S * 1000;
/** The times that JavaScript's `Date` holds, in seconds. */
const DATE_S_MAX = 8_640_000_000_000;

export const DATE_FUNCTIONS: readonly (readonly [string, SeriesFunction])[] = [
  ['minute', ofDate((date) => date.getUTCMinutes())],
  ['hour', ofDate((date) => date.getUTCHours())],
  ['day_of_week', ofDate((date) => date.getUTCDay())],
  ['day_of_month', ofDate((date) => date.getUTCDate())],
  ['day_of_year', ofDate((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1)],
  ['days_in_month', ofDate((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate())],
  ['month', ofDate((date) => date.getUTCMonth() + 1)],
  ['year', ofDate((date, years) => date.getUTCFullYear() + years)],
];

/** A function of a date, and of the years (multiples of 400) that it lies from the real one. */
function ofDate(part: (date: Date, years: number) => number): SeriesFunction {
  const date = new Date(0);
  return ofEachFloat((value) => {
    const seconds = Math.trunc(value);
    if (Math.abs(seconds) <= DATE_S_MAX - DAY_S * 366) {
      date.setTime(seconds * 1000);
      return part(date, 0);
    }
    const far = farDate(seconds);
    date.setTime(far.ms);
    return part(date, far.years);
  });
}

/** The Gregorian calendar repeats itself after 400 years. */
const CYCLE_YEARS = 400;
const CYCLE_S = BigInt(146_097 * DAY_S);
/** Go counts from the first of January of this year on, so that no time of 64 bits lies before. */
const FIRST_YEAR = -292_277_022_399;
/** Seconds from there to 1970. */
const FIRST_TO_EPOCH_S = 9_223_372_028_715_321_600n;
const INT64_MIN = -(2n ** 63n);
const WORD_BITS = 64;
/** A year that begins like `FIRST_YEAR`: a whole number of cycles from it. */
const LIKE_FIRST_YEAR = 2001;

/** A date of the same month, day and time, and how many years it is from the real one. NaN and what no 64 bits hold is the least integer. */
function farDate(seconds: number): { readonly ms: number; readonly years: number } {
  const isInt64 = seconds >= -(2 ** 63) && seconds < 2 ** 63;
  const whole = isInt64 ? BigInt(seconds) : INT64_MIN;
  const absolute = BigInt.asUintN(WORD_BITS, whole + FIRST_TO_EPOCH_S);
  const ms = Date.UTC(LIKE_FIRST_YEAR, 0, 1) + Number(absolute % CYCLE_S) * 1000;
  return { ms, years: FIRST_YEAR - LIKE_FIRST_YEAR + Number(absolute / CYCLE_S) * CYCLE_YEARS };
}
