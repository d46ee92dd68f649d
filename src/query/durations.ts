// Times as parameters and PromQL literals give them: a number of seconds, or a duration with units.
//
// Source: Go's `strconv.ParseFloat`; Prometheus `web/api/v1.parseDuration`.

import { DURATION_MS_MAX, parseDuration } from '../base/duration.ts';

/** Milliseconds of a number of seconds or of a duration with units, or the problem. */
export function parseSecondsOrDuration(text: string): number | { readonly problem: string } {
  const seconds = parseFloatStrict(text);
  if (seconds === undefined) return parseDuration(text);
  const ms = Math.round(seconds * 1000);
  return Number.isFinite(ms) && Math.abs(ms) <= DURATION_MS_MAX
    ? ms
    : { problem: `cannot parse "${text}" to a valid duration. It overflows int64` };
}

/** A float as Go's `strconv.ParseFloat` reads it, or undefined. */
export function parseFloatStrict(text: string): number | undefined {
  // No two parts may take the same digits: a long text that is no number would be tried in every way to divide it.
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
