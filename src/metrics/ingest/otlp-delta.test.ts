// Delta temporality made cumulative: one line per thing that can happen to a stream.

import assert from 'node:assert/strict';
import test from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { DELTA_IDLE_MS } from './otlp-delta.ts';
import { OtlpMetricsIngest } from './otlp-ingest.ts';
import { RecordingWrite } from './otlp-recording.ts';
import { OTLP_METRICS_DEFAULTS } from './otlp-settings.ts';

/** An ingest with a clock to turn, and a function that sends one metric and gives the lines that were written. */
function stream(deltaStreamsMax = 100) {
  const clock = { ms: 0, now: () => clock.ms };
  const settings = { ...OTLP_METRICS_DEFAULTS, deltaStreamsMax };
  const writes: RecordingWrite[] = [];
  const state = { failure: undefined as Error | undefined };
  const beginWrite = (): RecordingWrite => {
    const write = new RecordingWrite();
    write.failure = state.failure;
    writes.push(write);
    return write;
  };
  const ingest = new OtlpMetricsIngest({ beginWrite, settingsOf: () => settings, clock });
  const send = async (metric: object, tenant = 't'): Promise<string> => {
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', ...metric }] }] }] });
    const { message } = await ingest.export(tenant, new TextEncoder().encode(body), 'json');
    return [...(writes.at(-1)?.lines ?? []), ...(message === '' ? [] : [`refused: ${message}`])].join('\n');
  };
  return { clock, ingest, send, state };
}

const time = (startS: number, endS: number) => ({ startTimeUnixNano: `${startS}000000000`, timeUnixNano: `${endS}000000000` });
const sum = (startS: number, endS: number, value: number, label = ''): object => ({
  sum: {
    aggregationTemporality: 1,
    isMonotonic: true,
    dataPoints: [{ ...time(startS, endS), asDouble: value, attributes: [{ key: 'l', value: { stringValue: label } }] }],
  },
});

test('points add up from the start of the first', async () => {
  const { send } = stream();
  assert.equal(await send(sum(10, 20, 3)), 'm_total 3 @20000 from 10000');
  assert.equal(await send(sum(20, 30, 4)), 'm_total 7 @30000 from 10000');
  assert.equal(await send(sum(30, 40, 1, 'x')), 'm_total{l="x"} 1 @40000 from 30000'); // another series
  assert.equal(await send(sum(20, 30, 5), 'other'), 'm_total 5 @30000 from 20000'); // another tenant
  assert.equal(await send(sum(50, 60, 1)), 'm_total 8 @60000 from 10000'); // a gap is no reset
});

test('what is late, repeated or older than the stream is refused and said', async () => {
  const { send } = stream();
  await send(sum(10, 20, 3));
  assert.match(await send(sum(10, 20, 3)), /^refused: delta temporality: out of order: the point is of 20000 ms/);
  assert.match(await send(sum(10, 15, 3)), /already at 20000 ms/);
  assert.match(await send(sum(5, 30, 3)), /starts at 5000 ms, before its stream does at 10000 ms/);
  assert.equal(await send(sum(20, 30, 1)), 'm_total 4 @30000 from 10000');
});

test('times are compared to the nanosecond', async () => {
  const { send } = stream();
  const point = (nanos: string): object => ({
    sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano: `1000000${nanos}`, asInt: '1' }] },
  });
  await send(point('1'));
  assert.equal(await send(point('2')), 'm 2 @10');
});

test('a stream that is idle for long begins anew', async () => {
  const { send, clock, ingest } = stream();
  await send(sum(10, 20, 3));
  clock.ms = DELTA_IDLE_MS;
  assert.equal(await send(sum(20, 30, 4)), 'm_total 7 @30000 from 10000');
  clock.ms = 2 * DELTA_IDLE_MS + 1;
  assert.equal(await send(sum(600, 700, 2)), 'm_total 2 @700000 from 600000');
  assert.equal(ingest.deltaStreams, 1);
});

test('streams are bounded for each tenant, and so are their buckets', async () => {
  const { send } = stream(2);
  await send(sum(10, 20, 1, 'a'));
  await send(sum(10, 20, 1, 'b'));
  assert.match(await send(sum(10, 20, 1, 'c')), /2 streams .* summed up already \(limits\.otlp\.deltaStreamsMax is 2\)/);
  assert.equal(await send(sum(20, 30, 1, 'a')), 'm_total{l="a"} 2 @30000 from 10000');
  assert.match(await send(sum(10, 20, 1, 'c'), 'other'), /^m_total/);
  const wide = Array.from({ length: 200 }, (_, i) => i);
  const histogram = {
    aggregationTemporality: 1,
    dataPoints: [{ ...time(1, 2), explicitBounds: wide, bucketCounts: [...wide, '0'].map(String) }],
  };
  assert.match(await send({ histogram }, 'third'), /0 streams with 0 values/);
});

test('when storing fails, the same points count once', async () => {
  const { send, state } = stream();
  await send(sum(10, 20, 3));
  state.failure = new RequestError('unavailable', 'full');
  await assert.rejects(send(sum(20, 30, 4)), /full/);
  await assert.rejects(send(sum(20, 30, 4)), /full/); // sent again
  state.failure = undefined;
  assert.equal(await send(sum(20, 30, 4)), 'm_total 7 @30000 from 10000');
});

test('a point that a later one was built upon stays in the sum though storing it failed', async () => {
  const { send, state } = stream();
  await send(sum(10, 20, 3));
  state.failure = new RequestError('unavailable', 'full');
  const failing = send(sum(20, 30, 4));
  state.failure = undefined;
  assert.equal(await send(sum(30, 40, 5)), 'm_total 12 @40000 from 10000');
  await assert.rejects(failing);
  assert.match(await send(sum(20, 30, 4)), /^refused/);
  assert.equal(await send(sum(40, 50, 1)), 'm_total 13 @50000 from 10000');
});

test('a malformed end of a request takes its points back', async () => {
  const { ingest, send } = stream();
  const good = { name: 'm', ...sum(10, 20, 3) };
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [good, { name: 1 }] }] }] });
  await assert.rejects(ingest.export('t', new TextEncoder().encode(body), 'json'), /name: expected a string/);
  assert.equal(await send(sum(10, 20, 3)), 'm_total 3 @20000 from 10000');
});

test('histograms add bucket by bucket; other bounds begin anew', async () => {
  const { send } = stream();
  const histogram = (startS: number, counts: readonly string[], bounds: readonly number[], total?: number): object => {
    const point = { ...time(startS, startS + 10), count: '3', bucketCounts: counts, explicitBounds: bounds };
    return { histogram: { aggregationTemporality: 1, dataPoints: [total === undefined ? point : { ...point, sum: total }] } };
  };
  await send(histogram(10, ['1', '2'], [5], 7));
  assert.equal(
    await send(histogram(20, ['3', '0'], [5], 1)),
    ['m_sum 8', 'm_count 6', 'm_bucket{le="5"} 4', 'm_bucket{le="+Inf"} 6'].map((line) => `${line} @30000 from 10000`).join('\n'),
  );
  // Without a sum there is none from here on.
  assert.equal(
    await send(histogram(30, ['1', '1'], [5])),
    ['m_count 9', 'm_bucket{le="5"} 5', 'm_bucket{le="+Inf"} 9'].map((line) => `${line} @40000 from 10000`).join('\n'),
  );
  assert.match(await send(histogram(40, ['1', '2'], [6], 7)), /^m_sum 7 @50000 from 40000/);
});

test('exponential histograms add at the lower scale and the wider zero', async () => {
  const { send } = stream();
  const exponential = (startS: number, point: object): object => ({
    exponentialHistogram: { aggregationTemporality: 1, dataPoints: [{ ...time(startS, startS + 10), count: '1', sum: 1, ...point }] },
  });
  const first = { scale: 1, zeroCount: '1', zeroThreshold: 0.25, positive: { offset: -4, bucketCounts: ['1', '1', '1', '1'] } };
  assert.equal(await send(exponential(10, first)), 'm {schema=1 count=1 sum=1 zero=1/0.25 pos=-3+4[1 1 1 1]} @20000 from 10000');
  // At scale 0 the four buckets are (1/4, 1/2] and (1/2, 1]; the first falls into the zero bucket of ±1/2.
  const second = {
    scale: 0,
    zeroCount: '2',
    zeroThreshold: 0.5,
    positive: { offset: 0, bucketCounts: ['5'] },
    negative: { offset: 3, bucketCounts: ['4'] },
  };
  assert.equal(await send(exponential(20, second)), 'm {schema=0 count=2 sum=2 zero=5/0.5 pos=0+2[2 5] neg=4+1[4]} @30000 from 10000');
  // A wide span of values: the scale goes down until 160 buckets suffice.
  const far = await send(exponential(30, { scale: 0, positive: { offset: 1000, bucketCounts: ['1'] } }));
  assert.match(far, /schema=-3 count=3/);
  assert.match(await send(exponential(40, { scale: -5 })), /^refused: .*Scale must be >= -4, was -5/);
});
