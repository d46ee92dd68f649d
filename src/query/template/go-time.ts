// Times and durations as values of templates, with the methods of Go's `time.Time` and `time.Duration`.

import { goFunction, intArg, textArg, type TemplateFunction } from './function.ts';
import { formatTime, type Instant } from './time-format.ts';
import { civilOf, dayOfYear, MONTHS, secondsOf, WEEKDAYS, weekdayOf, type Civil } from './time-layout.ts';
import { UTC, type Zone } from './time-zone.ts';
import type { GoObject, Value } from './value.ts';

const NS_PER_S = 1_000_000_000n;
/** Go's zero time, the first second of year 1. */
const ZERO_SECONDS = -62_135_596_800;
const STRING_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

export class GoTime implements GoObject, Instant {
  readonly kind = 'object';
  readonly typeName = 'time.Time';
  readonly seconds: number;
  readonly nanos: number;
  readonly zone: Zone;

  constructor({ seconds, nanos, zone }: Instant) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.zone = zone;
  }

  /** Of nanoseconds since the epoch. */
  static ofNs(ns: bigint, zone: Zone = UTC): GoTime {
    const rest = ((ns % NS_PER_S) + NS_PER_S) % NS_PER_S;
    return new GoTime({ seconds: Number((ns - rest) / NS_PER_S), nanos: Number(rest), zone });
  }

  static zero(): GoTime {
    return new GoTime({ seconds: ZERO_SECONDS, nanos: 0, zone: UTC });
  }

  /** Nanoseconds since the epoch; wraps around beyond 64 bits, as in Go. */
  get ns(): bigint {
    return BigInt.asIntN(64, this.exactNs);
  }

  get exactNs(): bigint {
    return BigInt(this.seconds) * NS_PER_S + BigInt(this.nanos);
  }

  format(layout: string): string {
    return formatTime(this, layout);
  }

  print(): string {
    return this.format(STRING_LAYOUT);
  }

  member(name: string): Value {
    const method = TIME_METHODS.get(name);
    return method === undefined ? undefined : bound(this, method);
  }

  get civil(): Civil {
    return civilOf(this.local);
  }

  get local(): number {
    return this.seconds + this.zone.at(this.seconds).offsetS;
  }
}

/** A span of nanoseconds. */
export class GoDuration implements GoObject {
  readonly kind = 'object';
  readonly typeName = 'time.Duration';
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }

  print(): string {
    return printDuration(this.ns);
  }

  comparable(): Value {
    return this.ns;
  }

  member(name: string): Value {
    const method = DURATION_METHODS.get(name);
    return method === undefined ? undefined : bound(this, method);
  }
}

/** An integer with names for its values: a month, a weekday. */
class NamedInt implements GoObject {
  readonly kind = 'object';
  readonly typeName: string;
  readonly #value: bigint;
  readonly #name: string;

  constructor(typeName: string, value: number, name: string) {
    this.typeName = typeName;
    this.#value = BigInt(value);
    this.#name = name;
  }

  print(): string {
    return this.#name;
  }

  comparable(): Value {
    return this.#value;
  }

  member(name: string): Value {
    return name === 'String' ? goFunction('', () => this.#name) : undefined;
  }
}

interface Method<T> {
  readonly params: string;
  readonly call: (self: T, args: readonly Value[]) => Value;
}

function bound<T>(self: T, { params, call }: Method<T>): TemplateFunction {
  return goFunction(params, (args) => call(self, args));
}

function getter<T>(read: (self: T) => Value): Method<T> {
  return { params: '', call: read };
}

function civilGetter(read: (civil: Civil) => number): Method<GoTime> {
  return getter((time) => BigInt(read(time.civil)));
}

function timeArg(args: readonly Value[]): GoTime {
  const [time] = args;
  return time instanceof GoTime ? time : GoTime.zero();
}

function durationArg(args: readonly Value[]): bigint {
  const [value] = args;
  return value instanceof GoDuration ? value.ns : typeof value === 'bigint' ? value : 0n;
}

const TIME_METHODS: ReadonlyMap<string, Method<GoTime>> = new Map<string, Method<GoTime>>([
  ['Unix', getter((time) => BigInt(time.seconds))],
  ['UnixMilli', getter((time) => floorDivide(time.exactNs, 1_000_000n))],
  ['UnixMicro', getter((time) => floorDivide(time.exactNs, 1000n))],
  ['UnixNano', getter((time) => time.ns)],
  ['Year', civilGetter(({ year }) => year)],
  ['Month', getter(({ civil }) => new NamedInt('time.Month', civil.month, MONTHS[civil.month - 1] ?? ''))],
  ['Day', civilGetter(({ day }) => day)],
  ['Hour', civilGetter(({ hour }) => hour)],
  ['Minute', civilGetter(({ minute }) => minute)],
  ['Second', civilGetter(({ second }) => second)],
  ['Nanosecond', getter(({ nanos }) => BigInt(nanos))],
  ['YearDay', civilGetter(dayOfYear)],
  ['Weekday', getter(({ local }) => new NamedInt('time.Weekday', weekdayOf(local), WEEKDAYS[weekdayOf(local)] ?? ''))],
  ['String', getter((time) => time.print())],
  ['IsZero', getter((time) => time.seconds === ZERO_SECONDS && time.nanos === 0)],
  ['UTC', getter((time) => new GoTime({ seconds: time.seconds, nanos: time.nanos, zone: UTC }))],
  ['Local', getter((time) => new GoTime({ seconds: time.seconds, nanos: time.nanos, zone: UTC }))],
  ['Format', { params: 'string', call: (time, args) => time.format(textArg(args, 0)) }],
  ['Equal', { params: 'time', call: (time, args) => time.exactNs === timeArg(args).exactNs }],
  ['Before', { params: 'time', call: (time, args) => time.exactNs < timeArg(args).exactNs }],
  ['After', { params: 'time', call: (time, args) => time.exactNs > timeArg(args).exactNs }],
  ['Sub', { params: 'time', call: (time, args) => new GoDuration(time.exactNs - timeArg(args).exactNs) }],
  ['Add', { params: 'any', call: (time, args) => GoTime.ofNs(time.exactNs + durationArg(args), time.zone) }],
  ['AddDate', { params: 'int int int', call: addDate }],
]);

/** Source: Go `time.Time.AddDate`, which lets months and days run over. */
function addDate(time: GoTime, args: readonly Value[]): Value {
  const { civil } = time;
  const months = civil.month - 1 + intArg(args, 1);
  const year = civil.year + intArg(args, 0) + Math.floor(months / 12);
  const local = secondsOf({ ...civil, year, month: (((months % 12) + 12) % 12) + 1, day: civil.day + intArg(args, 2) });
  const offset = time.zone.at(local - time.zone.at(local).offsetS).offsetS;
  return new GoTime({ seconds: local - offset, nanos: time.nanos, zone: time.zone });
}

const DURATION_METHODS: ReadonlyMap<string, Method<GoDuration>> = new Map<string, Method<GoDuration>>([
  ['Nanoseconds', getter(({ ns }) => ns)],
  ['Microseconds', getter(({ ns }) => ns / 1000n)],
  ['Milliseconds', getter(({ ns }) => ns / 1_000_000n)],
  ['Seconds', getter(({ ns }) => Number(ns) / 1e9)],
  ['Minutes', getter(({ ns }) => Number(ns) / 60e9)],
  ['Hours', getter(({ ns }) => Number(ns) / 3600e9)],
  ['String', getter((duration) => duration.print())],
]);

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && value % divisor !== 0n ? quotient - 1n : quotient;
}

/** Nanoseconds as Go prints a duration: `1h30m0s`, `20ms`, `1.5µs`. */
export function printDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const all = ns < 0n ? -ns : ns;
  if (all < 1000n) return `${sign}${all}ns`;
  if (all < 1_000_000n) return `${sign}${decimal(all, 3)}µs`;
  if (all < NS_PER_S) return `${sign}${decimal(all, 6)}ms`;
  const minutes = all / (60n * NS_PER_S);
  const seconds = `${decimal(all % (60n * NS_PER_S), 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return `${sign}${minutes >= 60n ? `${minutes / 60n}h` : ''}${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, places: number): string {
  const text = value.toString().padStart(places + 1, '0');
  return `${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, '');
}
