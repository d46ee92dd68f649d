// `GET /api/links`: the links of what the parameters name, for alerts' receivers, scripts and other pages.
//
//   parameters ─▶ LinkSubject ─▶ links.ts ─▶ {"links": [{to, title, url, query}]}
//
// Nothing is read to answer: without times the last hour is meant, whatever the time of the trace.

import type { Clock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import { invalidParameter, timeParam } from '../metrics/api-params.ts';
import { quote } from '../query/scanner.ts';
import { json, plainError, type Route } from '../server/route.ts';
import { KIND_NAMES } from '../traces/traceql/value.ts';
import type { LinkSubject } from './link.ts';
import { linksOf } from './links.ts';
import { kindOf } from './thing.ts';

/** Where the pages stand, below the program's address. */
const PAGES = '/ui';
const HOUR_MS = 3_600_000;
const ATTRIBUTE = 'attributes.';
const TEXTS = ['traceId', 'spanId', 'service', 'operation', 'spanKind', 'server'] as const;
const NAMES: ReadonlySet<string> = new Set<string>([...TEXTS, 'start', 'end']);

/** The route; the clock says what `now` is. */
export function linksRoutes(clock: Clock): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/links',
      summary: 'Links from a trace, a span, a service, an edge between two, or labels to what belongs to them.',
      access: 'read',
      error: plainError,
      handle: ({ query }) => {
        const links = linksOf(readSubject(query, clock.now()));
        return json({ links: links.map((link) => ({ to: link.to, title: link.title, url: `${PAGES}${link.path}`, query: link.query })) });
      },
    },
  ];
}

/** The subject that the parameters name. Throws `bad_data` with the parameter that is wrong. */
export function readSubject(query: URLSearchParams, nowMs: number): LinkSubject {
  for (const name of query.keys()) {
    if (!NAMES.has(name) && !isAttribute(name)) throw invalidParameter(name, `there is none of this name; known are ${knownNames()}`);
  }
  const subject = Object.fromEntries(TEXTS.map((name) => [name, query.get(name) || undefined]));
  const attributes = Object.fromEntries(
    [...query].flatMap(([name, value]) => (isAttribute(name) ? [[name.slice(ATTRIBUTE.length), value]] : [])),
  );
  if (Object.values({ ...subject, ...attributes }).every((value) => value === undefined || value === ''))
    throw new RequestError('bad_data', `nothing to link from: give at least one of ${knownNames()}`);
  checkId('traceId', query.get('traceId') ?? '', 32);
  checkId('spanId', query.get('spanId') ?? '', 16);
  const kind = query.get('spanKind') ?? '';
  if (kind !== '' && kindOf(kind) === undefined)
    throw invalidParameter(
      'spanKind',
      `${quote(kind)} is none of ${KIND_NAMES.map((name) => `SPAN_KIND_${name.toUpperCase()}`).join(', ')}`,
    );
  const traceId = (query.get('traceId') ?? '').padStart(32, '0');
  return { ...subject, ...(subject['traceId'] === undefined ? {} : { traceId }), attributes, ...readTimes(query, nowMs), nowMs };
}

function isAttribute(name: string): boolean {
  return name.startsWith(ATTRIBUTE) && name.length > ATTRIBUTE.length;
}

function knownNames(): string {
  return [...NAMES, `${ATTRIBUTE}<name>`].join(', ');
}

function checkId(name: string, id: string, digits: number): void {
  if (id === '') return;
  const isId = name === 'traceId' ? /^[0-9a-f]{1,32}$/i : /^[0-9a-f]{16}$/i;
  if (!isId.test(id) || /^0+$/.test(id)) throw invalidParameter(name, `${quote(id)} is no id of ${digits} hex digits`);
}

function readTimes(query: URLSearchParams, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const toMs = finiteTime(query, 'end', nowMs);
  const fromMs = finiteTime(query, 'start', toMs - HOUR_MS);
  if (toMs < fromMs) throw invalidParameter('end', 'the end lies before the start');
  return { fromMs, toMs };
}

/** Times that stand for ever are taken elsewhere; a link needs one. */
function finiteTime(query: URLSearchParams, name: string, otherwise: number): number {
  const ms = timeParam(query, name, otherwise);
  if (!Number.isFinite(ms)) throw invalidParameter(name, 'links need a time that is not open');
  return ms;
}
