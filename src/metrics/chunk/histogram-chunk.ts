// Native histograms of a series as a float-histogram chunk: one layout of buckets, then a column for every field and bucket.
//
// Source: prometheus/tsdb/docs/format/chunks.md, "Float histogram chunk data". All but the first histogram of a chunk of counters are known not to
// be resets, so a chunk ends where a counter falls, where the layout changes, and after a stale marker.

import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram, type Span } from '../native-histogram.ts';
import type { HistogramSample } from '../read-histograms.ts';
import { STALE_HIGH, STALE_LOW } from '../value-code.ts';
import { BitWriter, XorColumn, wordsOfDouble } from './bit-writer.ts';

const HEADER_UNKNOWN = 0;
const HEADER_NO_RESET = 0x40;
const HEADER_RESET = 0x80;
const HEADER_GAUGE = 0xc0;

/** What a stale marker is written as: nothing but its sum. */
const EMPTY: NativeHistogram = {
  schema: 0,
  counterResetHint: 'unknown',
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customValues: [],
};
const STALE_WORDS = { low: STALE_LOW, high: STALE_HIGH };

/** True when `next` may stand in the chunk whose last sample is `last`. */
export function mayFollow(last: HistogramSample, next: HistogramSample): boolean {
  if (next.kind === 'stale') return true;
  if (last.kind === 'stale') return false;
  const [a, b] = [last.histogram, next.histogram];
  const isGauge = a.counterResetHint === 'gauge';
  if (isGauge !== (b.counterResetHint === 'gauge') || b.counterResetHint === 'yes' || !sameLayout(a, b)) return false;
  return isGauge || !hasFallen(a, b);
}

function sameLayout(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    a.customValues.length === b.customValues.length &&
    a.customValues.every((value, i) => value === b.customValues[i])
  );
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return a.length === b.length && a.every(({ offset, length }, i) => offset === b[i]?.offset && length === b[i]?.length);
}

/** Of two histograms of one layout: a count that is less now was reset in between. */
function hasFallen(a: NativeHistogram, b: NativeHistogram): boolean {
  const fell = (before: readonly number[], after: readonly number[]): boolean => before.some((count, i) => (after[i] ?? 0) < count);
  return (
    b.count < a.count ||
    b.zeroCount < a.zeroCount ||
    fell(a.positiveBuckets, b.positiveBuckets) ||
    fell(a.negativeBuckets, b.negativeBuckets)
  );
}

/** Encodes the samples from `from` up to `to`, which is left out; each must be one that may follow the one before. */
export function encodeHistogramChunk(samples: readonly HistogramSample[], from: number, to: number): Uint8Array {
  const out = new BitWriter();
  const first = samples[from];
  const layout = first?.kind === 'histogram' ? first.histogram : EMPTY;
  out.bits(to - from, 16);
  out.bits(first?.kind === 'histogram' ? header(layout) : HEADER_UNKNOWN, 8);
  writeLayout(out, layout);
  const columns: XorColumn[] = [];
  let time = 0;
  let delta = 0;
  for (let i = from; i < to; i++) {
    const sample = samples[i];
    if (sample === undefined) break;
    if (i === from) out.varbit(sample.ms);
    else {
      out.varbit(sample.ms - time - delta);
      delta = sample.ms - time;
    }
    time = sample.ms;
    writeFields(out, columns, sample);
  }
  return out.bytes();
}

function writeFields(out: BitWriter, columns: XorColumn[], sample: HistogramSample): void {
  const { count, zeroCount, sum, positiveBuckets, negativeBuckets } = sample.kind === 'histogram' ? sample.histogram : EMPTY;
  let place = 0;
  const write = (words: { readonly low: number; readonly high: number }): void => {
    const column = columns[place];
    if (column === undefined) (columns[place] = new XorColumn()).first(out, words);
    else column.next(out, words.low, words.high);
    place++;
  };
  write(wordsOfDouble(count));
  write(wordsOfDouble(zeroCount));
  write(sample.kind === 'stale' ? STALE_WORDS : wordsOfDouble(sum));
  for (const bucket of positiveBuckets) write(wordsOfDouble(bucket));
  for (const bucket of negativeBuckets) write(wordsOfDouble(bucket));
}

function header({ counterResetHint }: NativeHistogram): number {
  switch (counterResetHint) {
    case 'gauge':
      return HEADER_GAUGE;
    case 'yes':
      return HEADER_RESET;
    case 'no':
      return HEADER_NO_RESET;
    case 'unknown':
      return HEADER_UNKNOWN;
  }
}

function writeLayout(out: BitWriter, layout: NativeHistogram): void {
  writeThreshold(out, layout.zeroThreshold);
  out.varbit(layout.schema);
  writeSpans(out, layout.positiveSpans);
  writeSpans(out, layout.negativeSpans);
  if (layout.schema !== CUSTOM_BUCKETS_SCHEMA) return;
  out.varbitUnsigned(layout.customValues.length);
  for (const bound of layout.customValues) writeBound(out, bound);
}

function writeSpans(out: BitWriter, spans: readonly Span[]): void {
  out.varbitUnsigned(spans.length);
  for (const { offset, length } of spans) {
    out.varbitUnsigned(length);
    out.varbit(offset);
  }
}

/** A power of two from 2^-243 to 2^10 is one byte, 0 is the byte 0, anything else follows the byte 255. */
function writeThreshold(out: BitWriter, threshold: number): void {
  const exponent = Math.log2(threshold);
  if (threshold === 0) out.bits(0, 8);
  else if (Number.isInteger(exponent) && 2 ** exponent === threshold && exponent >= -243 && exponent <= 10) out.bits(exponent + 244, 8);
  else {
    out.bits(255, 8);
    out.words(wordsOfDouble(threshold));
  }
}

const BOUND_THOUSANDTHS_MAX = 33_554_430;

/** A bound of thousandths is their number and one; another is a zero bit and the double. */
function writeBound(out: BitWriter, bound: number): void {
  const thousandths = Math.round(bound * 1000);
  if (bound >= 0 && bound * 1000 <= BOUND_THOUSANDTHS_MAX && thousandths / 1000 === bound) out.varbitUnsigned(thousandths + 1);
  else {
    out.bits(0, 1);
    out.words(wordsOfDouble(bound));
  }
}
