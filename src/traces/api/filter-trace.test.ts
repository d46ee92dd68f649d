// Which spans of a trace a filter leaves, and what it says of them the same as a search.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import type { StoredTrace } from '../stored-trace.ts';
import { attributes, sourceOf, spanOf } from '../store/test-spans.ts';
import type { Span } from '../write.ts';
import { filteredTrace, traceFilterParam } from './filter-trace.ts';

const FILTERED = 'Trace filtered, only a subset of spans matching the filter is returned';

function id(n: number): Uint8Array {
  return Buffer.from(n.toString(16).padStart(16, '0'), 'hex');
}

function span(own: number, parent: number, more: Partial<Span> = {}): Span {
  return spanOf(1, own, { spanId: id(own), parentId: parent === 0 ? new Uint8Array() : id(parent), name: `op ${own}`, ...more });
}

//   1 ─┬─ 2 ── 4 ── 6        7 and 8 are a ring, 9's parent is not there, and 10 are two, below 1 and 9
//      └─ 3 ── 5
const EVENTS = [
  { timeNs: 0n, name: 'start', attributes: attributes({ n: 1n }), droppedAttributes: 0 },
  { timeNs: 0n, name: 'end', attributes: attributes({ n: 2n }), droppedAttributes: 0 },
];
const LINK = {
  traceId: Buffer.alloc(16, 1),
  spanId: id(1),
  traceState: '',
  attributes: attributes({ of: 'x' }),
  droppedAttributes: 0,
  flags: 0,
};
const TRACE: StoredTrace = {
  traceId: '00000000000000000000000000000001',
  groups: [
    {
      source: sourceOf('web'),
      spans: [span(1, 0, { kind: 2 }), span(2, 1), span(3, 1, { attributes: attributes({ 'http.route': '/a', deep: 'own' }) })],
    },
    {
      source: { ...sourceOf('shop', { deep: 'resource' }), scopeName: 'lib', scopeAttributes: attributes({ sdk: true }) },
      spans: [
        span(4, 2, { status: 2, statusMessage: 'no' }),
        span(5, 3, { events: EVENTS, links: [LINK] }),
        span(6, 4, { endNs: spanOf(1, 6).startNs + 5_000_000n, attributes: attributes({ list: ['a', 'b'], one: ['c'] }) }),
      ],
    },
    { source: sourceOf('ring'), spans: [span(7, 8), span(8, 7), span(9, 99), span(10, 1), span(10, 9, { name: 'other' })] },
  ],
  partial: undefined,
};

function kept(parameters: Readonly<Record<string, string>>): string {
  const filter = traceFilterParam(new URLSearchParams(parameters));
  const { groups, partial } = filter === undefined ? TRACE : filteredTrace(TRACE, filter);
  const ids = groups.flatMap(({ spans }) => spans.map(({ spanId }) => spanId.at(-1)));
  assert.equal(partial, ids.length === 11 ? undefined : FILTERED);
  assert.ok(groups.every(({ spans }) => spans.length > 0));
  return ids.join(' ');
}

const ALL = '1 2 3 4 5 6 7 8 9 10 10';
const cases: readonly (readonly [q: string, kept: string, more?: Readonly<Record<string, string>>])[] = [
  ['', ALL],
  ['  ', ALL, { keep_hierarchy: 'what' }],
  ['{ }', ALL],
  ['{ true }', ALL],
  ['{ false }', ''],
  ['{ status = error }', '4'],
  ['{ statusMessage = "no" && span:name =~ "op .*" }', '4'],
  ['{ kind = server || duration >= 5ms }', '1 6'],
  ['{ span:id = "0000000000000003" || span:parentID = "0000000000000003" }', '3 5'],
  ['{ resource.service.name = "shop" }', '4 5 6'],
  ['{ .http.route = "/a" }', '3'],
  ['{ span.http.route != nil }', '3'],
  ['{ .deep = "own" }', '3'],
  ['{ .deep = "resource" }', '4 5 6'],
  ['{ resource.deep = nil && resource.service.name != "ring" }', '1 2 3'],
  ['{ event:name = "end" && event.n = 2 }', '5'],
  ['{ link.of = "x" && link:spanID = "0000000000000001" && link:traceID =~ "01.*" }', '5'],
  ['{ span.list = "b" }', '6'],
  ['{ span.one = "c" }', '6'],
  ['{ instrumentation:name = "lib" && instrumentation.sdk = true }', '4 5 6'],
  ['{ name = "other" }', '10'],
  ['{ status = error } with (most_recent=true)', '4'],
  // Above and below.
  ['{ status = error }', '1 2 4', { keep_hierarchy: 'true' }],
  ['{ status = error }', '2 4', { keep_hierarchy: '1', ancestor_depth: '1' }],
  ['{ status = error }', '1 2 4', { keep_hierarchy: 'T', ancestor_depth: '-1' }],
  ['{ status = error }', '4', { keep_hierarchy: 'false', ancestor_depth: '1' }],
  ['{ status = error }', '4', { keep_hierarchy: 'true', ancestor_depth: '0' }],
  ['{ status = error }', '4 6', { match_depth: '1' }],
  ['{ status = error }', '1 2 4 6', { match_depth: '-1', keep_hierarchy: 'true' }],
  ['{ kind = server }', '1 2 3 10 10', { match_depth: '1' }],
  ['{ kind = server }', '1 2 3 4 5 6 10 10', { match_depth: '-1' }],
  ['{ name = "op 7" }', '7 8', { keep_hierarchy: 'true' }],
  ['{ name = "op 9" }', '9', { keep_hierarchy: 'true' }],
  ['{ name = "op 10" }', '1 9 10', { keep_hierarchy: 'true' }],
];

for (const [q, expected, more = {}] of cases) test(`${q} ${JSON.stringify(more)}`, () => assert.equal(kept({ q, ...more }), expected));

test('what is no single filter of spans is refused', () => {
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ q: '{ .a = }' }, /parse error/],
    [{ q: '{ name =~ "[" }' }, /regex/],
    [{ q: '{ } | count() > 1' }, /only a single TraceQL spanset filter/],
    [{ q: '{ } >> { }' }, /only a single TraceQL spanset filter/],
    [{ q: '{ } | rate()' }, /only a single TraceQL spanset filter/],
    [{ q: '{ trace:duration > 1s }' }, /traceDuration is not supported by this filter/],
    [{ q: '{ .a = 1 && rootName = "x" }' }, /rootName is not supported/],
    [{ q: '{ parent.span.a = 1 }' }, /parent not yet supported/],
    [{ q: '{ }', keep_hierarchy: 'yes' }, /invalid value for keep_hierarchy/],
    [{ q: '{ }', match_depth: '-2' }, /invalid value for match_depth/],
    [{ q: '{ }', ancestor_depth: 'all' }, /invalid value for ancestor_depth/],
  ];
  for (const [parameters, problem] of refused)
    assert.throws(
      () => traceFilterParam(new URLSearchParams(parameters)),
      (error) => error instanceof RequestError && error.code === 'bad_data' && problem.test(error.message),
      parameters['q'],
    );
});

test('what the trace lacked before is said too', () => {
  const filter = traceFilterParam(new URLSearchParams({ q: '{ status = error }' }));
  assert.ok(filter !== undefined);
  assert.equal(filteredTrace({ ...TRACE, partial: 'too many' }, filter).partial, `too many; ${FILTERED}`);
});
