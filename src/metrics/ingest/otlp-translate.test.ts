// OTLP metrics to series, each request read as JSON, as protobuf, and as protobuf with its fields in the opposite order: all give the same lines.

import assert from 'node:assert/strict';
import test from 'node:test';
import { OtlpMetricsIngest } from './otlp-ingest.ts';
import { decimal } from './otlp-translate.ts';
import { metricsProtobuf, RecordingWrite } from './otlp-recording.ts';
import { OTLP_METRICS_DEFAULTS } from './otlp-settings.ts';
import type { OtlpMetricsSettings } from './otlp-settings.ts';

type Value = string | number;

const attributes = (pairs: Readonly<Record<string, Value>>): unknown[] =>
  Object.entries(pairs).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { doubleValue: value },
  }));

interface Given {
  readonly resource?: Readonly<Record<string, Value>>;
  readonly scope?: unknown;
  readonly settings?: Partial<OtlpMetricsSettings>;
}

async function translate(metrics: readonly unknown[], given: Given = {}) {
  const scope = { scope: given.scope ?? {}, metrics };
  const message = { resourceMetrics: [{ resource: { attributes: attributes(given.resource ?? {}) }, scopeMetrics: [scope] }] };
  const settings = { ...OTLP_METRICS_DEFAULTS, ...given.settings };
  const results = [];
  const bodies = [new TextEncoder().encode(JSON.stringify(message)), metricsProtobuf(message), metricsProtobuf(message, true)];
  for (const [i, body] of bodies.entries()) {
    const write = new RecordingWrite();
    const ingest = new OtlpMetricsIngest({ beginWrite: () => write, settingsOf: () => settings, clock: { now: () => 0 } });
    const answer = await ingest.export('t', body, i === 0 ? 'json' : 'protobuf');
    // Repeated fields come in the opposite order too, so lines are compared as a set.
    results.push({ lines: write.lines.sort(), metadata: write.metadataLines.sort(), rejected: answer.rejected, message: answer.message });
  }
  const [json, protobuf, reversed] = results;
  assert.ok(json !== undefined && protobuf !== undefined);
  assert.deepEqual(protobuf, json);
  assert.deepEqual(reversed?.lines, json.lines);
  return json;
}

const at = { timeUnixNano: '5000000000', startTimeUnixNano: '1000000000' };

test('a gauge, with the service as job and instance', async () => {
  const gauge = {
    dataPoints: [
      { ...at, asInt: '-3', attributes: attributes({ 'room.no': 'b' }) },
      { ...at, asDouble: 0.5 },
    ],
  };
  const { lines, metadata } = await translate([{ name: 'room.temp', unit: 'Cel', description: 'How warm', gauge }], {
    resource: { 'service.name': 'api', 'service.namespace': 'shop', 'service.instance.id': 'i1' },
  });
  assert.deepEqual(lines, [
    'room_temp_celsius{instance="i1", job="shop/api", room_no="b"} -3 @5000',
    'room_temp_celsius{instance="i1", job="shop/api"} 0.5 @5000',
  ]);
  assert.deepEqual(metadata, ['room_temp_celsius gauge "celsius" "How warm"']);
});

test('sums: a counter when monotonic, with exemplars', async () => {
  const exemplars = [
    {
      timeUnixNano: '4000000000',
      asDouble: 2,
      traceId: 'aa'.repeat(16),
      spanId: 'bb'.repeat(8),
      filteredAttributes: attributes({ user: 'u' }),
    },
    { asInt: '7', traceId: 'cc'.repeat(16), filteredAttributes: attributes({ long: 'x'.repeat(100) }) }, // no room, no time
    { timeUnixNano: '1' }, // no value
  ];
  const { lines, metadata, rejected, message } = await translate([
    { name: 'orders', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...at, asInt: '9', exemplars }] } },
    { name: 'level', sum: { aggregationTemporality: 2, dataPoints: [{ ...at, asInt: '1' }] } },
  ]);
  assert.deepEqual(lines, [
    'level 1 @5000 from 1000',
    `orders_total # {span_id="${'bb'.repeat(8)}", trace_id="${'aa'.repeat(16)}", user="u"} 2 @4000`,
    `orders_total # {trace_id="${'cc'.repeat(16)}"} 7 @5000`,
    'orders_total 9 @5000 from 1000',
  ]);
  assert.deepEqual(metadata, ['level gauge "" ""', 'orders_total counter "" ""']);
  assert.equal(rejected, 0); // an exemplar is not a data point
  assert.match(message, /exemplar value type/);
});

const histogram = {
  aggregationTemporality: 2,
  dataPoints: [
    {
      ...at,
      count: '6',
      sum: 9.5,
      bucketCounts: ['1', '0', '2', '3'],
      explicitBounds: [0.25, 1, 1e21],
      exemplars: [{ asDouble: 0.5 }, { asDouble: 1e30 }],
    },
  ],
};

test('a histogram as classic series', async () => {
  const { lines, metadata } = await translate([{ name: 'h', unit: 's', histogram }]);
  assert.deepEqual(lines, [
    'h_seconds_bucket{le="+Inf"} # {} 1e+30 @5000',
    'h_seconds_bucket{le="+Inf"} 6 @5000 from 1000',
    'h_seconds_bucket{le="0.25"} 1 @5000 from 1000',
    'h_seconds_bucket{le="1"} # {} 0.5 @5000',
    'h_seconds_bucket{le="1"} 1 @5000 from 1000',
    'h_seconds_bucket{le="1000000000000000000000"} 3 @5000 from 1000',
    'h_seconds_count 6 @5000 from 1000',
    'h_seconds_sum 9.5 @5000 from 1000',
  ]);
  assert.deepEqual(metadata, ['h_seconds histogram "seconds" ""']);
});

test('a histogram as a native one with custom buckets', async () => {
  const { lines } = await translate([{ name: 'h', histogram }], { settings: { convertHistogramsToNhcb: true } });
  assert.deepEqual(lines, [
    'h # {} 0.5 @5000',
    'h # {} 1e+30 @5000',
    'h {schema=-53 count=6 sum=9.5 pos=0+4[1 0 2 3] bounds=0.25,1,1e+21} @5000 from 1000',
  ]);
});

test('histograms that are none are refused', async () => {
  const points = [
    { ...at, bucketCounts: ['1', '1', '1'], explicitBounds: [2, 1] },
    { ...at, explicitBounds: ['NaN'] },
  ];
  const { lines, rejected, message } = await translate([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints: points } }]);
  assert.deepEqual([lines, rejected], [[], 2]);
  assert.match(message, /explicit bounds do not increase: 2, 1/);
});

test('bounds may change, and may end in +Inf; series are remembered from request to request', async () => {
  const write = new RecordingWrite();
  const ingest = new OtlpMetricsIngest({ beginWrite: () => write, settingsOf: () => OTLP_METRICS_DEFAULTS, clock: { now: () => 0 } });
  const send = async (bounds: readonly (number | string)[]): Promise<string[]> => {
    write.lines.length = 0;
    const point = { timeUnixNano: '1000000', count: '3', bucketCounts: ['1', '2'], explicitBounds: bounds };
    const metrics = [{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point] } }];
    await ingest.export('t', metricsProtobuf({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }), 'protobuf');
    return [...write.lines];
  };
  const first = await send([1, 'Infinity']);
  assert.deepEqual(first, ['h_count 3 @1', 'h_bucket{le="1"} 1 @1', 'h_bucket{le="+Inf"} 3 @1']);
  assert.deepEqual(await send([1, 'Infinity']), first);
  assert.deepEqual(await send([2]), ['h_count 3 @1', 'h_bucket{le="2"} 1 @1', 'h_bucket{le="+Inf"} 3 @1']);
  assert.deepEqual(await send([1, 'Infinity']), first);
});

test('a collision is told with every request', async () => {
  const write = new RecordingWrite();
  const ingest = new OtlpMetricsIngest({ beginWrite: () => write, settingsOf: () => OTLP_METRICS_DEFAULTS, clock: { now: () => 0 } });
  const body = metricsProtobuf({ resourceMetrics: [{ scopeMetrics: [{ metrics: [one({ 'a.b': '1', a_b: '2' })] }] }] });
  for (let round = 0; round < 2; round++) assert.match((await ingest.export('t', body, 'protobuf')).message, /collide as label "a_b"/);
});

const exponential = (point: object): unknown => ({
  name: 'e',
  exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ ...at, ...point }] },
});

test('an exponential histogram as a native one', async () => {
  const cases: readonly (readonly [point: object, line: string])[] = [
    // Index 0 of OTLP is index 1 here.
    [
      {
        count: '7',
        sum: 1,
        scale: 3,
        zeroCount: '1',
        zeroThreshold: 0.5,
        positive: { offset: 0, bucketCounts: ['1', '2'] },
        negative: { offset: -2, bucketCounts: ['3'] },
      },
      '{schema=3 count=7 sum=1 zero=1/0.5 pos=1+2[1 2] neg=-1+1[3]}',
    ],
    // Short gaps are filled, longer ones begin a span.
    [
      { positive: { offset: 4, bucketCounts: ['1', '0', '0', '1', '0', '0', '0', '5'] } },
      '{schema=0 count=0 sum=0 zero=0/1e-128 pos=5+4,3+1[1 0 0 1 5]}',
    ],
    // Scale 10 to 8: four buckets become one, also below zero.
    [
      { scale: 10, positive: { offset: -3, bucketCounts: ['1', '1', '1', '1', '1', '1'] } },
      '{schema=8 count=0 sum=0 zero=0/1e-128 pos=0+2[3 3]}',
    ],
    [{ scale: 2147483647, positive: { offset: -1, bucketCounts: ['1', '1'] } }, '{schema=8 count=0 sum=0 zero=0/1e-128 pos=0+2[1 1]}'],
    [{ scale: -4 }, '{schema=-4 count=0 sum=0 zero=0/1e-128 pos=[]}'],
  ];
  for (const [point, line] of cases) assert.deepEqual((await translate([exponential(point)])).lines, [`e ${line} @5000 from 1000`]);
});

test('an exponential histogram that cannot be a native one is refused', async () => {
  for (const [point, message] of [
    [{ scale: -5 }, /Scale must be >= -4, was -5/],
    [{ positive: { offset: 2147483647, bucketCounts: ['1'] } }, /bucket offset 2147483647 is not a 32-bit/],
  ] as const) {
    const refused = await translate([exponential(point)]);
    assert.deepEqual([refused.lines, refused.rejected], [[], 1]);
    assert.match(refused.message, message);
  }
});

test('a summary', async () => {
  const dataPoints = [
    {
      ...at,
      count: '4',
      sum: 10,
      quantileValues: [
        { quantile: 0.99, value: 7 },
        { quantile: 1, value: 8 },
      ],
    },
  ];
  const { lines, metadata } = await translate([{ name: 's', summary: { dataPoints } }]);
  assert.deepEqual(lines, [
    's_count 4 @5000 from 1000',
    's_sum 10 @5000 from 1000',
    's{quantile="0.99"} 7 @5000 from 1000',
    's{quantile="1"} 8 @5000 from 1000',
  ]);
  assert.deepEqual(metadata, ['s summary "" ""']);
});

test('no recorded value is a stale marker', async () => {
  const flags = 1;
  const { lines } = await translate([
    { name: 'g', gauge: { dataPoints: [{ ...at, flags }] } },
    { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [{ ...at, flags, explicitBounds: [1], bucketCounts: ['0', '0'] }] } },
    { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ ...at, flags }] } },
    { name: 'd', sum: { aggregationTemporality: 1, dataPoints: [{ ...at, flags }] } },
  ]);
  assert.deepEqual(lines, [
    'd stale @5000',
    'e stale @5000',
    'g stale @5000',
    'h_bucket{le="+Inf"} stale @5000',
    'h_bucket{le="1"} stale @5000',
    'h_count stale @5000',
  ]);
});

const one = (pairs: Readonly<Record<string, Value>> = {}): unknown => ({
  name: 'g',
  gauge: { dataPoints: [{ ...at, asInt: '1', attributes: attributes(pairs) }] },
});

test('attributes: collisions are joined in order of their names, and told', async () => {
  const { lines, message, rejected } = await translate([one({ a_b: 'z', 'a.b': 'y', 'a-b': 'x', __name__: 'no', empty: '' })]);
  assert.deepEqual(lines, ['g{a_b="x;y;z"} 1 @5000']);
  assert.equal(rejected, 0);
  assert.equal(
    message,
    `OTLP data point attributes "a-b", "a.b", "a_b" collide as label "a_b" after name sanitization, values are concatenated with ';'`,
  );
  const utf8 = await translate([one({ a_b: 'z', 'a.b': 'y' })], { settings: { translationStrategy: 'NoTranslation' } });
  assert.deepEqual(utf8.lines, ['g{a.b="y", a_b="z"} 1 @5000']);
});

test('a point with an attribute that cannot be a label is refused alone', async () => {
  const { lines, rejected, message } = await translate([one({ ßß: '1' }), one({ a: '1' })]);
  assert.deepEqual([lines, rejected], [['g{a="1"} 1 @5000'], 1]);
  assert.match(message, /label name "ßß" resulted in invalid name "__"/);
});

test('promoted resource attributes give way to the point, job and instance do not', async () => {
  const resource = { 'service.name': 's', region: 'eu', zone: 'z', job: 'j' };
  const promoted = await translate([one({ zone: 'own', job: 'own' })], {
    resource,
    settings: { promoteResourceAttributes: ['region', 'zone', 'job', 'absent'], targetInfo: false },
  });
  assert.deepEqual(promoted.lines, ['g{job="s", region="eu", zone="own"} 1 @5000']);
  const all = await translate([one()], {
    resource,
    settings: { promoteAllResourceAttributes: true, ignoreResourceAttributes: ['zone'], targetInfo: false },
  });
  assert.deepEqual(all.lines, ['g{job="s", region="eu", service_name="s"} 1 @5000']);
});

test('scope metadata, where it is wanted and the scope has a name', async () => {
  const settings = { promoteScopeMetadata: true };
  const scope = { name: 'lib', version: '2', attributes: attributes({ name: 'other', 'x.y': '1' }) };
  const { lines } = await translate([one({ otel_scope_version: 'own' })], { scope, settings });
  assert.deepEqual(lines, ['g{otel_scope_name="lib", otel_scope_version="2", otel_scope_x_y="1"} 1 @5000']);
  assert.deepEqual((await translate([one()], { scope: { version: '2' }, settings })).lines, ['g 1 @5000']);
});

test('target_info', async () => {
  const resource = { 'service.name': 's', 'host.name': 'h', cpus: 4 };
  const info = async (given: Given) => (await translate([one()], given)).lines.filter((line) => line.includes('target_info'));
  assert.deepEqual(await info({ resource }), ['target_info{cpus="4", host_name="h", job="s"} 1 @5000']);
  assert.deepEqual(await info({ resource, settings: { keepIdentifyingResourceAttributes: true } }), [
    'target_info{cpus="4", host_name="h", job="s", service_name="s"} 1 @5000',
  ]);
  assert.deepEqual(await info({ resource, settings: { targetInfo: false } }), []);
  assert.deepEqual(await info({ resource: { 'service.name': 's' } }), []); // nothing to tell
  assert.deepEqual(await info({ resource: { 'host.name': 'h' } }), []); // nobody to tell it of
});

test('target_info over a longer time is found at each, and bounded', async () => {
  const resource = { 'service.name': 's', 'host.name': 'h' };
  const times = async (firstS: number, lastS: number): Promise<number[]> => {
    const dataPoints = [firstS, lastS].map((second) => ({ timeUnixNano: `${second}000000000`, asInt: '1' }));
    const { lines } = await translate([{ name: 'g', gauge: { dataPoints } }], { resource });
    const own = lines.filter((line) => line.startsWith('target_info'));
    return own.map((line) => Number(line.split('@')[1]) / 1000).sort((a, b) => a - b);
  };
  assert.deepEqual(await times(100, 500), [100, 250, 400, 500]);
  const many = await times(1, 1_000_000_000);
  assert.equal(many.length, 577);
  assert.equal(many.at(-1), 1_000_000_000);
});

test('what has no place is refused, the rest stored', async () => {
  const delta = {
    name: 'd',
    sum: {
      aggregationTemporality: 1,
      dataPoints: [
        { ...at, asInt: '1' },
        { ...at, asInt: '2' },
      ],
    },
  };
  const nothing = { name: 'n' };
  const unknown = { name: 'u', histogram: { dataPoints: [{ ...at }] } };
  const { lines, rejected, message } = await translate([delta, nothing, unknown, one()], { settings: { delta: 'refuse' } });
  assert.deepEqual(lines, ['g 1 @5000']);
  assert.equal(rejected, 4); // 2 and 1 points, and a metric without points
  assert.match(message, /combination for metric "d" \(limits\.otlp\.delta is refuse\)/);
  assert.match(message, /metric type Empty/);
  assert.match(message, /combination for metric "u"/);
  const nameless = await translate([{ name: 'ß', gauge: { dataPoints: [{ ...at }] } }]);
  assert.deepEqual([nameless.lines, nameless.rejected], [[], 1]);
});

test('delta as it is: type unknown, histograms as gauges', async () => {
  const { lines, metadata } = await translate(
    [
      { name: 'd', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...at, asInt: '1' }] } },
      { name: 'e', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [{ ...at }] } },
    ],
    { settings: { delta: 'native' } },
  );
  assert.deepEqual(lines, ['d_total 1 @5000 from 1000', 'e {schema=0 count=0 sum=0 zero=0/1e-128 pos=[] gauge} @5000 from 1000']);
  assert.deepEqual(metadata, ['d_total unknown "" ""', 'e unknown "" ""']);
});

test('bounds are written in decimals', () => {
  for (const [value, text] of [
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [1.25e-7, '0.000000125'],
    [-1.5e22, '-15000000000000000000000'],
    [Infinity, '+Inf'],
  ] as const) {
    assert.equal(decimal(value), text);
  }
});
