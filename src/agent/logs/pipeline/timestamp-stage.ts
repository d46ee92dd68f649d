// The stage `timestamp`: a line's own time out of what was found in it. Layouts are Go's, by example or by name.

import { z } from 'zod';

import { RequestError } from '../../../base/request-error.ts';
import { GoTime } from '../../../query/template/go-time.ts';
import { parseTime } from '../../../query/template/time-parse.ts';
import type { Zone } from '../../../query/template/time-zone.ts';
import { UTC, zoneOf } from '../../../query/template/time-zone.ts';
import type { StageKind } from './stage-settings.ts';
import { changing, stageKind, textSetting } from './stage-settings.ts';

/** Nanoseconds since the epoch; undefined where the text does not fit. */
export type TimeReader = (text: string, nowMs: number) => bigint | undefined;

const LAYOUTS: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

const UNIX_FACTORS: Readonly<Record<string, bigint>> = { UnixMs: 1_000_000n, UnixUs: 1000n, UnixNs: 1n };
const NS_MAX = 1n << 63n;
/** Streams whose last time is known, for lines that tell none. */
const STREAMS_MAX = 10_000;
const DECEMBER = 11;

/** Reads times of a format: a name such as `RFC3339` or `UnixMs`, or a layout of Go. */
export function timeReader(format: string, zone: Zone = UTC): TimeReader {
  if (format === 'Unix') return unixSeconds;
  const factor = UNIX_FACTORS[format];
  if (factor !== undefined) return (text) => (/^[+-]?\d{1,19}$/.test(text) ? bounded(BigInt(text) * factor) : undefined);
  const layout = LAYOUTS[format] ?? format;
  if (!layout.includes('06')) return withoutYear(layout, zone);
  return (text) => nsOf(layout, text, zone);
}

function nsOf(layout: string, text: string, zone: Zone): bigint | undefined {
  const instant = parseTime(layout, text, zone);
  return instant === undefined ? undefined : bounded(new GoTime(instant).exactNs);
}

function bounded(ns: bigint): bigint | undefined {
  return ns >= -NS_MAX && ns < NS_MAX ? ns : undefined;
}

function unixSeconds(text: string): bigint | undefined {
  const found = /^([+-]?)(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text);
  if (found === null) return undefined;
  const ns = BigInt(found[2] ?? '0') * 1_000_000_000n + BigInt((found[3] ?? '').padEnd(9, '0').slice(0, 9));
  return bounded(found[1] === '-' ? -ns : ns);
}

/** The year is that of now, but for lines from the other side of new year's eve. */
function withoutYear(layout: string, zone: Zone): TimeReader {
  return (text, nowMs) => {
    const now = new Date(nowMs);
    const read = (year: number): bigint | undefined => nsOf(`2006 ${layout}`, `${String(year).padStart(4, '0')} ${text}`, zone);
    const near = read(now.getUTCFullYear());
    if (near === undefined) return undefined;
    const month = new Date(Number(near / 1_000_000n)).getUTCMonth();
    if (month === DECEMBER && now.getUTCMonth() === 0) return read(now.getUTCFullYear() - 1);
    return month === 0 && now.getUTCMonth() === DECEMBER ? read(now.getUTCFullYear() + 1) : near;
  };
}

const settings = z.strictObject({
  source: textSetting,
  format: textSetting,
  fallback_formats: z.array(textSetting).default([]),
  location: textSetting.optional(),
  action_on_failure: z.enum(['fudge', 'skip'], 'is neither fudge nor skip').default('fudge'),
});

export const timestampKind: StageKind = stageKind(
  settings,
  ({ source, format, fallback_formats: fallbacks, location, action_on_failure: onFailure }) => {
    const zone = location === undefined ? UTC : zoneOf(location);
    if (zone === undefined) throw new RequestError('bad_data', `location: no time zone ${JSON.stringify(location)} is known`);
    const readers = [format, ...fallbacks].map((each) => timeReader(each, zone));
    return (context) => {
      const last = new Map<string, bigint>();
      const stage = changing((entry) => {
        const text = entry.extracted.get(source);
        const key = onFailure === 'skip' ? '' : JSON.stringify([...entry.labels]);
        const ns = text === undefined ? undefined : firstOf(readers, text, context.nowMs());
        if (ns !== undefined) entry.tsNs = ns;
        else if (onFailure === 'fudge') entry.tsNs = (last.get(key) ?? entry.tsNs - 1n) + 1n;
        else return;
        if (onFailure === 'skip' || (ns === undefined && !last.has(key))) return;
        if (last.size >= STREAMS_MAX && !last.has(key)) last.clear();
        last.set(key, entry.tsNs);
      });
      return stage(context);
    };
  },
);

function firstOf(readers: readonly TimeReader[], text: string, nowMs: number): bigint | undefined {
  for (const read of readers) {
    const ns = read(text, nowMs);
    if (ns !== undefined) return ns;
  }
  return undefined;
}
