// Chunks of any samples decode to the samples that went in, bit by bit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NativeHistogram } from '../native-histogram.ts';
import type { HistogramSample } from '../read-histograms.ts';
import type { SampleRun } from '../sample-runs.ts';
import { wordsOf } from '../value.ts';
import { chunksOf, FLOAT_HISTOGRAM_CHUNK, XOR_CHUNK } from './series-chunks.ts';
import { bitsOf, decodeFloatChunk, decodeHistogramChunk } from './test-decoder.ts';

/** Steps between samples: mostly regular, sometimes a jump of any size. */
const steps = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(15_000, 15_001, 1) }, fc.integer({ min: 1, max: 2 ** 40 })), {
  maxLength: 300,
});
const startMs = fc.oneof(fc.integer({ min: -(2 ** 40), max: 2 ** 41 }), fc.constantFrom(0, -1, 1));
const values = fc.infiniteStream(fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY)));

function timesOf(start: number, deltas: readonly number[]): number[] {
  let ms = start;
  return deltas.map((delta) => (ms += delta));
}

function runOf(times: readonly number[], next: () => number): SampleRun {
  const all = Float64Array.from(times, next);
  const words = wordsOf(all);
  // Every seventh ends its series.
  for (let i = 6; i < times.length; i += 7) words.set([2, 0x7ff00000], 2 * i);
  return { times: Float64Array.from(times), values: all, words, length: times.length, mayBeStale: true };
}

test('float samples', () => {
  fc.assert(
    fc.property(startMs, steps, values, (start, deltas, stream) => {
      const run = runOf(timesOf(start, deltas), () => stream.next().value);
      const chunks = [...chunksOf(run, [])];
      const words = new BigUint64Array(run.words.buffer);
      assert.deepEqual(
        chunks.flatMap(({ data }) => decodeFloatChunk(data)),
        Array.from(run.times, (ms, i) => [ms, words[i]]),
      );
      assert.ok(chunks.every(({ encoding, data }) => encoding === XOR_CHUNK && decodeFloatChunk(data).length <= 120));
    }),
    { numRuns: 400, seed: 1 },
  );
});

const spans = fc.array(fc.record({ offset: fc.integer({ min: -40, max: 5000 }), length: fc.integer({ min: 1, max: 6 }) }), {
  maxLength: 4,
});
const layout = fc.record({
  schema: fc.constantFrom(-53, -4, 0, 3, 8),
  zeroThreshold: fc.oneof(fc.constantFrom(0, 2 ** -128, 2 ** -243, 2 ** -244, 1024, 2048), fc.double({ min: 0, max: 10, noNaN: true })),
  positiveSpans: spans,
  negativeSpans: spans,
  customValues: fc.array(fc.oneof(fc.integer(), fc.constantFrom(0.005, 33554.43, 33554.431, 0.1), fc.double({ noNaN: true })), {
    maxLength: 6,
  }),
});

function histogramOf(shape: typeof layout extends fc.Arbitrary<infer T> ? T : never, hint: number, next: () => number): NativeHistogram {
  const count = (all: readonly { readonly length: number }[]): number => all.reduce((sum, { length }) => sum + length, 0);
  return {
    ...shape,
    customValues: shape.schema === -53 ? shape.customValues : [],
    counterResetHint: (['unknown', 'yes', 'no', 'gauge'] as const)[hint] ?? 'unknown',
    count: next(),
    sum: next(),
    zeroCount: next(),
    positiveBuckets: Array.from({ length: count(shape.positiveSpans) }, next),
    negativeBuckets: Array.from({ length: count(shape.negativeSpans) }, next),
  };
}

test('histograms between floats', () => {
  const layouts = fc.array(layout, { minLength: 1, maxLength: 3 });
  const kinds = fc.array(
    fc.record({ kind: fc.constantFrom('float', 'histogram', 'histogram', 'histogram', 'stale'), layout: fc.nat(2), hint: fc.nat(3) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(layouts, kinds, fc.boolean(), (shapes, plan, rises) => {
      let counter = 0;
      const next = (): number => (rises ? counter++ : (counter = (counter * 7 + 3) % 11));
      const floats: number[] = [];
      const histograms: HistogramSample[] = [];
      for (const [i, { kind, layout: number, hint }] of plan.entries()) {
        const ms = 1000 * i;
        const shape = shapes[number % shapes.length];
        if (kind === 'float' || shape === undefined) floats.push(ms);
        else if (kind === 'stale') histograms.push({ kind: 'stale', ms });
        else histograms.push({ kind: 'histogram', ms, histogram: histogramOf(shape, hint, next) });
      }
      const run = runOf(floats, next);
      const chunks = [...chunksOf(run, histograms)];
      checkOrder(chunks);
      const decoded = chunks
        .filter(({ encoding }) => encoding === FLOAT_HISTOGRAM_CHUNK)
        .flatMap(({ data }) => decodeHistogramChunk(data).samples);
      assert.deepEqual(decoded, histograms.map(fieldsOf));
      for (const { data } of chunks.filter(({ encoding }) => encoding === FLOAT_HISTOGRAM_CHUNK)) checkLayout(data, histograms);
    }),
    { numRuns: 500, seed: 2 },
  );
});

function checkOrder(chunks: readonly { readonly fromMs: number; readonly toMs: number }[]): void {
  let last = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of chunks) {
    assert.ok(fromMs > last && toMs >= fromMs, 'chunks come in order and do not overlap');
    last = toMs;
  }
}

function fieldsOf(sample: HistogramSample): unknown {
  if (sample.kind === 'stale') return { ms: sample.ms, fields: [0n, 0n, 0x7ff0000000000002n] };
  const { count, zeroCount, sum, positiveBuckets, negativeBuckets } = sample.histogram;
  return { ms: sample.ms, fields: [count, zeroCount, sum, ...positiveBuckets, ...negativeBuckets].map(bitsOf) };
}

const HEADERS = { unknown: 0, no: 0x40, yes: 0x80, gauge: 0xc0 } as const;

function checkLayout(data: Uint8Array, all: readonly HistogramSample[]): void {
  const { samples, header, ...shape } = decodeHistogramChunk(data);
  const first = all.find(({ ms }) => ms === samples[0]?.ms);
  if (first?.kind !== 'histogram') return;
  const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, counterResetHint } = first.histogram;
  const flat = (list: typeof positiveSpans): readonly number[] => list.flatMap(({ offset, length }) => [offset, length]);
  assert.deepEqual(shape, { schema, zeroThreshold, customValues, positiveSpans: flat(positiveSpans), negativeSpans: flat(negativeSpans) });
  assert.equal(header, HEADERS[counterResetHint]);
}
