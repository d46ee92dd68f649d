// What searches are tested with: spans of every kind that senders send, and queries over them.

import { Buffer } from 'node:buffer';
import fc from 'fast-check';

import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { attribute } from '../../otlp/any-value.ts';
import { attributeValue, valuesTogether } from '../api/attribute-value.ts';
import type { NsRange } from '../catalogue.ts';
import { kindValue, statusValue } from '../plan/compile-value.ts';
import { NO_ROOT } from './trace-facts.ts';
import type { Field } from '../traceql/ast.ts';
import type { SpanView, TraceView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';
import type { Span, SpanSource } from '../write.ts';

export const SEED = 20_261_121;
export const START_NS = 1_700_000_000_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

export interface MadeSpan {
  readonly source: SpanSource;
  readonly span: Span;
}

const strings = fc.constantFrom('GET', 'POST', 'get', '', 'a.b', 'Straße', '😀', '\uffee', 'x\ny', "it's", '\\', '5', 'true', '\u0000');
const ints = fc.constantFrom(0n, 1n, -1n, 5n, 200n, 500n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n));
const doubles = fc.constantFrom(0, -0, 0.5, 5, 200, -1.25, 1e300, Number.NaN, Infinity, 2 ** 53);
const scalars: fc.Arbitrary<AnyValue> = fc.oneof(strings, ints, doubles, fc.boolean());
const lists: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.array(strings, { maxLength: 3 }),
  fc.array(ints, { maxLength: 3 }),
  fc.array(scalars, { maxLength: 3 }),
);
const anything: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 4, arbitrary: scalars },
  lists,
  fc.constantFrom<AnyValue>(null, Buffer.from('bytes'), new Map([['k', 1n]])),
);

function attributes(values: Readonly<Record<string, fc.Arbitrary<AnyValue>>>): fc.Arbitrary<Attributes> {
  return fc
    .record(values, { requiredKeys: [] })
    .map((record) => Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])));
}

const sources = fc.record({
  resource: attributes({ 'service.name': fc.constantFrom('shop', 'cart', 'db'), foo: scalars, pod: ints, zone: strings }),
  resourceSchemaUrl: fc.constant(''),
  scopeName: fc.constantFrom('', 'http', 'grpc'),
  scopeVersion: fc.constantFrom('', '1.0'),
  scopeAttributes: attributes({ foo: strings, bar: ints }),
  scopeSchemaUrl: fc.constant(''),
});

const ofSpans = attributes({
  'http.status_code': fc.oneof({ weight: 8, arbitrary: fc.constantFrom(200n, 404n, 500n) }, fc.constantFrom<AnyValue>('500', 500.5, 500)),
  'http.method': fc.constantFrom('GET', 'POST', 'PUT'),
  'user.id': strings,
  flag: fc.boolean(),
  count: fc.oneof(ints, doubles),
  foo: scalars,
  list: lists,
  mix: anything,
});

const events = fc.array(
  fc.record({
    timeNs: fc.bigInt({ min: 0n, max: 1000n }),
    name: fc.constantFrom('exception', 'message', ''),
    attributes: attributes({ 'exception.type': strings, foo: scalars, code: ints, same: fc.boolean() }),
    droppedAttributes: fc.constant(0),
  }),
  { maxLength: 3 },
);

const id = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.fill(1, 0, 1));

const links = fc.array(
  fc.record({
    traceId: id(16),
    spanId: id(8),
    traceState: fc.constant(''),
    attributes: attributes({ kind: strings, foo: ints }),
    droppedAttributes: fc.constant(0),
    flags: fc.constant(0),
  }),
  { maxLength: 2 },
);

interface Drawn {
  readonly source: number;
  /** Place in the trace of the parent; -1 for a root, -2 for one that is not there. */
  readonly parent: number;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly statusMessage: string;
  readonly afterNs: bigint;
  readonly durationNs: bigint;
  readonly attributes: Attributes;
  readonly events: readonly Span['events'][number][];
  readonly links: readonly Span['links'][number][];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  source: fc.nat(7),
  parent: fc.oneof({ weight: 5, arbitrary: fc.nat(20) }, fc.constantFrom(-1, -2)),
  name: fc.constantFrom('GET /', 'query', 'send', 'ünï'),
  kind: fc.nat(6),
  status: fc.nat(2),
  statusMessage: fc.constantFrom('', '', 'broken'),
  afterNs: fc.oneof(fc.bigInt({ min: 0n, max: 5_000_000_000n }), fc.bigInt({ min: 0n, max: 15n * MINUTE_NS })),
  durationNs: fc.oneof(fc.constantFrom(0n, 1_000_000n, 100_000_000n), fc.bigInt({ min: 0n, max: 3_000_000_000n })),
  attributes: ofSpans,
  events,
  links,
});

const traces = fc.record({
  startNs: fc.bigInt({ min: 0n, max: 100n * MINUTE_NS }),
  spans: fc.array(drawn, { minLength: 1, maxLength: 9 }),
  hasRoot: fc.boolean(),
});

/** The same with every run. */
export function madeSpans(count: number): readonly MadeSpan[] {
  const [known = []] = fc.sample(fc.array(sources, { minLength: 8, maxLength: 8 }), { numRuns: 1, seed: SEED });
  return fc.sample(traces, { numRuns: count, seed: SEED }).flatMap(({ startNs, spans, hasRoot }, number) =>
    spans.map((span, at) => ({
      source: known[span.source] ?? known[0] ?? NO_SOURCE,
      span: {
        traceId: idBytes(16, number + 1),
        spanId: idBytes(8, number * 100 + at + 1),
        parentId: parentOf(span.parent, { number, at, hasRoot }),
        traceState: '',
        flags: 0,
        name: span.name,
        kind: span.kind,
        startNs: START_NS + startNs + span.afterNs,
        endNs: START_NS + startNs + span.afterNs + span.durationNs,
        attributes: span.attributes,
        droppedAttributes: 0,
        events: span.events.map((event) => ({ ...event, timeNs: START_NS + startNs + span.afterNs + event.timeNs })),
        droppedEvents: 0,
        links: span.links,
        droppedLinks: 0,
        status: span.status,
        statusMessage: span.statusMessage,
      },
    })),
  );
}

const NO_SOURCE: SpanSource = {
  resource: [],
  resourceSchemaUrl: '',
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: [],
  scopeSchemaUrl: '',
};

function idBytes(length: number, number: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  // Spread, as ids are.
  bytes.writeUInt32BE(Math.imul(number, 0x9e3779b1) >>> 0, 0);
  bytes.writeUInt32BE(number, length - 4);
  return bytes;
}

function parentOf(parent: number, { number, at, hasRoot }: { number: number; at: number; hasRoot: boolean }): Uint8Array {
  if (at === 0 || parent === -1) return hasRoot ? new Uint8Array(0) : idBytes(8, 900_000 + number);
  return parent === -2 ? idBytes(8, 800_000 + at) : idBytes(8, number * 100 + (parent % at) + 1);
}

// What the evaluation is given: the same spans without a store between.

/** All traces, their spans in order of time and id. */
export function traceViews(spans: readonly MadeSpan[], range: NsRange): readonly TraceView[] {
  const views = spans.map((made) => spanView(made, range));
  const byTrace = Map.groupBy(
    views.map((view, at) => ({ view, made: spans[at] })),
    ({ view }) => view.traceId,
  );
  return [...byTrace].map(([traceId, those]) => {
    const ordered = those.toSorted((a, b) => inOrder(a.view, b.view));
    const root = ordered.find(({ view }) => view.parentId === '')?.made;
    const startNs = ordered[0]?.view.startNs ?? 0n;
    const endNs = those.reduce((last, { view }) => (view.startNs + view.durationNs > last ? view.startNs + view.durationNs : last), 0n);
    const service = root === undefined ? NO_ROOT : attribute(root.source.resource, 'service.name');
    return {
      traceId,
      rootName: root?.span.name ?? NO_ROOT,
      rootServiceName: typeof service === 'string' ? service : '',
      startNs,
      durationNs: endNs - startNs,
      spans: ordered.map(({ view }) => view),
    };
  });
}

function inOrder(a: SpanView, b: SpanView): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return a.spanId < b.spanId ? -1 : 1;
}

function spanView({ source, span }: MadeSpan, range: NsRange): SpanView {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentId: hex(span.parentId),
    startNs: span.startNs,
    durationNs: span.endNs - span.startNs,
    isInRange: span.startNs >= range.fromNs && span.startNs < range.toNs,
    value: (field) => valueOf({ source, span }, field),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function valueOf({ source, span }: MadeSpan, field: Field): Value {
  if (field.type === 'intrinsic') return intrinsicOf({ source, span }, field.name);
  const own = attributeValue(attribute(span.attributes, field.name));
  const resource = attributeValue(attribute(source.resource, field.name));
  const ofEvents = together(span.events, field.name);
  const ofLinks = together(span.links, field.name);
  const scope = attributeValue(attribute(source.scopeAttributes, field.name));
  switch (field.scope) {
    case 'span':
      return own;
    case 'resource':
      return resource;
    case 'event':
      return ofEvents;
    case 'link':
      return ofLinks;
    case 'instrumentation':
      return scope;
    case 'any':
      return [own, resource, ofEvents, ofLinks, scope].find(({ type }) => type !== 'nil') ?? NIL;
  }
}

function together(parts: readonly { readonly attributes: Attributes }[], key: string): Value {
  return valuesTogether(
    parts.flatMap(({ attributes: own }) => own.filter((entry) => entry.key === key).map(({ value }) => attributeValue(value))),
  );
}

function text(value: string): Value {
  return { type: 'string', value };
}

function intrinsicOf({ source, span }: MadeSpan, name: Extract<Field, { type: 'intrinsic' }>['name']): Value {
  switch (name) {
    case 'duration':
      return { type: 'duration', value: span.endNs - span.startNs };
    case 'name':
      return text(span.name);
    case 'status':
      return statusValue(span.status);
    case 'statusMessage':
      return text(span.statusMessage);
    case 'kind':
      return kindValue(span.kind);
    case 'spanId':
      return text(hex(span.spanId));
    case 'parentId':
      return text(hex(span.parentId));
    case 'traceId':
      return text(hex(span.traceId));
    case 'instrumentationName':
      return text(source.scopeName);
    case 'instrumentationVersion':
      return text(source.scopeVersion);
    case 'eventName':
      return valuesTogether(span.events.map((event) => text(event.name)));
    case 'linkTraceId':
      return valuesTogether(span.links.map((link) => text(hex(link.traceId))));
    case 'linkSpanId':
      return valuesTogether(span.links.map((link) => text(hex(link.spanId))));
    case 'eventTimeSinceStart': {
      const since = span.events.map(({ timeNs }) => timeNs - span.startNs);
      const [only] = since;
      if (only === undefined) return NIL;
      return since.length === 1 ? { type: 'duration', value: only } : { type: 'int[]', value: since };
    }
    default:
      return NIL;
  }
}

// Queries.

const FIELDS: readonly string[] = [
  ...['http.status_code', 'http.method', 'user.id', 'flag', 'count', 'foo', 'list', 'mix', 'nope'].flatMap((key) => [
    `span.${key}`,
    `.${key}`,
  ]),
  ...words('resource.service.name resource.foo resource.pod .pod .service.name .zone instrumentation.foo .bar instrumentation:name'),
  ...words('event.exception.type event.foo event.code event.same link.kind link.foo .code .exception.type link:spanID'),
  ...words('name duration status statusMessage kind span:id span:parentID trace:id event:name event:timeSinceStart'),
  ...words('nestedSetParent parent.name parent.foo childCount rootName traceDuration'),
];
const LITERALS: readonly string[] = [
  '`x\ny`',
  '"GET /"',
  '"<root span not yet received>"',
  '5m',
  ...words('"GET" "get" "500" "" "a.b" "shop" "exception" "😀" "zzz" "query" error ok unset server client unspecified'),
  ...words('0 1 -1 5 200 500 404 9007199254740993 0.5 -1.25 500.5 100ms 1s 500ns true false nil'),
];
const PATTERNS: readonly string[] = [
  '".*"',
  '".+"',
  '"G.*"',
  '"GET|POST"',
  '"(?i)get"',
  '"x.y"',
  '"[a-z]+"',
  '"5.*"',
  '"s.+"',
  '"<.*"',
  '"é|ß"',
  '"Stra.e"',
  '"^G.*"',
  '"(GET|get)$"',
  '`\\bget\\b|^PO`',
  '`(?i)^get$|^$`',
  '"(?m)^y$|x."',
];

function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Comparisons of some fields. */
function comparisons(fields: readonly string[]): fc.Arbitrary<string> {
  const field = fc.constantFrom(...fields);
  return fc.oneof(
    fc.tuple(field, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), fc.constantFrom(...LITERALS)).map((parts) => parts.join(' ')),
    fc.tuple(fc.constantFrom(...LITERALS), fc.constantFrom('=', '!=', '<', '>='), field).map((parts) => parts.join(' ')),
    fc.tuple(field, fc.constantFrom('=~', '!~'), fc.constantFrom(...PATTERNS)).map((parts) => parts.join(' ')),
    fc.tuple(field, fc.constantFrom('= nil', '!= nil')).map((parts) => parts.join(' ')),
    fc.tuple(field, fc.constantFrom('=', '!=', '<', '>'), field).map((parts) => parts.join(' ')),
    fc
      .tuple(field, fc.constantFrom('+', '-', '*'), fc.constantFrom('1', '0.5'), fc.constantFrom('>', '='), fc.constantFrom('2', '5'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(
        field,
        fc.constantFrom(' = ', ' != '),
        fc.constantFrom('||', '&&'),
        fc.array(fc.constantFrom(...LITERALS), { minLength: 2, maxLength: 3 }),
      )
      .map(([name, op, join, values]) => `(${values.map((value) => name + op + value).join(` ${join} `)})`),
    fc.constantFrom('span.flag', '!span.flag', '.flag', '!event.same', 'true', 'false'),
  );
}

function conditionsOf(one: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 4, arbitrary: one },
      fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('condition').map((inner) => `!(${inner})`),
    ),
  })).condition;
}

const comparison = comparisons(FIELDS);
export const conditions = conditionsOf(comparison);
/** The same about spans' traces too. */
export const traceConditions = conditionsOf(
  comparisons([...words('rootName rootServiceName traceDuration'), 'name', 'duration', 'status']),
);

const filter = fc.oneof(comparison, conditions).map((condition) => `{ ${condition} }`);
const structural = fc.constantFrom('&&', '||', '>', '<', '>>', '<<', '~', '!>', '!<', '!>>', '!<<', '!~', '&>', '&<', '&>>', '&<<', '&~');
const stage = fc.constantFrom(
  '| count() > 1',
  '| count() >= 2.5',
  '| avg(duration) > 1s',
  '| max(duration) >= 2s',
  '| min(duration) < 1ms',
  '| min(duration) = 0',
  '| max(duration) < 100ms',
  '| avg(duration) <= 50ms',
  '| sum(duration) > 1s | count() < 3',
  '| by(status) | avg(duration) > 1s',
  '| by(status) | coalesce() | count() = 2',
  '| sum(span.count) > 5',
  '| by(resource.service.name)',
  '| by(span.http.method) | count() > 1',
  '| by(name) | coalesce()',
  '| select(span.foo, .foo, status, resource.service.name, parent.name)',
  '| { status = error }',
  '| { duration > 100ms } | count() = 1',
);

export const pipelines: fc.Arbitrary<string> = fc.oneof(
  filter,
  fc.tuple(filter, structural, filter).map((parts) => parts.join(' ')),
  fc.tuple(filter, structural, filter, structural, filter).map(([a, x, b, y, c]) => `(${a} ${x} ${b}) ${y} ${c}`),
  fc.tuple(filter, stage).map((parts) => parts.join(' ')),
  fc.tuple(filter, structural, filter, stage, stage).map(([a, op, b, first, second]) => `(${a} ${op} ${b}) ${first} ${second}`),
);
