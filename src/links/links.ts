// Links from anything to what belongs to it. Pure: the pages call it in the browser, the API and alerts in the server.
//
//   LinkSubject ─▶ thing.ts: what it is about ─▶ link-queries.ts: texts of queries ─▶ links with their times
//
// A link promises nothing about what is there: it is made of names alone, and nothing is read to make it.

import type { Link, LinkSubject, LinkTarget } from './link.ts';
import { LOGS, METRICS, TRACES } from './link-queries.ts';
import { type Thing, thingOf } from './thing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Lines of a trace may be written before its first span begins and after its last has ended; clocks of hosts differ. */
const TRACE_PAD_MS = MINUTE;
/** Lines around a moment. */
const LINES_LEAST_MS = 5 * MINUTE;
/** What is about many requests shows at least this long, so that what is usual can be seen. */
const MANY_LEAST_MS = 60 * MINUTE;

interface Times {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The links of a subject, those that are nearest to it first; none where nothing is known that leads anywhere. */
export function linksOf(subject: LinkSubject): readonly Link[] {
  const thing = thingOf(subject);
  const times = timesOf(subject);
  return [
    ...traceLinks(thing, times),
    ...(thing.server === undefined ? serviceLinks(thing, times) : edgeLinks(thing, thing.server, times)),
    ...placeLinks(thing, times),
  ];
}

/** The path of a trace's page; with a span it opens there. */
export function tracePath(traceId: string, spanId?: string): string {
  return `/traces/${traceId.toLowerCase()}${spanId === undefined ? '' : `?span=${spanId.toLowerCase()}`}`;
}

/** The path of a service's page. */
export function servicePath(service: string): string {
  return `/services/${encodeURIComponent(service.toWellFormed())}`;
}

interface SubjectTimes {
  /** Of the lines of one trace. */
  readonly trace: Times;
  /** Of lines around it. */
  readonly lines: Times;
  /** Of metrics, and of searches for traces. */
  readonly many: Times;
}

function timesOf({ fromMs, toMs, nowMs = Number.POSITIVE_INFINITY }: LinkSubject): SubjectTimes {
  const padded = (padMs: number): Times => ({
    fromMs: Math.floor(fromMs - padMs),
    toMs: Math.ceil(Math.max(toMs, Math.min(toMs + padMs, nowMs))),
  });
  const atLeast = (leastMs: number): Times => padded(Math.max(0, (leastMs - (toMs - fromMs)) / 2));
  return { trace: padded(TRACE_PAD_MS), lines: atLeast(LINES_LEAST_MS), many: atLeast(MANY_LEAST_MS) };
}

function traceLinks({ traceId, spanId, service }: Thing, times: SubjectTimes): readonly Link[] {
  if (traceId === undefined) return [];
  const title = service === undefined ? 'Logs of this trace' : `Logs of this trace in ${service}`;
  return [
    page('trace', spanId === undefined ? 'Trace' : 'Trace at this span', tracePath(traceId, spanId), times.trace),
    logs(title, LOGS.ofTrace(traceId, service), times.trace),
  ];
}

function serviceLinks(thing: Thing, times: SubjectTimes): readonly Link[] {
  const { service, operation } = thing;
  if (service === undefined) return [];
  const what = operation ?? service;
  return [
    logs(`Logs of ${service}`, LOGS.ofService(service), times.lines),
    metrics(`Rate of ${what}`, METRICS.rate(thing), times.many),
    metrics(`Errors of ${what}`, METRICS.errors(thing), times.many),
    metrics(`Duration of ${what}`, METRICS.duration(thing), times.many),
    traces(`Traces of ${what}`, TRACES.ofService(thing), times.many),
    traces(`Failed traces of ${what}`, TRACES.failed(thing), times.many),
    ...servicePages(service, times),
  ];
}

/** No address leads to a name of dots alone: it would be a way upwards. */
function servicePages(service: string, times: SubjectTimes): readonly Link[] {
  return /^\.\.?$/.test(service) ? [] : [page('service', `Service ${service}`, servicePath(service), times.many)];
}

function edgeLinks({ service, connection }: Thing, server: string, times: SubjectTimes): readonly Link[] {
  if (service === undefined) return serviceLinks({ ...NOTHING, service: server }, times);
  const edge = `${service} → ${server}`;
  const hasSpans = connection !== 'database' && connection !== 'virtual_node';
  return [
    traces(`Traces of ${edge}`, TRACES.ofEdge(service, server, connection), times.many),
    metrics(`Rate of ${edge}`, METRICS.edgeRate(service, server), times.many),
    metrics(`Errors of ${edge}`, METRICS.edgeErrors(service, server), times.many),
    metrics(`Duration of ${edge}`, METRICS.edgeDuration(service, server), times.many),
    ...[service, ...(hasSpans ? [server] : [])].flatMap((name) => [
      logs(`Logs of ${name}`, LOGS.ofService(name), times.lines),
      ...servicePages(name, times),
    ]),
  ];
}

const NOTHING: Thing = {
  traceId: undefined,
  spanId: undefined,
  service: undefined,
  operation: undefined,
  kind: undefined,
  server: undefined,
  connection: undefined,
  pod: undefined,
  namespace: undefined,
  host: undefined,
};

function placeLinks(thing: Thing, times: SubjectTimes): readonly Link[] {
  const { pod, host, service } = thing;
  const ofPod = (name: string): readonly Link[] => [
    logs(`Logs of pod ${name}`, LOGS.ofPod(name, service), times.lines),
    metrics(`CPU of pod ${name}`, METRICS.podCpu(thing), times.many),
    metrics(`Memory of pod ${name}`, METRICS.podMemory(thing), times.many),
  ];
  const ofHost = (name: string): readonly Link[] => [
    logs(`Logs of host ${name}`, LOGS.ofHost(name, undefined), times.lines),
    metrics(`CPU of host ${name}`, METRICS.hostCpu(name), times.many),
    metrics(`Free memory of host ${name}`, METRICS.hostMemory(name), times.many),
  ];
  return [...(pod === undefined ? [] : ofPod(pod)), ...(host === undefined ? [] : ofHost(host))];
}

function logs(title: string, text: string, times: Times): Link {
  return { to: 'logs', title, path: pathOf('/logs', times, text), query: { language: 'logql', text } };
}

function metrics(title: string, text: string, times: Times): Link {
  return { to: 'metrics', title, path: pathOf('/metrics', times, text), query: { language: 'promql', text } };
}

function traces(title: string, text: string, times: Times): Link {
  return { to: 'traces', title, path: pathOf('/traces', times, text), query: { language: 'traceql', text } };
}

function page(to: LinkTarget, title: string, path: string, times: Times): Link {
  return { to, title, path: pathOf(path, times), query: undefined };
}

function pathOf(path: string, { fromMs, toMs }: Times, query?: string): string {
  const fields = new URLSearchParams({ ...(query === undefined ? {} : { q: query }), from: String(fromMs), to: String(toMs) });
  return `${path}${path.includes('?') ? '&' : '?'}${fields.toString()}`;
}
