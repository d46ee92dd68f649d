// The traces page without a browser: its address, its rows, its bars, its comparison and the parts of a spread search.

import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeInstantSeries, decodeTraceMetrics } from '../../data/trace-metrics.ts';
import { decodeSearch } from '../../data/trace-search.ts';
import type { TraceRow } from '../../data/trace-search.ts';
import { comparisonOf, regionCondition } from './comparison.ts';
import { builtOf, typedDuration, typedLiteral } from './builder-parts.ts';
import { joinedAnswers, partsOf } from './search-parts.ts';
import { statusBars } from './status-bars.ts';
import { linesOf, sortTraces } from './trace-rows.ts';
import { isStep, readTraces, reduceTraces, tracesAddress } from './traces-state.ts';

test('the address says all of the state, and nothing that is usual', () => {
  assert.deepEqual(Object.values(tracesAddress(readTraces({}))).filter(Boolean), []);
  const address = {
    q: '{ }',
    tab: 'compare',
    limit: '500',
    by: 'root',
    open: 'ab,cd',
    region: '1000,2000,0.001,0.5',
    builder: '1',
    spread: '1',
  };
  assert.deepEqual(
    Object.fromEntries(Object.entries(tracesAddress(readTraces(address))).filter(([, text]) => text !== undefined)),
    address,
  );
  assert.deepEqual(readTraces({ region: '2000,1000,0,1' }).selection, { kind: 'none' });
});

test('another query forgets what was selected of the one before', () => {
  const state = readTraces({ q: '{ }', sel: 'status = error', tab: 'compare', open: 'ab' });
  const next = reduceTraces(state, { kind: 'query run', query: '{ .a }' });
  assert.deepEqual([next.selection.kind, next.tab, next.open.length, isStep(state, next)], ['none', 'traces', 0, true]);
  const sorted = reduceTraces(next, { kind: 'sorted', column: 'duration' });
  assert.deepEqual([sorted.sort, isStep(next, sorted)], [{ column: 'duration', descending: true }, false]);
});

const span = (spanID: string, durationNanos: string): object => ({
  spanID,
  name: 'op',
  startTimeUnixNano: '1700000000000500000',
  durationNanos,
});
const found = decodeSearch({
  traces: [
    {
      traceID: 'aa',
      rootServiceName: 'shop',
      rootTraceName: 'GET /',
      startTimeUnixNano: '1700000000000000001',
      durationMs: 20,
      spanSets: [
        {
          spans: [{ ...span('01', '5000000'), attributes: [{ key: 'n', value: { intValue: '7' } }] }, span('02', '1000000')],
          matched: 3,
          attributes: [{ key: 'by(name)', value: { stringValue: 'op' } }],
        },
      ],
      serviceStats: { shop: { spanCount: 1 }, bank: { spanCount: 3, errorCount: 2 } },
    },
    {
      traceID: 'bb',
      rootTraceName: '<root span not yet received>',
      startTimeUnixNano: '1700000001000000000',
      spanSet: { spans: [span('03', '700000')] },
    },
  ],
  metrics: { inspectedSpans: '9' },
}).traces;

test('traces as rows', () => {
  const [first, second] = found;
  assert.deepEqual([first?.spans, first?.errors, first?.matched, first?.services[0]?.service], [4, 2, 3, 'bank']);
  // An answer of whole milliseconds: a trace is as long as its longest span at least.
  assert.deepEqual([second?.durationS, second?.name, second?.matched], [0.0007, '', 1]);
  assert.deepEqual(
    sortTraces(found, { column: 'duration', descending: true }).map(({ traceId }) => traceId),
    ['aa', 'bb'],
  );
  assert.deepEqual(
    linesOf(found, ['aa']).map(({ kind }) => kind),
    ['trace', 'set', 'span', 'span', 'more', 'trace'],
  );
  assert.throws(() => decodeSearch({ traces: 5 }), /expected traces/);
});

test('bars begin where their steps do, with the sums of the statuses', () => {
  const series = (status: string, points: readonly (readonly [number, number])[]) => ({
    labels: [{ key: 'status', value: { stringValue: status } }],
    samples: points.map(([timestampMs, value]) => ({ timestampMs: String(timestampMs), value })),
  });
  const { series: raw } = decodeTraceMetrics({
    series: [series('error', [[20_000, 0.5]]), series('unset', [[10_000, 2]]), series('ok', [[10_000, 0]])],
  });
  const { grid, counts } = statusBars(raw, { span: { startMs: 0, endMs: 20_000 }, stepMs: 10_000 });
  assert.deepEqual(counts, [
    { status: 'unset', count: 20 },
    { status: 'error', count: 5 },
  ]);
  assert.deepEqual(grid.series[1]?.values, [0, 0.5]);
});

const compared = (meta: string, name: string, value: string, count: number): object => ({
  labels: [
    { key: meta === 'error' ? '__meta_error' : '__meta_type', value: { stringValue: meta } },
    { key: name, value: { stringValue: value } },
  ],
  value: count,
});

test('the attribute that differs most comes first; what is not listed is bounded and not none', () => {
  const series = decodeInstantSeries({
    series: [
      compared('selection', 'span.db', 'down', 90),
      compared('selection', 'span.db', 'up', 10),
      compared('baseline', 'span.db', 'up', 1000),
      compared('selection', 'span.pod', 'a', 30),
      compared('baseline', 'span.pod', 'b', 300),
      compared('error', 'span.pod', 'nil', 0),
      ...['span.db', 'span.pod'].flatMap((name) => [
        compared('selection_total', name, 'nil', 100),
        compared('baseline_total', name, 'nil', 1000),
      ]),
    ],
  });
  const { attributes, selectedSpans, otherSpans } = comparisonOf(series);
  assert.deepEqual([selectedSpans, otherSpans], [100, 1000]);
  assert.deepEqual(
    attributes.map(({ name }) => name),
    ['span.db', 'span.pod'],
  );
  const [down] = attributes[0]?.values ?? [];
  assert.deepEqual([down?.value, down?.selected, down?.others, down?.condition], ['down', 0.9, 0, 'span.db = "down"']);
  const pod = attributes[1]?.values.find(({ value }) => value === 'a');
  assert.deepEqual([pod?.bounded, pod?.others], ['baseline', 0.3]);
  assert.equal(comparisonOf(series, 'span.db = "down"').attributes[0]?.name, 'span.pod');
});

test('a region names its traces, of many some evenly', () => {
  const row = (i: number): TraceRow => ({
    traceId: `t${i}`,
    service: '',
    name: '',
    startMs: i,
    durationS: 1,
    spans: 1,
    errors: 0,
    services: [],
    sets: [],
    matched: 1,
  });
  const rows = Array.from({ length: 1000 }, (_, i) => row(i));
  const few = regionCondition(rows, { startMs: 0, endMs: 1, minS: 0.5, maxS: 2 });
  assert.deepEqual([few.condition, few.of], ['trace:id = "t0" || trace:id = "t1"', 2]);
  const many = regionCondition(rows, { startMs: 0, endMs: 999, minS: 0.5, maxS: 2 });
  assert.deepEqual([many.of, many.named, many.condition.includes('"t993"')], [1000, 150, true]);
});

test('parts of a range meet, and their answers are one', () => {
  const parts = partsOf({ startMs: 500, endMs: 95_000 }, 200);
  assert.deepEqual([parts.length, parts[0]?.span.startMs, parts.at(-1)?.span.endMs, parts[0]?.limit], [16, 0, 95_000, 13]);
  for (const [i, part] of parts.entries()) if (i > 0) assert.equal(part.span.startMs, parts[i - 1]?.span.endMs);
  const answer = { value: { traces: found, inspectedSpans: 3 }, warnings: ['stopped (limit)', 'a part is missing'], infos: [] };
  const joined = joinedAnswers([answer, answer], parts);
  assert.deepEqual(
    [joined.value.traces.map(({ traceId }) => traceId), joined.warnings, joined.value.inspectedSpans],
    [['bb', 'aa'], ['a part is missing'], 6],
  );
});

test('the builder says what it cannot show, and reads what a person types', () => {
  for (const text of ['{ .a } >> { .b }', '({ } | rate()) / ({ } | rate())', '{ .a /* why */ }', '{ .a = '])
    assert.equal(builtOf(text).kind, 'not shown', text);
  const built = builtOf('{ .a = 1 && (.b || .c) } | rate()');
  assert.deepEqual(built.kind === 'shown' && built.parts.map(({ kind }) => kind), ['condition', 'other']);
  assert.deepEqual(
    ['500', 'true', 'a b', '"500"'].map((typed) => typedLiteral(typed, '=')),
    ['500', 'true', '"a b"', '"500"'],
  );
  assert.equal(typedLiteral('5.*', '=~'), '"5.*"');
  assert.deepEqual(['250', '1.5 s', 'x'].map(typedDuration), ['250ms', '1.5s', undefined]);
});
