// Numbers as people read them: a unit from the metric's name, at most four significant digits.

export type Unit = 'bytes' | 'seconds' | 'ratio' | 'percent' | 'celsius' | 'hertz' | 'volts' | 'timestamp' | 'none';

/** What is measured, and whether per second. */
export interface Quantity {
  readonly unit: Unit;
  readonly perSecond: boolean;
}

const SUFFIXES: readonly [RegExp, Unit][] = [
  // The names of metrics made of spans say no unit.
  [/^traces_spanmetrics_latency$/, 'seconds'],
  [/^traces_spanmetrics_size$/, 'bytes'],
  [/_timestamp(_seconds)?$|_time_seconds$/, 'timestamp'],
  [/_bytes$/, 'bytes'],
  [/_seconds$/, 'seconds'],
  [/_ratio$/, 'ratio'],
  [/_percent$/, 'percent'],
  [/_celsius$/, 'celsius'],
  [/_hertz$/, 'hertz'],
  [/_volts$/, 'volts'],
];

/** The unit that a metric's name says by its ending; `_total` and `_sum` are looked past, `_count` and `_bucket` count things. */
export function unitOfName(name: string): Unit {
  if (/_(count|bucket)$/.test(name)) return 'none';
  const stem = name.replace(/_(total|sum)$/, '');
  // A total of seconds is a length of time even where its name reads like an instant (`process_cpu_time_seconds_total`).
  const unit = SUFFIXES.find(([suffix]) => suffix.test(stem))?.[1] ?? 'none';
  return unit === 'timestamp' && stem !== name ? 'seconds' : unit;
}

function trim(value: number): string {
  if (value === 0) return '0';
  const text = value.toPrecision(4);
  if (text.includes('e') || Math.abs(value) < 1e-3) return Number(text).toExponential().replace('e+', 'e');
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const DECIMAL: readonly [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

function scaled(value: number): string {
  const size = Math.abs(value);
  // Up to 9999 a count is read whole; above 999.9 T only powers help.
  if (size < 10_000) return trim(value);
  if (size >= 1e16) return trim(value);
  const [factor, prefix] = DECIMAL.find(([f]) => size >= f) ?? [1, ''];
  return `${trim(value / factor)} ${prefix}`;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

function bytesText(value: number): string {
  let size = Math.abs(value);
  let at = 0;
  while (size >= 1024 && at < BINARY.length - 1) {
    size /= 1024;
    at++;
  }
  return `${value < 0 ? '-' : ''}${trim(size)} ${BINARY[at]}`;
}

function secondsText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1e-6) return `${trim(value * 1e9)} ns`;
  if (size < 1e-3) return `${trim(value * 1e6)} µs`;
  if (size < 1) return `${trim(value * 1e3)} ms`;
  if (size < 120) return `${trim(value)} s`;
  if (size < 7200) return `${trim(value / 60)} min`;
  if (size < 172_800) return `${trim(value / 3600)} h`;
  return `${trim(value / 86_400)} d`;
}

function unitText(value: number, unit: Unit): string {
  switch (unit) {
    case 'bytes':
      return bytesText(value);
    case 'seconds':
      return secondsText(value);
    case 'ratio':
      return `${trim(value * 100)} %`;
    case 'percent':
      return `${trim(value)} %`;
    case 'celsius':
      return `${trim(value)} °C`;
    case 'hertz':
      return `${withPrefix(value)}Hz`;
    case 'volts':
      return `${trim(value)} V`;
    case 'timestamp':
      return Math.abs(value) < 1e9 ? trim(value) : new Date(value * 1000).toISOString().slice(0, 19).replace('T', ' ').concat('Z');
    case 'none':
      return scaled(value);
  }
}

function withPrefix(value: number): string {
  const size = Math.abs(value);
  const [factor, prefix] = DECIMAL.find(([f]) => size >= f) ?? [1, ''];
  return `${trim(value / factor)} ${prefix}`;
}

/** What a rate is counted in: how it is written, and its seconds. */
type Period = readonly [string, number];

const PER_SECOND: Period = ['/s', 1];
const LONGER: readonly Period[] = [
  ['/min', 60],
  ['/h', 3600],
];
const PER_DAY: Period = ['/d', 86_400];

/** The shortest period in which it happens once; a tenth a second is a number that people still read. */
function periodOf(rate: number): Period {
  const size = Math.abs(rate);
  if (size === 0 || size >= 0.1 || !Number.isFinite(size)) return PER_SECOND;
  return LONGER.find(([, seconds]) => size * seconds >= 1) ?? PER_DAY;
}

/** Less than this of a period is told in a longer one, whatever is beside it. */
const TOLD_LEAST = 0.01;

function rateText(value: number, unit: Unit, largest: number): string {
  // A second of something per second is a share of time, whichever is the period.
  if (unit === 'seconds') return `${secondsText(value)}/s`;
  const common = periodOf(largest);
  const [per, seconds] = value === 0 || Math.abs(value) * common[1] >= TOLD_LEAST ? common : periodOf(value);
  return `${unitText(value * seconds, unit).trimEnd()}${per}`;
}

/**
 * A value with its unit: `1.5 MiB/s`, and `3.2/min` of what is rare. `largest` is the largest of the values that stand with it, in whose period
 * it is told, so that they compare.
 */
export function quantityText(value: number | null | undefined, { unit, perSecond }: Quantity, largest = value): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return perSecond ? rateText(value, unit, largest ?? value) : unitText(value, unit);
}

/** The largest size of some values: what they are told with. */
export function largestOf(values: Iterable<number | null | undefined>): number {
  let largest = 0;
  for (const value of values) if (value !== null && value !== undefined && Math.abs(value) > largest) largest = Math.abs(value);
  return largest;
}

/** A count with its thousands kept apart. */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', '\u202f');
}
