// One syslog message: RFC 5424, and RFC 3164 in the shapes that devices and daemons really send.
//
//   <165>1 2003-10-11T22:14:15.003Z host app 8710 ID47 [id@32473 a="1"] text
//   <34>Oct 11 22:14:15 host su[12]: text         also: no PRI, no host, no tag, a year, fractions, a zone, RFC 3339 times, Cisco's counters
//
// Nothing is refused: what cannot be made out is part of the text, as RFC 3164, section 4.3, has it.

import { isIPv6 } from 'node:net';
import { rfc3339Ns } from './rfc3339.ts';

export interface SyslogMessage {
  /** Numbers of RFC 5424, section 6.2.1; undefined where no priority was sent. */
  readonly facility: number | undefined;
  readonly severity: number | undefined;
  /** Nanoseconds since the epoch; undefined where none was sent. */
  readonly tsNs: bigint | undefined;
  /** The time says nothing below seconds. */
  readonly isWholeSecond: boolean;
  /** Empty where absent. */
  readonly host: string;
  readonly app: string;
  readonly procId: string;
  readonly msgId: string;
  /** `id_name` and value of each parameter of the structured data. */
  readonly structuredData: readonly (readonly [string, string])[];
  readonly text: string;
}

export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'security',
  'console',
  'solaris-cron',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;
export const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'] as const;

const PRIORITY = /^<(\d{1,3})>/;
const PRIORITY_MAX = 191;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Cisco puts a counter before the time, and a mark where its clock is not set. */
const BEFORE_TIME = /^(?:\d{1,10}: )?[*.]?/;
const BSD_TIME =
  /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?: (\d{4})(?=[ :]))?(?: (UTC|GMT|Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})(?=:? ))?:? ?/;
const ISO_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})):? ?/;
const TAG = /^([^\s:[\]]{1,128})(?:\[([^\]\s]{0,128})\])?: ?/;
const HOST = /^([^\s[\]]{1,255}) +/;
const BOM = '\uFEFF';
const DAY_MS = 86_400_000;

/** A message without its framing. `nowMs` tells the year where none was sent. */
export function parseSyslog(given: string, nowMs: number): SyslogMessage {
  const [prefix = '', digits] = PRIORITY.exec(given) ?? [];
  const priority = digits === undefined || Number(digits) > PRIORITY_MAX ? undefined : Number(digits);
  const rest = priority === undefined ? given : given.slice(prefix.length);
  const level = {
    facility: priority === undefined ? undefined : priority >> 3,
    severity: priority === undefined ? undefined : priority & 7,
  };
  const modern = priority === undefined || !rest.startsWith('1 ') ? undefined : parseModern(rest.slice(2));
  return { ...level, ...(modern ?? parseBsd(rest, nowMs)) };
}

type Body = Omit<SyslogMessage, 'facility' | 'severity'>;

/** What follows the version; undefined where it is not of RFC 5424, section 6. */
function parseModern(text: string): Body | undefined {
  let at = 0;
  const fields: string[] = [];
  while (fields.length < 5) {
    const end = text.indexOf(' ', at);
    if (end < 0) return undefined;
    const field = text.slice(at, end);
    fields.push(field === '-' ? '' : field);
    at = end + 1;
  }
  const [time = '', host = '', app = '', procId = '', msgId = ''] = fields;
  const tsNs = time === '' ? undefined : rfc3339Ns(time);
  if (time !== '' && tsNs === undefined) return undefined;
  const structured = parseStructuredData(text, at);
  if (structured === undefined) return undefined;
  const { pairs, end } = structured;
  const message = text.slice(end + 1);
  const body = { tsNs, isWholeSecond: false, host, app, procId, msgId, structuredData: pairs };
  return { ...body, text: message.startsWith(BOM) ? message.slice(1) : message };
}

interface StructuredData {
  readonly pairs: readonly (readonly [string, string])[];
  readonly end: number;
}

/** `-` or elements in brackets. Source: RFC 5424, section 6.3. */
function parseStructuredData(text: string, from: number): StructuredData | undefined {
  if (text[from] === '-') return isEnd(text, from + 1) ? { pairs: [], end: from + 1 } : undefined;
  const pairs: (readonly [string, string])[] = [];
  let at = from;
  while (text[at] === '[') {
    const end = parseElement(text, at + 1, pairs);
    if (end === undefined) return undefined;
    at = end;
  }
  return at > from && isEnd(text, at) ? { pairs, end: at } : undefined;
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === ' ';
}

/** Sticky expressions go over the text once. */
const ELEMENT_ID = /[^\s=\]"]{1,128}/y;
const PARAMETER = /\s+([^\s=\]"]{1,128})="((?:[^"\\]|\\.)*)"/sy;

/** One element from behind its bracket; where it ends. */
function parseElement(text: string, from: number, pairs: (readonly [string, string])[]): number | undefined {
  ELEMENT_ID.lastIndex = from;
  const id = ELEMENT_ID.exec(text)?.[0];
  if (id === undefined) return undefined;
  let at = from + id.length;
  for (;;) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(text);
    if (found === null) return text[at] === ']' ? at + 1 : undefined;
    const [whole, name = '', value = ''] = found;
    pairs.push([`${id}_${name}`, value.replaceAll(/\\(["\\\]])/g, '$1')]);
    at += whole.length;
  }
}

function parseBsd(given: string, nowMs: number): Body {
  const { tsNs, isWholeSecond, rest } = takeTime(given, nowMs);
  // Without a time there is no host either: the text may begin with any word.
  const { host, rest: afterHost } = tsNs === undefined ? { host: '', rest } : takeHost(rest);
  const [tag = '', app = '', procId = ''] = TAG.exec(afterHost) ?? [];
  return { tsNs, isWholeSecond, host, app, procId, msgId: '', structuredData: [], text: afterHost.slice(tag.length) };
}

/** A word before the tag is the host; the tag itself ends in a colon. */
function takeHost(text: string): { readonly host: string; readonly rest: string } {
  const [whole = '', host = ''] = HOST.exec(text) ?? [];
  const isHost = whole !== '' && (isIPv6(host) || !TAG.test(text));
  return isHost ? { host, rest: text.slice(whole.length) } : { host: '', rest: text };
}

interface TakenTime {
  readonly tsNs: bigint | undefined;
  readonly isWholeSecond: boolean;
  readonly rest: string;
}

function takeTime(given: string, nowMs: number): TakenTime {
  const text = given.replace(BEFORE_TIME, '');
  const iso = ISO_TIME.exec(text);
  if (iso !== null) {
    const tsNs = rfc3339Ns((iso[1] ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
    if (tsNs !== undefined) return { tsNs, isWholeSecond: false, rest: text.slice(iso[0].length) };
  }
  const bsd = BSD_TIME.exec(text);
  const tsNs = bsd === null ? undefined : bsdTimeNs(bsd, nowMs);
  if (bsd === null || tsNs === undefined) return { tsNs: undefined, isWholeSecond: false, rest: given };
  return { tsNs, isWholeSecond: bsd[7] === undefined, rest: text.slice(bsd[0].length) };
}

function bsdTimeNs(found: RegExpExecArray, nowMs: number): bigint | undefined {
  const [, monthName = '', day = '', yearBefore, hour = '', minute = '', second = '', fraction = '', yearAfter, zone] = found;
  const month = MONTHS.indexOf(monthName);
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const year = yearBefore ?? yearAfter;
  const at = (y: number): number => zonedMs([y, month, Number(day), Number(hour), Number(minute), Number(second)], zone);
  const ms = year === undefined ? nearestYear(at, nowMs) : at(Number(year));
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The year that brings the time closest to now, as December's messages come in January. */
function nearestYear(at: (year: number) => number, nowMs: number): number {
  const year = new Date(nowMs).getFullYear();
  const candidates = [year, year - 1, year + 1].map(at);
  return candidates.reduce((best, ms) => (Math.abs(ms - nowMs) + DAY_MS < Math.abs(best - nowMs) ? ms : best));
}

type Clock = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** Without a zone, or with one that has only a name, it is the local time of this host. */
function zonedMs(clock: Clock, zone: string | undefined): number {
  const isUtc = zone === 'UTC' || zone === 'GMT' || zone === 'Z';
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (!isUtc && sign === undefined) return new Date(...clock).getTime();
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return Date.UTC(...clock) - (sign === '-' ? -offsetMs : sign === '+' ? offsetMs : 0);
}
