// Go's time layouts: an example of the reference time `Mon Jan 2 15:04:05 2006 MST` says how times are written. Source: Go `time/format.go`, `nextStdChunk`.

/** A part of a layout: literal text, or an element of the reference time as it is written there. */
export type LayoutPart = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'element'; readonly text: string };

const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|[345]|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?![0-9])/g;

const layouts = new Map<string, readonly LayoutPart[]>();
const LAYOUTS_MAX = 500;

/** The parts of a layout; a bounded cache keeps those in use. */
export function layoutParts(layout: string): readonly LayoutPart[] {
  const known = layouts.get(layout);
  if (known !== undefined) return known;
  if (layouts.size >= LAYOUTS_MAX) layouts.clear();
  const parts = splitLayout(layout);
  layouts.set(layout, parts);
  return parts;
}

function splitLayout(layout: string): readonly LayoutPart[] {
  const parts: LayoutPart[] = [];
  let at = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    if (match.index > at) parts.push({ kind: 'literal', text: layout.slice(at, match.index) });
    parts.push({ kind: 'element', text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < layout.length) parts.push({ kind: 'literal', text: layout.slice(at) });
  return parts;
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** An instant on a calendar and a clock. */
export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY_S = 86_400;

/** The calendar of seconds since the epoch, for any year. Source: H. Hinnant, “chrono-compatible low-level date algorithms”. */
export function civilOf(seconds: number): Civil {
  const days = Math.floor(seconds / DAY_S);
  const rest = seconds - days * DAY_S;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  };
}

/** Seconds since the epoch of a calendar's instant; days beyond a month's end run into the next. */
export function secondsOf({ year, month, day, hour, minute, second }: Civil): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * DAY_S + hour * 3600 + minute * 60 + second;
}

/** 0 for Sunday. */
export function weekdayOf(seconds: number): number {
  return (((Math.floor(seconds / DAY_S) + 4) % 7) + 7) % 7;
}

export function daysOfMonth(year: number, month: number): number {
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 };
  const clock = { day: 1, hour: 0, minute: 0, second: 0 };
  return (secondsOf({ ...next, ...clock }) - secondsOf({ year, month, ...clock })) / DAY_S;
}

/** The day of the year, from 1. */
export function dayOfYear({ year, month, day }: Civil): number {
  const clock = { hour: 0, minute: 0, second: 0 };
  return (secondsOf({ year, month, day, ...clock }) - secondsOf({ year, month: 1, day: 1, ...clock })) / DAY_S + 1;
}
