// What metrics over stored spans are tested with: traces of services with attributes of every type, and queries over them.

import fc from 'fast-check';

import type { Attributes, AnyValue } from '../../otlp/any-value.ts';
import { BLOCK_NS } from '../table.ts';
import type { Span, SpanSource } from '../write.ts';

export const SEED = 20_261_122;
export const START_NS = 1_700_000_000_000_000_000n;
const SPAN_NS = 600_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

export interface WrittenSpan {
  readonly source: SpanSource;
  readonly span: Span;
}

const SOURCES: readonly SpanSource[] = [
  source({ 'service.name': 'shop', region: 'eu' }, 'http'),
  source({ 'service.name': 'shop', region: 'us', foo: 'of the resource' }, 'http'),
  source({ 'service.name': 'cart', weight: 7n }, 'db'),
  source({ region: 'eu' }, ''),
];

function source(resource: Readonly<Record<string, AnyValue>>, scopeName: string): SpanSource {
  return { resource: attributes(resource), resourceSchemaUrl: '', scopeName, scopeVersion: '1', scopeAttributes: [], scopeSchemaUrl: '' };
}

function attributes(record: Readonly<Record<string, AnyValue>>): Attributes {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

const BLOCK_EDGE = BLOCK_NS - (START_NS % BLOCK_NS);

const anyValue = fc.oneof(
  fc.constantFrom<AnyValue>('a', 'b', '', 'nil', true, false, null),
  fc.bigInt({ min: -5n, max: 70n }),
  fc.constantFrom<AnyValue>(1n << 40n, 0.5, 200, -3.25, ['x', 'y'], [1n, 2n]),
  fc.constantFrom<AnyValue>(-(2n ** 63n), NaN, Infinity, -0, 2 ** 53),
);

const nested = fc.dictionary(fc.constantFrom('foo', 'exception.type'), fc.oneof(fc.constantFrom<AnyValue>('a', 'b'), anyValue), {
  maxKeys: 2,
});

const spanParts = fc.record({
  source: fc.constantFrom(...SOURCES),
  name: fc.constantFrom('GET /', 'POST /', 'query'),
  kind: fc.nat(5),
  status: fc.nat(2),
  // Also right at the ends of steps.
  after: fc.oneof(
    fc.bigInt({ min: 0n, max: SPAN_NS }),
    fc.nat(20).map((minutes) => BigInt(minutes) * 30_000_000_000n),
    // In blocks of time before and after, some of them too far away to be looked at; and right at the ends of blocks.
    fc.bigInt({ min: -40n * MINUTE_NS, max: 50n * MINUTE_NS }),
    fc
      .tuple(fc.integer({ min: -2, max: 3 }), fc.bigInt({ min: -1n, max: 1n }))
      .map(([blocks, more]) => BLOCK_EDGE + BigInt(blocks) * BLOCK_NS + more),
  ),
  duration: fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: 3_000_000_000n })),
  parent: fc.option(fc.nat(5), { nil: undefined }),
  attributes: fc.dictionary(fc.constantFrom('foo', 'http.method', 'http.status_code', 'size', 'weight', 'rare key'), anyValue, {
    maxKeys: 4,
  }),
  events: fc.array(nested, { maxLength: 3 }),
  links: fc.array(nested, { maxLength: 2 }),
});

/** Some hundred spans in traces of a few each. */
export function writtenSpans(): readonly WrittenSpan[] {
  const traces = fc.sample(fc.array(spanParts, { minLength: 1, maxLength: 6 }), { numRuns: 150, seed: SEED });
  return traces.flatMap((parts, trace) =>
    parts.map(({ parent, after, duration, ...part }, at): WrittenSpan => {
      const startNs = START_NS + after;
      const hasParent = parent !== undefined && parent < at;
      return {
        source: part.source,
        span: {
          traceId: id(16, trace + 1),
          spanId: id(8, trace * 10 + at + 1),
          parentId: hasParent ? id(8, trace * 10 + parent + 1) : new Uint8Array(0),
          traceState: '',
          flags: 0,
          name: part.name,
          kind: part.kind,
          startNs,
          endNs: startNs + duration,
          attributes: attributes(part.attributes),
          droppedAttributes: 0,
          events: part.events.map((each) => ({ timeNs: startNs, name: 'event', attributes: attributes(each), droppedAttributes: 0 })),
          droppedEvents: 0,
          links: part.links.map((each) => ({
            traceId: id(16, trace + 2),
            spanId: id(8, at + 1),
            traceState: '',
            attributes: attributes(each),
            droppedAttributes: 0,
            flags: 0,
          })),
          droppedLinks: 0,
          status: part.status,
          statusMessage: part.status === 2 ? 'failed' : '',
        },
      };
    }),
  );
}

function id(bytes: number, number: number): Uint8Array {
  const result = new Uint8Array(bytes).fill(1);
  new DataView(result.buffer).setUint32(bytes - 4, number * 2_654_435);
  return result;
}

const filters = fc.constantFrom(
  '{ }',
  '{ status = error }',
  '{ span.foo = "a" || .http.method = "b" }',
  '{ duration > 100ms && resource.service.name = "shop" }',
  '{ .foo != nil }',
  '{ span.size >= 10 } | { kind = server }',
  '{ status = error } || { name = "query" }',
  '{ .foo = "a" } && { status = error }',
  '{ } >> { status = error }',
  '{ } | count() > 2',
  '{ span.size + 1 > 20 }',
  '{ span.http.status_code =~ "a.*" }',
  '{ rootName = "GET /" }',
  '{ rootServiceName != "shop" && kind = server }',
  '{ rootServiceName =~ "<.*" || !(rootName =~ "GET.*") }',
  '{ traceDuration > 5m }',
  '{ traceDuration < duration * 2 }',
  '{ rootName = name }',
  '{ rootServiceName = "cart" } >> { status = error }',
  '{ rootName = "query" } | count() > 1',
  '{ event.exception.type = "a" }',
  '{ link.foo != nil && .exception.type = "a" }',
);
const fields = fc.constantFrom(
  'resource.service.name',
  'span.foo',
  '.foo',
  'name',
  'status',
  'kind',
  'resource.region',
  'instrumentation:name',
  'span."rare key"',
  '.weight',
  'nestedSetLeft',
  'rootName',
  'rootServiceName',
  'traceDuration',
  'event.foo',
);
const by = fc.array(fields, { maxLength: 3 }).map((list) => (list.length === 0 ? '' : ` by(${[...new Set(list)].join(', ')})`));
const measured = fc.constantFrom('duration', 'span.size', '.weight', 'span.http.status_code', 'span.missing', 'traceDuration');
const aggregates = fc.oneof(
  fc.constantFrom('rate()', 'count_over_time()'),
  fc
    .tuple(fc.constantFrom('min_over_time', 'max_over_time', 'avg_over_time', 'sum_over_time', 'histogram_over_time'), measured)
    .map(([fn, field]) => `${fn}(${field})`),
  measured.map((field) => `quantile_over_time(${field}, .5, .99, 1)`),
);
const seconds = fc.constantFrom('', '', ' | topk(2)', ' | bottomk(1)', ' > 1', ' <= 2 | topk(3)');

export const pipelines = fc.tuple(filters, aggregates, by, seconds).map((parts) => `${parts[0]} | ${parts[1]}${parts[2]}${parts[3]}`);
export const metricsQueries = fc.oneof(
  { weight: 4, arbitrary: pipelines },
  fc.tuple(pipelines, fc.constantFrom('+', '-', '*', '/'), pipelines).map(([a, op, b]) => `(${a}) ${op} (${b})`),
  fc.tuple(pipelines, fc.constantFrom('+ 1', '/ 0', '* -2.5')).map(([a, rest]) => `(${a}) ${rest}`),
);
export const compares = fc
  .tuple(
    filters,
    fc.constantFrom(
      '{ status = error }',
      '{ duration > 100ms }',
      '{ span.foo + 1 > 3 }',
      '{ .foo = "a" }',
      '{ traceDuration > 5m }',
      '{ rootName = name }',
    ),
    fc.constantFrom('', ', 2', `, 3, ${START_NS}, ${START_NS + SPAN_NS / 2n}`),
  )
  .map(([filter, selection, rest]) => `${filter} | compare(${selection}${rest})`);
