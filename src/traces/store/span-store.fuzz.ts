// Whatever spans are sent come back by their traces as they were, each once: in any requests, at the same time, some again, and after a restart.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import fc from 'fast-check';

import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { readTrace } from '../read-trace.ts';
import type { StoredTrace } from '../stored-trace.ts';
import { typedText, valueOfTypedText } from '../typed-text.ts';
import type { Span, SpanSource } from '../write.ts';
import { NO_ID, openTestSpans, sourceOf, type TestSpans } from './test-spans.ts';

const directory = await mkdtemp(join(tmpdir(), 'span-store-'));
after(() => rm(directory, { recursive: true, force: true }));

const TRACES = [1, 2, 3];
const SEED = 20_261_122;
const INT64_MAX = 2n ** 63n - 1n;
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\ud800', 'a\udc00b', '😀', "\\'\u0000\n", 'x'.repeat(5000)),
);
const keys = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'http.method',
      'db.statement',
      'a',
      'b',
      '1',
      '0',
      '',
      '__proto__',
      'constructor',
      'toString',
      'k\u0000',
      '"',
    ),
  },
  anyText,
);
const values: fc.Arbitrary<AnyValue> = fc.letrec<{ value: AnyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    fc.bigInt({ min: -(2n ** 63n), max: INT64_MAX }),
    fc.double(),
    fc.constantFrom<AnyValue>(-0, 0, Number.NaN, Infinity, -Infinity, null, true, false, 5e-324, 2 ** 53),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
})).value;
const someAttributes: fc.Arbitrary<Attributes> = fc.oneof(
  { weight: 12, arbitrary: fc.array(fc.record({ key: keys, value: values }), { maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1000, max: 3000 })
      .map((n) => Array.from({ length: n }, (_, i) => ({ key: `many.${i}`, value: BigInt(i) }))),
  },
);
const uint32 = fc.oneof(fc.constantFrom(0, 0xffff_ffff, 2 ** 31), fc.nat());
const times = fc.oneof(
  fc.constantFrom(1n, INT64_MAX, INT64_MAX - 1n, 599_999_999_999n, 600_000_000_000n, 1_700_000_000_123_456_789n),
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_003_000_000_000_000n }),
);
const eventTimes = fc.oneof(fc.constantFrom(0n, INT64_MAX), times);
const anyId = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const parts = { attributes: someAttributes, droppedAttributes: uint32 };

const spans: fc.Arbitrary<Span> = fc
  .record({
    trace: fc.integer({ min: 1, max: TRACES.length }),
    id: fc.integer({ min: 1, max: 1 << 30 }),
    parentId: fc.oneof(
      fc.constant(NO_ID),
      anyId(8).map((id) => id.fill(1, 0, 1)),
    ),
    traceState: anyText,
    flags: uint32,
    name: anyText,
    kind: fc.nat(5),
    ends: fc.tuple(times, times),
    attributes: someAttributes,
    droppedAttributes: uint32,
    events: fc.array(fc.record({ timeNs: eventTimes, name: anyText, ...parts }), { maxLength: 3 }),
    droppedEvents: uint32,
    links: fc.array(fc.record({ traceId: anyId(16), spanId: anyId(8), traceState: anyText, ...parts, flags: uint32 }), { maxLength: 3 }),
    droppedLinks: uint32,
    status: fc.nat(2),
    statusMessage: anyText,
  })
  .map(({ trace, id, ends: [a, b], ...rest }) => ({
    ...rest,
    traceId: Buffer.alloc(16, trace),
    spanId: Buffer.from(id.toString(16).padStart(16, '0'), 'hex'),
    startNs: a < b ? a : b,
    endNs: a < b ? b : a,
  }));
const sources: fc.Arbitrary<SpanSource> = fc.record({
  resource: someAttributes,
  resourceSchemaUrl: anyText,
  scopeName: anyText,
  scopeVersion: anyText,
  scopeAttributes: someAttributes,
  scopeSchemaUrl: anyText,
});
const sent = fc.array(fc.tuple(fc.nat(2), spans), { minLength: 1, maxLength: 12 });
const requests = fc.record({
  sources: fc.array(sources, { minLength: 3, maxLength: 3 }),
  requests: fc.array(sent, { minLength: 1, maxLength: 5 }),
  /** Requests that come again, whole, at the same time. */
  again: fc.array(fc.nat(4), { maxLength: 4 }),
});

type Requests = typeof requests extends fc.Arbitrary<infer T> ? T : never;

async function send({ spanStore }: TestSpans, tenant: string, { sources: whose, requests: all, again }: Requests): Promise<void> {
  const commit = async (which: Requests['requests'][number]): Promise<void> => {
    const write = spanStore.begin(tenant);
    for (const [from, span] of which) assert.ok(write.span(whose[from] ?? sourceOf(''), span, 100));
    const { spans: stored, refusals } = await write.commit();
    assert.deepEqual([stored, refusals], [which.length, []]);
  };
  await Promise.all([...all, ...again.flatMap((at) => all.slice(at, at + 1))].map(commit));
}

const NO_LIMITS = { attributesMax: 0, attributeBytesMax: 0, spanBytesMax: 0, futureWindow: 0 };

test('spans come back as they were sent, each once', async () => {
  // Many at a time: an insert costs more than what is in it.
  const kept = fc.sample(requests, { numRuns: 20, seed: SEED }).map((data, at) => ({ tenant: `t${at}'\\ "`, data }));
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'a'), stack, { limits: NO_LIMITS });
  await Promise.all(kept.map(({ tenant, data }) => send(traces, tenant, data)));
  for (const { tenant, data } of kept) assert.deepEqual(await stored(traces, tenant), expected(data), tenant);
  // Some of the same after a restart again.
  await stack.disposeAsync();
  await using later = new AsyncDisposableStack();
  const reopened = await openTestSpans(join(directory, 'a'), later, { limits: NO_LIMITS, now: () => Number(INT64_MAX / 1_000_000n) + 1 });
  const some = kept.slice(0, 5);
  await Promise.all(some.map(({ tenant, data }) => send(reopened, tenant, data)));
  for (const { tenant, data } of some) assert.deepEqual(await stored(reopened, tenant), expected(data), tenant);
});

test('every typed text has one value', () => {
  fc.assert(
    fc.property(values, (value) => {
      assert.deepEqual(valueOfTypedText(typedText(value)), plain(value));
    }),
    { numRuns: 2000, seed: SEED },
  );
  let deep: AnyValue = 'x"\\';
  for (let depth = 0; depth < 100; depth++) deep = depth % 2 === 0 ? [deep] : new Map([['k', deep]]);
  assert.deepEqual(valueOfTypedText(typedText(deep)), deep);
  assert.ok(typedText(deep).length < 2000);
});

/** What readers give, by trace, in an order of its own. */
async function stored(traces: TestSpans, tenant: string): Promise<unknown> {
  const context = await traces.context(tenant);
  const found = await Promise.all(TRACES.map((n) => readTrace(context, Buffer.alloc(16, n).toString('hex'), { spansMax: 1000 })));
  return sorted(
    found
      .flatMap((trace: StoredTrace | undefined) => trace?.groups ?? [])
      .flatMap(({ source, spans: of }) => of.map((span) => ({ source, span }))),
  );
}

function expected({ sources: whose, requests: all }: Requests): unknown {
  const first = new Map<string, { readonly source: SpanSource; readonly span: Span }>();
  for (const [from, span] of all.flat()) {
    const key = `${Buffer.from(span.traceId).toString('hex')} ${Buffer.from(span.spanId).toString('hex')} ${span.kind} ${span.startNs}`;
    if (!first.has(key)) first.set(key, { source: whose[from] ?? sourceOf(''), span });
  }
  return sorted([...first.values()]);
}

function sorted(all: readonly { readonly source: SpanSource; readonly span: Span }[]): unknown {
  return all.map(normal).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Texts as UTF-8 has them, of keys that are there twice the first, attributes in the order of their keys. */
function normal({ source, span }: { readonly source: SpanSource; readonly span: Span }): { readonly key: string } {
  const { resource, scopeAttributes, resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl } = source;
  const inner = <T extends { readonly attributes: Attributes }>(part: T): T => ({
    ...part,
    ...hexed(part),
    attributes: normalAttributes(part.attributes),
  });
  return {
    key: `${Buffer.from(span.traceId).toString('hex')} ${Buffer.from(span.spanId).toString('hex')} ${span.kind} ${span.startNs}`,
    source: [
      normalAttributes(resource),
      normalAttributes(scopeAttributes),
      ...[resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl].map(wellFormed),
    ],
    span: { ...inner(span), events: span.events.map(inner), links: span.links.map(inner) },
  } as { readonly key: string };
}

function hexed(part: object): object {
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : typeof value === 'string' ? wellFormed(value) : value,
    ]),
  );
}

function normalAttributes(list: Attributes): unknown {
  const byKey = new Map<string, string>();
  for (const { key, value } of list) if (!byKey.has(wellFormed(key))) byKey.set(wellFormed(key), wellFormed(typedText(value)));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

function plain(value: AnyValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Map) return new Map(Array.from(value, ([key, inner]: [string, AnyValue]) => [key, plain(inner)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
