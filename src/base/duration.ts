// Durations as Prometheus writes them: `1h30m`, `500ms`. Settings, scrape configurations and PromQL read and print them here.
//
// Source: prometheus/common model.Duration. Units fall in order, each at most once: y w d h m s ms.

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const FORM = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** The largest duration that the peers accept: 2^63 nanoseconds. */
export const DURATION_MS_MAX = 9_223_372_036_854;

/** Milliseconds of `1h30m` and its like, or the problem in words. */
export function parseDuration(text: string): number | { readonly problem: string } {
  if (text === '') return { problem: 'empty duration string' };
  if (text === '0') return 0;
  const found = FORM.exec(text);
  if (found === null) return { problem: durationProblem(text) };
  let ms = 0;
  for (const [i, [, unitMs]] of UNITS.entries()) ms += Number(found[i + 1] ?? 0) * unitMs;
  return ms > DURATION_MS_MAX ? { problem: 'duration out of range' } : ms;
}

function durationProblem(text: string): string {
  for (const [, unit] of text.matchAll(/\d+([a-zA-Z]*)/g)) {
    if (unit !== undefined && unit !== '' && !UNITS.some(([known]) => known === unit))
      return `unknown unit "${unit}" in duration "${text}"`;
  }
  return `not a valid duration string: "${text}"`;
}

/** `5400000` as `1h30m`; years, weeks and days only where they leave no rest, as Prometheus prints them. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(ms);
  let out = ms < 0 ? '-' : '';
  for (const [unit, unitMs] of UNITS) {
    const exact = unit === 'y' || unit === 'w' || unit === 'd';
    if (rest < unitMs || (exact && rest % unitMs !== 0)) continue;
    out += `${Math.floor(rest / unitMs)}${unit}`;
    rest %= unitMs;
  }
  return out;
}
