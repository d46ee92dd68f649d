// A time by a Go layout. Source: Go `time/format.go`, `AppendFormat`.

import { civilOf, dayOfYear, layoutParts, MONTHS, WEEKDAYS, weekdayOf, type Civil } from './time-layout.ts';
import type { Zone, ZoneOffset } from './time-zone.ts';

/** An instant: whole seconds since the epoch, the nanoseconds of the second, and the zone that it is shown in. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
  readonly zone: Zone;
}

/** An instant as a layout writes it. */
export function formatTime(instant: Instant, layout: string): string {
  const offset = instant.zone.at(instant.seconds);
  const local = instant.seconds + offset.offsetS;
  const shown: Shown = { civil: civilOf(local), local, nanos: instant.nanos, offset };
  let out = '';
  for (const { kind, text } of layoutParts(layout)) out += kind === 'literal' ? text : formatElement(text, shown);
  return out;
}

interface Shown {
  readonly civil: Civil;
  /** Seconds of the zone's clock, as if it were UTC. */
  readonly local: number;
  readonly nanos: number;
  readonly offset: ZoneOffset;
}

const ELEMENTS: Readonly<Record<string, (shown: Shown) => string>> = {
  January: ({ civil }) => MONTHS[civil.month - 1] ?? '',
  Jan: ({ civil }) => (MONTHS[civil.month - 1] ?? '').slice(0, 3),
  '1': ({ civil }) => String(civil.month),
  '01': ({ civil }) => two(civil.month),
  Monday: ({ local }) => WEEKDAYS[weekdayOf(local)] ?? '',
  Mon: ({ local }) => (WEEKDAYS[weekdayOf(local)] ?? '').slice(0, 3),
  '2': ({ civil }) => String(civil.day),
  _2: ({ civil }) => String(civil.day).padStart(2),
  '02': ({ civil }) => two(civil.day),
  __2: ({ civil }) => String(dayOfYear(civil)).padStart(3),
  '002': ({ civil }) => String(dayOfYear(civil)).padStart(3, '0'),
  '2006': ({ civil }) => (civil.year < 0 ? `-${String(-civil.year).padStart(4, '0')}` : String(civil.year).padStart(4, '0')),
  '06': ({ civil }) => two(((civil.year % 100) + 100) % 100),
  '15': ({ civil }) => two(civil.hour),
  '3': ({ civil }) => String(civil.hour % 12 === 0 ? 12 : civil.hour % 12),
  '03': ({ civil }) => two(civil.hour % 12 === 0 ? 12 : civil.hour % 12),
  '4': ({ civil }) => String(civil.minute),
  '04': ({ civil }) => two(civil.minute),
  '5': ({ civil }) => String(civil.second),
  '05': ({ civil }) => two(civil.second),
  PM: ({ civil }) => (civil.hour >= 12 ? 'PM' : 'AM'),
  pm: ({ civil }) => (civil.hour >= 12 ? 'pm' : 'am'),
  MST: ({ offset }) => (offset.abbreviation === '' ? formatOffset('-0700', offset.offsetS) : offset.abbreviation),
};

function formatElement(element: string, shown: Shown): string {
  const format = ELEMENTS[element];
  if (format !== undefined) return format(shown);
  if (element.startsWith('.') || element.startsWith(',')) return formatFraction(element, shown.nanos);
  return element.startsWith('Z') && shown.offset.offsetS === 0 ? 'Z' : formatOffset(element, shown.offset.offsetS);
}

function formatFraction(element: string, nanos: number): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .padEnd(element.length - 1, '0')
    .slice(0, element.length - 1);
  if (element[1] === '0') return element.charAt(0) + digits;
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : element.charAt(0) + kept;
}

/** `element` shows the form: `-07`, `-0700`, `-07:00`, with seconds too. */
function formatOffset(element: string, offsetS: number): string {
  const all = Math.abs(offsetS);
  const colon = element.includes(':') ? ':' : '';
  const parts = [two(Math.floor(all / 3600)), two(Math.floor((all % 3600) / 60)), two(all % 60)];
  const count = element.replaceAll(':', '').length === 3 ? 1 : element.replaceAll(':', '').length === 5 ? 2 : 3;
  // A zone less than a minute to the west is `+0000` in Go, which looks at whole minutes.
  const sign = Math.trunc(offsetS / 60) < 0 ? '-' : '+';
  return sign + parts.slice(0, count).join(colon);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
