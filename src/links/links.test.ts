// Links of what pages and alerts start from, as lists of `where: what it asks`; then that no name breaks a query.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../base/request-error.ts';
import { parseLogql } from '../logs/logql/parse.ts';
import { parseExpr } from '../metrics/promql/parse.ts';
import { parseTraceql } from '../traces/traceql/parse.ts';
import { readSubject } from './api.ts';
import type { Link, LinkSubject } from './link.ts';
import { linksOf, servicePath, tracePath } from './links.ts';
import { isTraceId, traceIdsIn } from './trace-ids.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const AT = Date.UTC(2026, 7, 1, 12);
const LOGS_OF_ID = `| regexp "(?P<trace_id>${ID})" | trace_id="${ID}"`;

function of(subject: Omit<LinkSubject, 'fromMs' | 'toMs'>): readonly Link[] {
  return linksOf({ ...subject, fromMs: AT, toMs: AT + 500 });
}

/** Title, and the query or the path without its time. */
function told(links: readonly Link[]): readonly string[] {
  return links.map(({ title, path, query }) => `${title}: ${query?.text ?? path.replace(/[?&]from=.*$/, '')}`);
}

/** `[what, subject, links that are among its own]` */
const cases: readonly (readonly [string, Omit<LinkSubject, 'fromMs' | 'toMs'>, readonly string[]])[] = [
  ['a trace alone', { traceId: ID.toUpperCase() }, [`Trace: /traces/${ID}`, `Logs of this trace: {service_name=~".+"} ${LOGS_OF_ID}`]],
  [
    'an id of 64 bits',
    { traceId: `${'0'.repeat(16)}${SPAN}` },
    [`Logs of this trace: {service_name=~".+"} | regexp "(?P<trace_id>${SPAN})" | trace_id=~"(0{16})?${SPAN}"`],
  ],
  [
    'a span',
    { traceId: ID, spanId: SPAN, service: 'cart', operation: 'GET /cart', spanKind: 'SPAN_KIND_SERVER' },
    [
      `Trace at this span: /traces/${ID}?span=${SPAN}`,
      `Logs of this trace in cart: {service_name="cart"} ${LOGS_OF_ID}`,
      'Logs of cart: {service_name="cart"}',
      'Rate of GET /cart: sum(rate(traces_spanmetrics_calls_total{service="cart", span_name="GET /cart", span_kind="SPAN_KIND_SERVER"}[5m]))',
      'Traces of GET /cart: { resource.service.name = `cart` && name = `GET /cart` && kind = server }',
      'Failed traces of GET /cart: { resource.service.name = `cart` && name = `GET /cart` && kind = server && status = error }',
      'Service cart: /services/cart',
    ],
  ],
  [
    'its pod and host',
    { service: 'cart', attributes: { 'k8s.pod.name': 'cart-1', 'k8s.namespace.name': 'shop', 'host.name': 'h.1' } },
    [
      'Logs of pod cart-1: {service_name="cart"} | k8s_pod_name="cart-1" or pod="cart-1" or pod_name="cart-1"',
      'Memory of pod cart-1: sum by (container) (container_memory_working_set_bytes{pod="cart-1", namespace="shop"})',
      'Free memory of host h.1: node_memory_MemAvailable_bytes{instance=~"h\\\\.1(:[0-9]+)?"}',
    ],
  ],
  [
    'labels of an exemplar',
    { attributes: { service: 'cart', span_name: 'GET /cart', span_kind: 'SPAN_KIND_CLIENT', traceID: ID } },
    [`Trace: /traces/${ID}`, 'Traces of GET /cart: { resource.service.name = `cart` && name = `GET /cart` && kind = client }'],
  ],
  [
    'a line that was sent with OTLP',
    { attributes: { service_name: 'cart', trace_id: ID, span_id: SPAN } },
    [`Trace at this span: /traces/${ID}?span=${SPAN}`],
  ],
  ['a job of OTLP metrics', { attributes: { job: 'shop/cart' } }, ['Logs of cart: {service_name="cart"}']],
  [
    'an edge',
    { service: 'shop', server: 'cart' },
    [
      'Traces of shop → cart: { resource.service.name = `shop` } &> { resource.service.name = `cart` }',
      'Errors of shop → cart: sum(rate(traces_service_graph_request_failed_total{client="shop", server="cart"}[5m]))',
      'Logs of shop: {service_name="shop"}',
      'Service cart: /services/cart',
    ],
  ],
  [
    'an edge of a series',
    { attributes: { client: 'shop', server: 'cart' } },
    ['Service shop: /services/shop', 'Service cart: /services/cart'],
  ],
];

for (const [what, subject, expected] of cases) {
  test(`links of ${what}`, () => {
    const links = told(of(subject));
    for (const each of expected) assert.ok(links.includes(each), `${each}\nis none of\n${links.join('\n')}`);
  });
}

test('what leads nowhere has no links', () => {
  const subjects: readonly Omit<LinkSubject, 'fromMs' | 'toMs'>[] = [
    {},
    { service: '', attributes: {} },
    { traceId: 'none', spanId: SPAN },
    { traceId: '0'.repeat(32) },
    { attributes: { service_name: 'unknown_service' } },
    { attributes: { job: 'shop/' } },
    { operation: 'GET /' },
  ];
  for (const subject of subjects) assert.deepEqual(told(of(subject)), [], JSON.stringify(subject));
});

test('a database sends neither spans nor logs of its own', () => {
  const links = of({ service: 'cart', server: 'orders', attributes: { connection_type: 'database' } });
  assert.match(
    links[0]?.query?.text ?? '',
    /^\{ resource\.service\.name = `cart` && kind = client && \(span\.peer\.service = `orders` \|\| /,
  );
  assert.ok(!links.some(({ title }) => title === 'Logs of orders'));
});

test('times reach as far as it takes to see, and not past now', () => {
  const times = (subject: Omit<LinkSubject, 'fromMs' | 'toMs'>, toMs = AT): Record<string, readonly number[]> =>
    Object.fromEntries(
      linksOf({ ...subject, fromMs: AT, toMs }).map(({ title, path }) => {
        const fields = new URLSearchParams(path.slice(path.indexOf('?')));
        return [title, [Number(fields.get('from')) - AT, Number(fields.get('to')) - toMs].map((ms) => ms / 60_000)];
      }),
    );
  const span = { traceId: ID, service: 'a' };
  const near = times(span);
  assert.deepEqual(near['Logs of this trace in a'], [-1, 1]);
  assert.deepEqual(near['Logs of a'], [-2.5, 2.5]);
  assert.deepEqual(near['Rate of a'], [-30, 30]);
  const long = times(span, AT + 7_200_000);
  assert.deepEqual(long['Rate of a'], [0, 0]);
  assert.deepEqual(long['Logs of this trace in a'], [-1, 1]);
  const now = times({ ...span, nowMs: AT + 60_000 });
  assert.deepEqual(now['Rate of a'], [-30, 1]);
  assert.deepEqual(times({ ...span, nowMs: AT - 60_000 })['Rate of a'], [-30, 0]);
});

test('ids of traces are told by their form, or by their field', () => {
  const mixed = '0123456789abcdef0123456789ABCDEF';
  const told: readonly (readonly [string, string, boolean])[] = [
    ['any', mixed, true],
    ['trace_id', SPAN, true],
    ['traceID', SPAN, true],
    ['otel.trace.id', SPAN, true],
    ['span_id', SPAN, false],
    ['host.id', mixed, false],
    ['request_id', mixed, true],
    ['trace_id', 'none', false],
    ['trace_id', '0'.repeat(32), false],
  ];
  for (const [name, value, expected] of told) assert.equal(isTraceId(name, value), expected, `${name} ${value}`);
  const fields = [
    ['request', ID],
    ['trace_id', mixed.toLowerCase()],
    ['traceid', SPAN],
  ] as const;
  assert.deepEqual(traceIdsIn(fields, `a ${mixed} b x${ID} ${'0'.repeat(32)}`), [mixed.toLowerCase(), SPAN, ID]);
  assert.equal(tracePath(mixed), `/traces/${mixed.toLowerCase()}`);
});

const PARSE = { promql: parseExpr, logql: parseLogql, traceql: parseTraceql } as const;
const hard = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '`',
        '\n',
        '\r',
        '\0',
        '{',
        '}',
        '|',
        "'",
        '\ud800',
        '\udc80',
        '\u2028',
        '/',
        '?',
        '#',
        '%',
        '.',
        '$',
        '(',
        'é',
        ' ',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);

test('no name breaks a query or an address', () => {
  const subject = fc.record(
    {
      service: hard,
      operation: hard,
      server: hard,
      spanKind: fc.oneof(hard, fc.constant('SPAN_KIND_CLIENT')),
      traceId: fc.oneof(hard, fc.constant(ID)),
      attributes: fc.dictionary(fc.oneof(hard, fc.constantFrom('pod', 'host', 'namespace', 'job', 'connection_type')), hard),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(subject, (given) => {
      for (const { path, query } of of(given)) {
        assert.equal(
          new URL(path, 'http://a').pathname.split('/').length,
          path.startsWith('/services/') || path.startsWith(`/traces/`) ? 3 : 2,
          path,
        );
        if (query === undefined) continue;
        PARSE[query.language](query.text);
        const asked = new URLSearchParams(path.slice(path.indexOf('?'))).get('q');
        assert.equal(asked, query.text.toWellFormed());
      }
    }),
    { numRuns: 1000, seed: 5 },
  );
});

test('a query asks for the name that it was given', () => {
  fc.assert(
    fc.property(
      hard.filter((name) => name !== '' && name.isWellFormed()),
      (service) => {
        const logs = of({ service }).find(({ to }) => to === 'logs')?.query?.text ?? '';
        const parsed = parseLogql(logs);
        assert.deepEqual(parsed.kind === 'log' && parsed.matchers.map(({ value }) => value), [service]);
        assert.equal(decodeURIComponent(servicePath(service)), `/services/${service}`);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

test('parameters name a subject', () => {
  const read = (query: string): LinkSubject => readSubject(new URLSearchParams(query), AT);
  const subject = read(`traceId=${ID}&service=a&attributes.k8s.pod.name=p&start=${AT / 1000 - 60}&end=2026-08-01T12:00:00Z`);
  assert.deepEqual({ ...subject.attributes }, { 'k8s.pod.name': 'p' });
  assert.deepEqual([subject.traceId, subject.service, subject.fromMs, subject.toMs], [ID, 'a', AT - 60_000, AT]);
  assert.deepEqual(
    [read('service=a').fromMs, read('service=a').toMs, read('service=a&end=10').fromMs],
    [AT - 3_600_000, AT, 10_000 - 3_600_000],
  );
  assert.equal(read('traceId=f00').traceId, 'f00'.padStart(32, '0'));
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /nothing to link from: give at least one of traceId, /],
  ['service=&attributes.x=', /nothing to link from/],
  ['traceId=xyz', /"traceId": "xyz" is no id of 32 hex digits/],
  [`traceId=${'0'.repeat(32)}`, /"traceId"/],
  ['spanId=12', /"spanId": "12" is no id of 16 hex digits/],
  ['service=a&spanKind=SERVERS', /"spanKind": "SERVERS" is none of SPAN_KIND_UNSPECIFIED, /],
  ['service=a&start=yesterday', /"start": cannot parse "yesterday"/],
  ['service=a&start=20&end=10', /"end": the end lies before the start/],
  ['service=a&end=292277025-08-18T07:12:54.999Z', /"end"/],
  ['servcie=a', /"servcie": there is none of this name; known are /],
  ['attributes.=a', /"attributes\."/],
];

for (const [query, message] of wrong) {
  test(`refuses ${query}`, () => {
    assert.throws(
      () => readSubject(new URLSearchParams(query), AT),
      (error) => error instanceof RequestError && error.code === 'bad_data' && message.test(error.message),
    );
  });
}
