// For the tests of Jaeger's query service: a store of its own with some traces in it, asked through the routes.

import assert from 'node:assert/strict';
import { RequestError } from '../../base/request-error.ts';
import { silentLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import type { Reply, Request } from '../../server/route.ts';
import { Router } from '../../server/router.ts';
import { openSpanStore } from '../store/open-span-store.ts';
import { spanRead } from '../read-context.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import type { Span, SpanSource } from '../write.ts';
import { jaegerQueryRoutes } from './query-routes.ts';

// Some seconds before a block of time ends, so that traces go across.
export const START_US = 1_700_000_399_000_000n;
export const clock = { now: () => Number(START_US / 1000n) + 60_000 };
const [SERVER, CLIENT] = [2, 3];

export type Parameters = Readonly<Record<string, string | readonly string[]>>;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks a path below `/jaeger/api` for what the tenants have. */
export type Ask = (path: string, query?: Parameters) => Promise<Answer>;

export interface JaegerSettings {
  /** Spans of a trace that are shown. */
  readonly spansMax?: number;
  /** What every read lacks, while there is any. */
  readonly lacks?: readonly string[];
}

/** Opens a store in a directory of its own and writes the traces. */
export async function openTestJaeger(
  directory: string,
  stack: AsyncDisposableStack,
  { spansMax = 100, lacks = [] }: JaegerSettings = {},
): Promise<Ask> {
  const { limits } = loadConfig({ file: undefined, flags: [] }, {});
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const limitsOf = () => ({ ...limits, traces: { ...limits.traces, traceSpansMax: spansMax } });
  const spans = stack.use(await openSpanStore({ store, limitsOf, clock, metrics: new SelfMetrics() }));
  const { catalogues } = spans.options;
  const options = { client: store.client, catalogues, held: undefined, clock, limitsOf, flush: () => spans.flush() };
  const router = new Router(
    jaegerQueryRoutes({
      clock,
      limitsOf,
      log: silentLog,
      slowQueryMs: () => 0,
      readContext: async (reader) => ({ ...(await spanRead(options, reader)), warnings: [...lacks] }),
    }),
  );
  const write = spans.begin('a');
  for (const [source, span] of loaded()) assert.ok(write.span(source, span, 100));
  assert.deepEqual((await write.commit()).refusals, []);
  return (path, query) => ask(router, path, query);
}

function list(values: Readonly<Record<string, AnyValue>>): readonly KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function source(service: string, more: Readonly<Record<string, AnyValue>> = {}): SpanSource {
  const resource = list({ ...(service === '' ? {} : { 'service.name': service }), ...more });
  return { resource, resourceSchemaUrl: '', scopeName: 'lib', scopeVersion: '1', scopeAttributes: [], scopeSchemaUrl: '' };
}

function id(length: number, last: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[length - 1] = last;
  return bytes;
}

/** A span of the trace `n`; 0 is no parent. */
function span(n: number, own: number, parent: number, more: Partial<Span> = {}): Span {
  const startNs = (START_US + BigInt(own) * 1_000_000n) * 1000n;
  return {
    traceId: id(16, n),
    spanId: id(8, own),
    parentId: parent === 0 ? new Uint8Array(0) : id(8, parent),
    traceState: '',
    flags: 1,
    name: `op-${own}`,
    kind: 1,
    startNs,
    endNs: startNs + 5_000_000n,
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status: 0,
    statusMessage: '',
    ...more,
  };
}

const WEB = source('web', { 'host.name': 'h1' });
const SHOP = source('shop');
const STOCK = source('stock');

function loaded(): readonly (readonly [SpanSource, Span])[] {
  const event = { timeNs: (START_US + 1n) * 1000n, name: 'sent', attributes: list({ n: 1n }), droppedAttributes: 0 };
  const link = { traceId: id(16, 9), spanId: id(8, 9), traceState: '', attributes: [], droppedAttributes: 0, flags: 0 };
  const tags = list({ 'http.status_code': 500n, ratio: 0.5, ok: true, big: 2n ** 60n, raw: Uint8Array.of(1, 2), list: ['a'] });
  return [
    [
      WEB,
      span(1, 1, 0, {
        kind: CLIENT,
        name: 'get /',
        attributes: tags,
        events: [event],
        links: [link],
        status: 2,
        statusMessage: 'no',
        traceState: 'a=b',
      }),
    ],
    [SHOP, span(1, 2, 1, { kind: SERVER })],
    [SHOP, span(1, 3, 2)],
    [STOCK, span(1, 4, 3, { kind: SERVER })],
    [STOCK, span(1, 5, 99, { kind: SERVER })], // its parent never came
    // Both sides of a call under one id, and what is below it.
    [WEB, span(2, 1, 0, { kind: CLIENT })],
    [SHOP, span(2, 1, 0, { kind: SERVER })],
    [STOCK, span(2, 6, 1)],
    [source(''), span(3, 7, 0)],
  ];
}

async function ask(router: Router, path: string, query: Parameters = {}): Promise<Answer> {
  const match = router.find('GET', `/jaeger/api${path}`);
  if (match.kind !== 'route') throw new Error(`no route ${path}`);
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) parameters.append(name, value);
  const request: Request = {
    id: '',
    method: 'GET',
    path,
    params: match.params(),
    query: parameters,
    tenants: ['a'],
    accept: '',
    headers: {},
    contentType: { type: '', params: {} },
    body: new Uint8Array(),
    signal: new AbortController().signal,
  };
  try {
    return await answered(await match.route.handle(request));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return answered(match.route.error(error));
  }
}

async function answered({ status, body = '', headers = {} }: Reply): Promise<Answer> {
  let text = '';
  if (typeof body === 'string') text = body;
  else if (!(body instanceof Uint8Array)) for await (const piece of body) text += String(piece);
  return { status, text, headers };
}
