// Metrics of spans by label sets: what is written when, bounds, settings that change, failures; and that no span is lost or counted twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printLabels } from '../../query/labels.ts';
import type { Kept, SpanWords } from './test-program.ts';
import { graphLimits, LIMITS, service, source, spanMetricsLimits, START_MS, TestProgram } from './test-program.ts';

const FLUSH_MS = 15_000;

test('spans are counted by service, name, kind and status', async () => {
  const program = new TestProgram(spanMetricsLimits());
  program.take({ kind: 'server', ms: 5 }, { kind: 'server', ms: 50 }, { kind: 'client', status: 2, ms: 0.5, bytes: 7 });
  assert.deepEqual(
    await program.values(/^traces_spanmetrics/),
    [
      'traces_spanmetrics_calls_total{service="shop", span_kind="SPAN_KIND_CLIENT", span_name="get", status_code="STATUS_CODE_ERROR"} 1',
      'traces_spanmetrics_calls_total{service="shop", span_kind="SPAN_KIND_SERVER", span_name="get", status_code="STATUS_CODE_UNSET"} 2',
      ...latency('service="shop", span_kind="SPAN_KIND_CLIENT", span_name="get", status_code="STATUS_CODE_ERROR"', [1, 1, 1, 1], 0.0005),
      ...latency('service="shop", span_kind="SPAN_KIND_SERVER", span_name="get", status_code="STATUS_CODE_UNSET"', [1, 2, 2, 2], 0.055),
      'traces_spanmetrics_size_total{service="shop", span_kind="SPAN_KIND_CLIENT", span_name="get", status_code="STATUS_CODE_ERROR"} 7',
      'traces_spanmetrics_size_total{service="shop", span_kind="SPAN_KIND_SERVER", span_name="get", status_code="STATUS_CODE_UNSET"} 200',
    ].sort(),
  );
});

function latency(labels: string, counts: readonly number[], sum: number): string[] {
  const [first, ...rest] = labels.split(', ');
  const bounds = ['0.01', '0.1', '1', '+Inf'];
  return [
    ...bounds.map((le, i) => `traces_spanmetrics_latency_bucket{le="${le}", ${first}, ${rest.join(', ')}} ${counts[i]}`),
    `traces_spanmetrics_latency_count{${labels}} ${counts[3]}`,
    `traces_spanmetrics_latency_sum{${labels}} ${sum}`,
  ];
}

test('which label sets spans have', async () => {
  const resource = source({
    'service.name': 'a',
    'service.namespace': 'ns',
    'service.instance.id': 'i-1',
    region: 'eu',
    '9lives': 'x',
    job: 'own',
  });
  const cases: readonly (readonly [settings: Parameters<typeof spanMetricsLimits>[0], words: SpanWords, expected: string])[] = [
    // A dimension: of the span before its resource, with a name that labels may have.
    [{ dimensions: ['region'] }, { source: resource }, 'region="eu", service="a"'],
    [{ dimensions: ['region'] }, { source: resource, attributes: { region: 'us' } }, 'region="us", service="a"'],
    [{ dimensions: ['http.route'] }, { attributes: { 'http.route': '/a' } }, 'http_route="/a", service="shop"'],
    [{ dimensions: ['n'] }, { attributes: { n: 404n } }, 'n="404", service="shop"'],
    [{ dimensions: ['absent'] }, {}, 'service="shop"'],
    // A dimension that would take another label's place.
    [{ dimensions: ['service'] }, { attributes: { service: 'x' } }, '__service="x", service="shop"'],
    // Who it is, where target info can be joined to it.
    [{ targetInfo: true }, { source: resource }, 'instance="i-1", job="ns/a", service="a"'],
    [{ targetInfo: true }, { source: source({}) }, ''],
    // Half of a surrogate pair, and a value that is too long, cut between two characters.
    [{ dimensions: ['v'] }, { attributes: { v: '\ud800' } }, 'service="shop", v="\ufffd"'],
    [{ dimensions: ['v'] }, { attributes: { v: 'é'.repeat(501) } }, `service="shop", v="${'é'.repeat(500)}"`],
  ];
  for (const [settings, words, expected] of cases) {
    const program = new TestProgram(spanMetricsLimits(settings)).take(words);
    const [line = ''] = await program.values(/calls_total/);
    const labels = line.replace(/(, )?span_kind="[^"]*", span_name="[^"]*", status_code="[^"]*"/, '').replace(/^[^{]*\{|\} 1$/g, '');
    assert.equal(labels, expected);
  }
});

test('target info has the attributes of a resource, once', async () => {
  const resource = { 'service.name': 'a', 'service.instance.id': 'i-1', 'host.name': 'h', '9lives': 'x', '': 'y', job: 'own' };
  const program = new TestProgram(spanMetricsLimits({ targetInfo: true }));
  program.take({ source: source(resource) }, { source: source(resource) });
  assert.deepEqual(await program.values(/target_info/), ['traces_target_info{__job="own", host_name="h", instance="i-1", job="a"} 1']);
  // Nothing beyond job and instance, or neither of them.
  for (const without of [{ 'service.name': 'a' }, { 'host.name': 'h' }]) {
    const other = new TestProgram(spanMetricsLimits({ targetInfo: true })).take({ source: source(without) });
    assert.deepEqual(await other.values(/target_info/), []);
  }
});

test('what is turned off is not there', async () => {
  const names = async (settings: Parameters<typeof spanMetricsLimits>[0]): Promise<string> => {
    const program = new TestProgram(spanMetricsLimits(settings)).take({});
    await program.spanMetrics.flush();
    return [...new Set([...program.series.keys()].map((series) => series.replace(/\{.*/, '').replace('traces_spanmetrics_', '')))]
      .sort()
      .join(' ');
  };
  assert.equal(await names({ histograms: 'classic' }), 'calls_total latency_bucket latency_count latency_sum size_total');
  assert.equal(await names({ histograms: 'native' }), 'calls_total latency size_total');
  assert.equal(await names({ size: false, histograms: 'native' }), 'calls_total latency');
  assert.equal(await names({ enabled: false }), '');
});

test('a series begins with a zero after the flush before, and ends when it is idle', async () => {
  const program = new TestProgram(spanMetricsLimits({ histograms: 'classic', size: false, ageMax: 0 }));
  const calls = (): readonly Kept[] => [...program.series].find(([name]) => name.includes('calls_total'))?.[1] ?? [];
  program.nowMs = START_MS;
  program.take({});
  program.nowMs += 5000;
  await program.spanMetrics.flush();
  // Not before the program itself: what an earlier one wrote last lies there.
  assert.deepEqual(calls(), [
    [START_MS + 1, 0],
    [START_MS + 5000, 1],
  ]);
  program.nowMs += FLUSH_MS;
  await program.spanMetrics.flush();
  program.nowMs += 16 * 60_000;
  await program.spanMetrics.flush();
  assert.deepEqual(calls().slice(2), [
    [START_MS + 20_000, 1],
    [START_MS + 980_000, 'stale'],
  ]);
  program.take({});
  program.nowMs += 1000;
  await program.spanMetrics.flush();
  assert.deepEqual(
    calls()
      .slice(4)
      .map(([, value]) => value),
    [0, 1],
  );
  assert.ok((calls()[4]?.[0] ?? 0) > START_MS + 980_000);
});

test('what cannot be stored comes with the next flush, and is told of', async () => {
  const program = new TestProgram(spanMetricsLimits({ size: false, histograms: 'native' }));
  program.failure = new Error('disk full');
  program.take({});
  await program.spanMetrics.flush();
  assert.equal(program.series.size, 0);
  program.failure = undefined;
  program.refusals = [{ reason: 'active_series', message: 'too many', count: 3 }];
  program.nowMs += FLUSH_MS;
  await program.spanMetrics.flush();
  const [calls] = program.series.values();
  assert.deepEqual(
    calls?.map(([, value]) => value),
    [0, 1],
  );
  assert.deepEqual(program.own(/^sightline_span_metrics_(refused|flush)/), [
    'sightline_span_metrics_refused_total{tenant="t",reason="active_series"} 3',
    'sightline_span_metrics_flush_failures_total{tenant="t"} 1',
  ]);
  // Once in a while: the second within the minute is only counted.
  assert.equal(program.logged.length, 1);
});

test('label sets above the bound are counted as one', async () => {
  const program = new TestProgram(spanMetricsLimits({ seriesMax: 2, size: false, histograms: 'classic' }));
  for (let i = 0; i < 10; i++) program.take({ name: `op-${i}` }, { name: 'op-0' });
  const lines = await program.values(/calls_total/);
  assert.deepEqual(
    lines.map((line) => line.replace(/service=.*span_name/, 'span_name').replace(/, status.*\}/, '}')),
    [
      'traces_spanmetrics_calls_total{metric_overflow="true"} 8',
      'traces_spanmetrics_calls_total{span_name="op-0"} 11',
      'traces_spanmetrics_calls_total{span_name="op-1"} 1',
    ],
  );
  assert.deepEqual(program.own(/skipped_spans_total\{/), [
    'sightline_span_metrics_skipped_spans_total{tenant="t",processor="span_metrics",reason="overflow"} 8',
  ]);
  assert.deepEqual(program.own(/label_sets\{.*span_metrics"/), [
    'sightline_span_metrics_label_sets{tenant="t",processor="span_metrics"} 3',
  ]);
});

test('spans that ended too long ago are not counted', async () => {
  const program = new TestProgram(LIMITS).take({ at: -700_000, kind: 'server' }, { kind: 'server', at: -300_000, parent: 7 });
  assert.equal((await program.values(/calls_total/)).length, 1);
  assert.deepEqual(program.own(/too_old/), [
    'sightline_span_metrics_skipped_spans_total{tenant="t",processor="span_metrics",reason="too_old"} 1',
    'sightline_span_metrics_skipped_spans_total{tenant="t",processor="service_graph",reason="too_old"} 1',
  ]);
});

test('other settings end the series, and begin new ones behind them', async () => {
  const program = new TestProgram(spanMetricsLimits({ size: false, histograms: 'classic' })).take({});
  await program.spanMetrics.flush();
  program.take({});
  program.limits = spanMetricsLimits({ size: false, histograms: 'classic', dimensions: ['a'] });
  program.nowMs += 5000;
  program.take({}, { attributes: { a: 'x' } });
  program.nowMs += 5000;
  await program.spanMetrics.flush();
  const calls = [...program.series].filter(([name]) => name.includes('calls_total'));
  assert.deepEqual(
    calls.map(([, kept]) => kept.map(([, value]) => value)),
    [
      [0, 1, 2, 'stale', 0, 1],
      [0, 1],
    ],
  );
  for (const [, kept] of calls)
    assert.deepEqual(
      kept.map(([ts]) => ts),
      kept.map(([ts]) => ts).toSorted((a, b) => a - b),
    );
  // The same settings in a new object change nothing.
  program.limits = structuredClone(program.limits);
  program.nowMs += 5000;
  program.take({});
  assert.match((await program.values(/calls_total\{s/))[0] ?? '', /} 2$/);
});

test('exemplars lead to the trace', async () => {
  const program = new TestProgram(spanMetricsLimits()).take({ trace: 0xab, ms: 5 }, { trace: 0xcd, ms: 6 }, { trace: 0xef, ms: 50 });
  await program.spanMetrics.flush();
  // The first of each bucket since the last flush, for the bucket and for the native histogram.
  const id = (hex: string): string => `{traceID="${hex.padStart(32, '0')}"}`;
  assert.deepEqual(
    program.exemplars.map(([series, { labels, value, ts }]) => [
      series.replace(/(_bucket\{le="[^"]*").*|\{.*/, '$1'),
      printLabels(labels),
      value,
      ts,
    ]),
    [
      ['traces_spanmetrics_latency_bucket{le="0.01"', id('ab'), 0.005, program.nowMs],
      ['traces_spanmetrics_latency', id('ab'), 0.005, program.nowMs],
      ['traces_spanmetrics_latency_bucket{le="0.1"', id('ef'), 0.05, program.nowMs],
      ['traces_spanmetrics_latency', id('ef'), 0.05, program.nowMs],
    ],
  );
  program.exemplars.length = 0;
  await program.spanMetrics.flush();
  assert.deepEqual(program.exemplars, []);
});

test('native and classic histograms say the same', async () => {
  const durations = fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(durations, async (given) => {
      const program = new TestProgram(spanMetricsLimits()).take(...given.map((ms) => ({ ms })));
      await program.spanMetrics.flush();
      const last = (name: string): Kept[1] | undefined =>
        [...program.series].find(([series]) => series.startsWith(`traces_spanmetrics_latency${name}{`))?.[1].at(-1)?.[1];
      const native = last('');
      assert.ok(typeof native === 'object');
      assert.deepEqual([native.count, native.sum], [last('_count'), last('_sum')]);
      assert.equal(
        native.positiveBuckets.reduce((sum, count) => sum + count, native.zeroCount),
        given.length,
      );
    }),
    { numRuns: 50 },
  );
});

const spans = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
    status: fc.nat(2),
    ms: fc.double({ min: 0, max: 5000, noNaN: true }),
    trace: fc.nat(5),
    id: fc.nat(5),
    parent: fc.option(fc.nat(5), { nil: undefined }),
    service: fc.constantFrom('x', 'y', 'z'),
    attributes: fc.constantFrom({}, { 'db.name': 'd' }, { 'peer.service': 'p' }),
  }),
  { maxLength: 60 },
);

test('no span is lost or counted twice, whatever the order and the slices', async () => {
  await fc.assert(
    fc.asyncProperty(spans, fc.array(fc.nat(20), { maxLength: 10 }), fc.integer({ min: 1, max: 40 }), async (given, cuts, seriesMax) => {
      const { metrics, spanMetrics, serviceGraph } = LIMITS;
      const program = new TestProgram({
        metrics,
        spanMetrics: { ...spanMetrics, seriesMax, ageMax: 0 },
        serviceGraph: { ...serviceGraph, seriesMax, waitingMax: 1 + (seriesMax % 7) },
      });
      let at = 0;
      for (const size of [...cuts, given.length]) {
        program.take(...given.slice(at, at + size).map((words) => ({ ...words, source: service(words.service) })));
        at += size;
        program.nowMs += size * 700;
        if (size % 3 === 0) await program.spanMetrics.flush();
      }
      program.nowMs += 30_000;
      const total = async (name: RegExp): Promise<number> =>
        (await program.values(name)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
      assert.equal(await total(/calls_total/), given.length);
      assert.equal(await total(/latency_count/), given.length);
      // Each span of the graph is a side of an edge, or its only one, or without a pair.
      const edges = await program.values(/graph_request_total/);
      const [inGraph, lost] = [given.filter(({ kind }) => kind !== 'internal').length, await total(/(unpaired|dropped)_spans/)];
      const requests = edges.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
      assert.ok(requests + lost <= inGraph && 2 * requests + lost >= inGraph, `${requests} requests and ${lost} lost of ${inGraph}`);
      assert.equal(await total(/request_server_seconds_count/), requests);
    }),
    { numRuns: 150 },
  );
});

test('the last counts are written at the end', async () => {
  const program = new TestProgram(graphLimits()).take({ kind: 'server' });
  await program.spanMetrics[Symbol.asyncDispose]();
  assert.equal((await program.values(/request_total/)).length, 1);
});
