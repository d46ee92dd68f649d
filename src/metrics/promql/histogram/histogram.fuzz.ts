// Laws that hold for native histograms of any layout: nothing gets lost in sums, coarser copies and cuts, and no argument is changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { NativeHistogram } from '../../native-histogram.ts';
import { addHistograms, compactHistogram, copyToSchema, detectReset, equalHistograms, subtractHistograms, withHint } from './arithmetic.ts';
import { indexesOf, spansOf } from './bucket-indexes.ts';
import { HistogramSum } from './histogram-sum.ts';
import { histogramFraction, histogramQuantile, histogramStdvar } from './quantile.ts';
import { textOf } from './test-histograms.ts';
import { trimLower, trimUpper } from './trim.ts';

const RUNS = { seed: 1, numRuns: 1500 };

const side = fc.uniqueArray(fc.integer({ min: -12, max: 12 }), { maxLength: 6 }).chain((indexes) =>
  fc.record({
    spans: fc.constant(spansOf(indexes.toSorted((a, b) => a - b))),
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: indexes.length, maxLength: indexes.length }),
  }),
);

const hint = fc.constantFrom('unknown', 'yes', 'no', 'gauge');

/** Whole counts that add up, with no bucket within the zero bucket. */
const exponential: fc.Arbitrary<NativeHistogram> = fc
  .record({
    schema: fc.integer({ min: -2, max: 4 }),
    positive: side,
    negative: side,
    zeroCount: fc.integer({ min: 0, max: 9 }),
    zeroThreshold: fc.constantFrom(0, 1e-30, 2 ** -60, 2 ** -50),
    sum: fc.integer({ min: -99, max: 99 }),
    counterResetHint: hint,
  })
  .map(({ positive, negative, zeroCount, ...others }) => ({
    ...others,
    count: total(positive.counts) + total(negative.counts) + zeroCount,
    zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customValues: [],
  }));

const custom: fc.Arbitrary<NativeHistogram> = fc
  .uniqueArray(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 6 })
  .chain((bounds) =>
    fc.record({
      bounds: fc.constant(bounds.toSorted((a, b) => a - b)),
      counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      sum: fc.integer({ min: -99, max: 99 }),
      counterResetHint: hint,
    }),
  )
  .map(({ bounds, counts, ...others }) => ({
    ...others,
    schema: -53,
    count: total(counts),
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: spansOf(counts.map((_, i) => i)),
    positiveBuckets: counts,
    negativeSpans: [],
    negativeBuckets: [],
    customValues: bounds,
  }));

/** Zero buckets that reach over populated buckets too, as they do when a client widens them late. */
const wide = exponential.chain((histogram) =>
  fc.constantFrom(0.01, 0.75, 1, 3).map((zeroThreshold): NativeHistogram => ({
    ...histogram,
    zeroThreshold,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
    count: histogram.zeroCount,
  })),
);

const any = fc.oneof({ weight: 3, arbitrary: exponential }, { weight: 1, arbitrary: wide }, { weight: 1, arbitrary: custom });
const alike = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.oneof(exponential, wide), { minLength: 2, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(custom, { minLength: 2, maxLength: 5 }) },
);

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function observed({ zeroCount, positiveBuckets, negativeBuckets }: NativeHistogram): number {
  return zeroCount + total(positiveBuckets) + total(negativeBuckets);
}

/** Deeply frozen, so that a change of an argument throws. */
function frozen(histogram: NativeHistogram): NativeHistogram {
  for (const part of Object.values(histogram)) if (typeof part === 'object') Object.freeze(part);
  return Object.freeze(histogram);
}

function isWellFormed({ positiveSpans, positiveBuckets, negativeSpans, negativeBuckets }: NativeHistogram): boolean {
  return indexesOf(positiveSpans).length === positiveBuckets.length && indexesOf(negativeSpans).length === negativeBuckets.length;
}

test('sums lose nothing, whatever their order, and differences take back', () => {
  fc.assert(
    fc.property(any, any, (left, right) => {
      const a = frozen(left);
      const b = frozen(right);
      const sum = addHistograms(a, b);
      const reverse = addHistograms(b, a);
      assert.equal(sum === undefined, (a.schema === -53) !== (b.schema === -53));
      if (sum === undefined || reverse === undefined) return;
      assert.ok(isWellFormed(sum.histogram));
      assert.equal(textOf(sum.histogram), textOf(reverse.histogram));
      assert.equal(observed(sum.histogram), observed(a) + observed(b));
      const back = subtractHistograms(sum.histogram, b)?.histogram;
      assert.ok(back !== undefined && isWellFormed(back));
      assert.equal(observed(back), observed(a));
      assert.equal(back.sum, a.sum);
      const same = subtractHistograms(a, a)?.histogram;
      assert.ok(same !== undefined && observed(compactHistogram(same)) === 0 && compactHistogram(same).positiveBuckets.length === 0);
    }),
    RUNS,
  );
});

test('a running sum is the fold of sums', () => {
  fc.assert(
    fc.property(alike, (histograms) => {
      const [first, ...others] = histograms.map(frozen);
      if (first === undefined) return;
      const running = new HistogramSum(first);
      let fold = first;
      for (const histogram of others) {
        assert.equal(running.add(histogram), 'ok');
        fold = addHistograms(fold, histogram)?.histogram ?? fold;
      }
      assert.ok(isWellFormed(running.total()));
      assert.equal(textOf(running.total()), textOf(fold));
      assert.ok(Math.abs(running.mean().count * histograms.length - fold.count) < 1e-9);
    }),
    RUNS,
  );
});

test('a coarser copy holds as much; a counter that only grows has no reset', () => {
  fc.assert(
    fc.property(exponential, exponential, fc.integer({ min: 0, max: 4 }), (left, right, steps) => {
      const coarse = copyToSchema(frozen(left), left.schema - steps);
      assert.ok(isWellFormed(coarse));
      assert.equal(observed(coarse), observed(left));
      assert.equal(equalHistograms(coarse, withHint(left, 'gauge')), steps === 0);
      const grown = addHistograms(left, right)?.histogram;
      assert.ok(grown !== undefined);
      const unknown = withHint(grown, 'unknown');
      if (grown.schema <= left.schema) assert.equal(detectReset(unknown, left), false);
      if (right.count > 0) assert.equal(detectReset(withHint(left, 'unknown'), unknown), true);
    }),
    RUNS,
  );
});

test('what is below and what is above a value make the whole', () => {
  const bound = fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.double({ noNaN: true, min: -20, max: 20 }),
    fc.constantFrom(Infinity, -Infinity),
  );
  fc.assert(
    fc.property(exponential, bound, (histogram, value) => {
      const below = trimUpper(frozen(histogram), value);
      const above = trimLower(histogram, value);
      assert.ok(isWellFormed(below) && isWellFormed(above));
      assert.ok(Math.abs(observed(below) + observed(above) - observed(histogram)) < 1e-9);
      assert.ok(
        [...below.positiveBuckets, ...below.negativeBuckets, ...above.positiveBuckets, ...above.negativeBuckets].every(
          (count) => count > 0 || histogram === below || histogram === above,
        ),
      );
      if (histogram.count === 0 || !Number.isFinite(value)) return;
      const fraction = histogramFraction(-Infinity, value, compactHistogram(histogram)).value;
      assert.ok(Math.abs(fraction * histogram.count - observed(below)) < 1e-9, `${fraction * histogram.count} and ${observed(below)}`);
    }),
    RUNS,
  );
});

test('quantiles ascend and undo fractions', () => {
  const part = fc.double({ noNaN: true, min: 0, max: 1 });
  fc.assert(
    fc.property(any, part, part, (histogram, one, other) => {
      const [lower, upper] = [Math.min(one, other), Math.max(one, other)];
      const from = histogramQuantile(lower, frozen(histogram)).value;
      const to = histogramQuantile(upper, histogram).value;
      assert.equal(Number.isNaN(from), histogram.count === 0);
      if (histogram.count === 0) return;
      assert.ok(from <= to + 1e-9 * Math.abs(to), `${from} at ${lower}, ${to} at ${upper}`);
      assert.ok(histogramStdvar({ ...histogram, sum: 0 }) >= 0 || histogram.schema === -53);
      const fraction = histogramFraction(-Infinity, from, histogram).value;
      assert.ok(fraction >= 0 && fraction <= 1);
      if (histogram.schema !== -53) assert.ok(fraction <= lower + 1e-9, `${fraction} and ${lower}`);
    }),
    RUNS,
  );
});
