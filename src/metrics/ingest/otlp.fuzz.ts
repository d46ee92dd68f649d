// Fuzz: a request of OTLP metrics, whole, damaged or random, ends in an answer or in `bad_data`; and both encodings of a request give the same series.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { checkDamaged, int64, optional, text, uint64 } from '../../otlp/test-otlp-fuzz.ts';
import { OtlpMetricsIngest } from './otlp-ingest.ts';
import { metricsProtobuf, RecordingWrite } from './otlp-recording.ts';
import { OTLP_METRICS_DEFAULTS } from './otlp-settings.ts';

const double = fc.oneof(fc.double(), fc.integer()).map((value) => (Number.isFinite(value) ? value : String(value)));
const keyValue = fc.record({
  key: text,
  value: fc.oneof(
    text.map((stringValue) => ({ stringValue })),
    int64.map((intValue) => ({ intValue })),
  ),
});
const attributes = fc.array(keyValue, { maxLength: 4 });
const exemplars = fc.array(fc.record({ asDouble: double, traceId: fc.constant('0a'.repeat(16)), filteredAttributes: attributes }), {
  maxLength: 2,
});
const time = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64 };
const number = fc.record({ ...time, asDouble: double, exemplars, flags: fc.nat(3) }, optional);
const counts = fc.array(uint64, { maxLength: 5 });
const buckets = fc.record({ offset: fc.integer(), bucketCounts: counts }, optional);
const explicitBounds = fc.array(fc.integer(), { maxLength: 4 });
const histogram = fc.record(
  { ...time, count: uint64, sum: double, bucketCounts: counts, explicitBounds, exemplars, flags: fc.nat(1) },
  optional,
);
const scale = fc.oneof(fc.integer({ min: -6, max: 12 }), fc.integer());
const zero = { zeroCount: uint64, zeroThreshold: double };
const exponential = fc.record({ ...time, ...zero, count: uint64, sum: double, scale, positive: buckets, negative: buckets }, optional);
const quantileValues = fc.array(fc.record({ quantile: double, value: double }), { maxLength: 2 });
const data = <T>(point: fc.Arbitrary<T>) => ({ dataPoints: fc.array(point, { maxLength: 3 }) });
const temporal = { aggregationTemporality: fc.nat(3) };
const named = { name: text, unit: text, description: text };
const metric = fc.oneof(
  fc.record({ ...named, gauge: fc.record(data(number)) }),
  fc.record({ ...named, sum: fc.record({ ...data(number), ...temporal, isMonotonic: fc.boolean() }) }),
  fc.record({ ...named, histogram: fc.record({ ...data(histogram), ...temporal }) }),
  fc.record({ ...named, exponentialHistogram: fc.record({ ...data(exponential), ...temporal }) }),
  fc.record({ ...named, summary: fc.record(data(fc.record({ ...time, count: uint64, sum: double, quantileValues }))) }),
  fc.record(named),
);
const scopeMetrics = fc.record({ scope: fc.record({ name: text, attributes }), metrics: fc.array(metric, { maxLength: 3 }) });
const resourceMetrics = fc.record({ resource: fc.record({ attributes }), scopeMetrics: fc.array(scopeMetrics, { maxLength: 2 }) });
const request = fc.record({ resourceMetrics: fc.array(resourceMetrics, { maxLength: 2 }) });

async function written(body: Uint8Array, encoding: 'json' | 'protobuf', nhcb = false): Promise<readonly string[]> {
  const write = new RecordingWrite();
  const settings = { ...OTLP_METRICS_DEFAULTS, convertHistogramsToNhcb: nhcb, promoteScopeMetadata: nhcb };
  const ingest = new OtlpMetricsIngest({ beginWrite: () => write, settingsOf: () => settings, clock: { now: () => 0 } });
  try {
    const { message } = await ingest.export('t', body, encoding);
    return [...write.lines, ...write.metadataLines, message];
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.code];
  }
}

test('both encodings of a request give the same series', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (message, nhcb) => {
      const json = await written(new TextEncoder().encode(JSON.stringify(message)), 'json', nhcb);
      assert.deepEqual(await written(metricsProtobuf(message), 'protobuf', nhcb), json);
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('damaged and random bodies', () => checkDamaged({ request, encode: metricsProtobuf, decode: written }, { seed: 4, numRuns: 1500 }));
