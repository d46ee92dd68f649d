// A time out of a text that a Go layout describes. Source: Go `time/format.go`, `parse`.

import type { Instant } from './time-format.ts';
import { daysOfMonth, layoutParts, MONTHS, secondsOf, WEEKDAYS } from './time-layout.ts';
import { fixedZone, UTC, type Zone } from './time-zone.ts';

/** What has been read so far; of the rest the text says nothing. */
interface Read {
  year: number;
  month: number;
  day: number;
  dayOfYear: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  isPm: boolean | undefined;
  offsetS: number | undefined;
  zoneName: string;
  isUtc: boolean;
}

/** The instant of a text, in a zone where the text names none; undefined where it does not fit the layout. */
export function parseTime(layout: string, text: string, zone: Zone): Instant | undefined {
  const read: Read = {
    year: 0,
    month: 0,
    day: 0,
    dayOfYear: 0,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    isPm: undefined,
    offsetS: undefined,
    zoneName: '',
    isUtc: false,
  };
  const end = readParts(layout, text, read);
  return end === text.length && settleDay(read) ? placeInZone(read, zone) : undefined;
}

/** The end of what was read, or -1. */
function readParts(layout: string, text: string, read: Read): number {
  const parts = layoutParts(layout);
  let at = 0;
  for (const [i, { kind, text: part }] of parts.entries()) {
    at = kind === 'literal' ? skipLiteral(part, text, at) : readElement(part, text, at, read);
    if (at < 0) return -1;
    // A fraction may follow seconds though the layout has none.
    const next = parts[i + 1];
    const expectsFraction = next?.kind === 'element' && /^[.,]/.test(next.text);
    if ((part === '5' || part === '05') && kind === 'element' && !expectsFraction) at = readFraction(text, at, read, 0);
  }
  return at;
}

/** Runs of blanks match runs of blanks. */
function skipLiteral(literal: string, text: string, from: number): number {
  let at = from;
  for (let i = 0; i < literal.length;) {
    if (literal[i] !== ' ') {
      if (text[at] !== literal[i]) return -1;
      i++;
      at++;
      continue;
    }
    if (at < text.length && text[at] !== ' ') return -1;
    while (literal[i] === ' ') i++;
    while (text[at] === ' ') at++;
  }
  return at;
}

interface NumberElement {
  readonly field: 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second';
  readonly form: RegExp;
  readonly max: number;
}

const ONE_OR_TWO = /\d\d?/y;
const TWO = /\d\d/y;

const NUMBERS: Readonly<Record<string, NumberElement>> = {
  '1': { field: 'month', form: ONE_OR_TWO, max: 12 },
  '01': { field: 'month', form: TWO, max: 12 },
  '2': { field: 'day', form: ONE_OR_TWO, max: 99 },
  _2: { field: 'day', form: / ?\d\d?/y, max: 99 },
  '02': { field: 'day', form: TWO, max: 99 },
  __2: { field: 'dayOfYear', form: / {0,2}\d{1,3}/y, max: 366 },
  '002': { field: 'dayOfYear', form: /\d{3}/y, max: 366 },
  '15': { field: 'hour', form: ONE_OR_TWO, max: 23 },
  '3': { field: 'hour', form: ONE_OR_TWO, max: 12 },
  '03': { field: 'hour', form: TWO, max: 12 },
  '4': { field: 'minute', form: ONE_OR_TWO, max: 59 },
  '04': { field: 'minute', form: TWO, max: 59 },
  '5': { field: 'second', form: ONE_OR_TWO, max: 59 },
  '05': { field: 'second', form: TWO, max: 59 },
};

function readElement(element: string, text: string, at: number, read: Read): number {
  const number = NUMBERS[element];
  if (number !== undefined) {
    const digits = matchAt(number.form, text, at);
    const value = Number(digits ?? Number.NaN);
    if (!(value <= number.max) || (number.field === 'month' && value === 0)) return -1;
    read[number.field] = value;
    return at + (digits ?? '').length;
  }
  switch (element) {
    case '2006':
    case '06':
      return readYear(element, text, at, read);
    case 'January':
    case 'Jan': {
      const index = nameIndex(MONTHS, text, at, element === 'Jan');
      read.month = index + 1;
      return index < 0 ? -1 : at + nameLength(MONTHS, index, element === 'Jan');
    }
    case 'Monday':
    case 'Mon': {
      const index = nameIndex(WEEKDAYS, text, at, element === 'Mon');
      return index < 0 ? -1 : at + nameLength(WEEKDAYS, index, element === 'Mon');
    }
    case 'PM':
    case 'pm': {
      const half = text.slice(at, at + 2);
      if (half !== element && half !== `${element === 'PM' ? 'A' : 'a'}${element.charAt(1)}`) return -1;
      read.isPm = half === element;
      return at + 2;
    }
    case 'MST':
      return readZoneName(text, at, read);
    default:
      return /^[.,]/.test(element)
        ? readFraction(text, at, read, element[1] === '0' ? element.length - 1 : 0)
        : readOffset(element, text, at, read);
  }
}

function matchAt(form: RegExp, text: string, at: number): string | undefined {
  form.lastIndex = at;
  return form.exec(text)?.[0];
}

const FOUR = /\d{4}/y;

function readYear(element: string, text: string, at: number, read: Read): number {
  const digits = matchAt(element === '2006' ? FOUR : TWO, text, at);
  if (digits === undefined) return -1;
  const year = Number(digits);
  read.year = element === '2006' ? year : year >= 69 ? year + 1900 : year + 2000;
  return at + digits.length;
}

function nameIndex(names: readonly string[], text: string, at: number, isShort: boolean): number {
  return names.findIndex((name) => {
    const wanted = isShort ? name.slice(0, 3) : name;
    return text.slice(at, at + wanted.length).toLowerCase() === wanted.toLowerCase();
  });
}

function nameLength(names: readonly string[], index: number, isShort: boolean): number {
  return isShort ? 3 : (names[index] ?? '').length;
}

const FRACTION = /[.,]\d+/y;

/** `digits` of them where the layout gives a number, else as many as there are, or none. */
function readFraction(text: string, at: number, read: Read, digits: number): number {
  const fraction = matchAt(FRACTION, text, at);
  if (fraction === undefined || fraction.length - 1 < digits) return digits > 0 ? -1 : at;
  const taken = digits > 0 ? fraction.slice(1, digits + 1) : fraction.slice(1);
  read.nanos = Number(taken.slice(0, 9).padEnd(9, '0'));
  return at + 1 + taken.length;
}

function readOffset(element: string, text: string, at: number, read: Read): number {
  if (element.startsWith('Z') && text[at] === 'Z') {
    read.isUtc = true;
    return at + 1;
  }
  const form = new RegExp(`([+-])${element.slice(1).replaceAll(/\d\d/g, '(\\d\\d)')}`, 'y');
  form.lastIndex = at;
  const match = form.exec(text);
  if (match === null) return -1;
  const [all, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  if (Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) > 59) return -1;
  read.offsetS = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  return at + all.length;
}

const ZONE_NAME = /ChST|MeST|GMT(?:[+-]\d{1,2})?|[+-]\d{2}(?!\d)|[A-Z]{3,5}/y;

function readZoneName(text: string, at: number, read: Read): number {
  if (text.startsWith('UTC', at)) {
    read.isUtc = true;
    return at + 3;
  }
  const name = matchAt(ZONE_NAME, text, at);
  // Five letters end in T, and so do four, but for WITA.
  if (name === undefined || (/^[A-Z]{4,5}$/.test(name) && !name.endsWith('T') && name !== 'WITA')) return -1;
  read.zoneName = name;
  return at + name.length;
}

/** Fills in the day, and refuses what no calendar has. */
function settleDay(read: Read): boolean {
  if (read.isPm === true && read.hour < 12) read.hour += 12;
  else if (read.isPm === false && read.hour === 12) read.hour = 0;
  if (read.dayOfYear > 0) return settleDayOfYear(read);
  if (read.month === 0) read.month = 1;
  if (read.day === 0) read.day = 1;
  return read.day <= daysOfMonth(read.year, read.month);
}

function settleDayOfYear(read: Read): boolean {
  let month = 1;
  let day = read.dayOfYear;
  while (month <= 12 && day > daysOfMonth(read.year, month)) day -= daysOfMonth(read.year, month++);
  if (month > 12 || (read.month > 0 && read.month !== month) || (read.day > 0 && read.day !== day)) return false;
  read.month = month;
  read.day = day;
  return true;
}

function placeInZone(read: Read, zone: Zone): Instant {
  const local = secondsOf(read);
  const { nanos, offsetS, zoneName } = read;
  if (read.isUtc) return { seconds: local, nanos, zone: UTC };
  if (offsetS !== undefined) {
    const seconds = local - offsetS;
    const here = zone.at(seconds);
    const isHere = here.offsetS === offsetS && (zoneName === '' || zoneName === here.abbreviation);
    return { seconds, nanos, zone: isHere ? zone : fixedZone(zoneName, offsetS) };
  }
  if (zoneName !== '') return placeByName(local, nanos, zoneName, zone);
  return { seconds: local - offsetOfLocal(local, zone), nanos, zone };
}

const HALF_YEAR_S = 182 * 86_400;

/** An abbreviation means something in its own zone only; elsewhere it is a name without an offset. */
function placeByName(local: number, nanos: number, zoneName: string, zone: Zone): Instant {
  for (const near of [local, local - HALF_YEAR_S, local + HALF_YEAR_S]) {
    const { abbreviation, offsetS } = zone.at(near);
    if (abbreviation === zoneName) return { seconds: local - offsetS, nanos, zone };
  }
  const hours = zoneName.startsWith('GMT') ? Number(zoneName.slice(3)) : 0;
  return { seconds: local - hours * 3600, nanos, zone: fixedZone(zoneName, hours * 3600) };
}

/** The offset of a zone when its clock shows `local`. Source: Go `time.Date`. */
function offsetOfLocal(local: number, zone: Zone): number {
  const guess = zone.at(local).offsetS;
  return zone.at(local - guess).offsetS;
}
