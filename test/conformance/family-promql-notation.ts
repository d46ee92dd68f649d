// The notation of series in scripts and rule tests. No interface of the program takes it, so the notation's own reader is asked.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { RequestError } from '../../src/base/request-error.ts';
import { parseSeriesDescription } from '../../src/metrics/promql/series-notation.ts';
import type { StepValue } from '../../src/metrics/promql/series-notation.ts';
import type { CounterResetHint, NativeHistogram, Span } from '../../src/metrics/native-histogram.ts';
import { labelsRecord } from '../../src/query/labels.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const span = z.object({ Offset: z.number().default(0), Length: z.number() });

const histogram = z.strictObject({
  Schema: z.number().default(0),
  Count: z.number().default(0),
  Sum: z.number().default(0),
  ZeroCount: z.number().default(0),
  ZeroThreshold: z.number().default(0),
  PositiveSpans: z.array(span).default([]),
  PositiveBuckets: z.array(z.number()).default([]),
  NegativeSpans: z.array(span).default([]),
  NegativeBuckets: z.array(z.number()).default([]),
  CustomValues: z.array(z.number()).default([]),
  CounterResetHint: z.enum(['unknown', 'reset', 'not_reset', 'gauge']).default('unknown'),
});

const step = z.union([
  z.strictObject({ value: z.union([z.number(), z.string()]) }),
  z.strictObject({ omitted: z.literal(true) }),
  // An empty histogram.
  z.strictObject({ $vals: z.tuple([]) }).transform(() => histogram.parse({})),
  histogram,
]);

const caseSchema = z.object({
  input: z.string(),
  ok: z.boolean(),
  metric: z.record(z.string(), z.string()).nullable(),
  values: z.array(step).nullable(),
});

type Case = z.infer<typeof caseSchema>;

export const promqlNotationFamily: Family = {
  name: 'series notation',
  claims: (path) => path === 'promql-series-notation.json',
  prepare({ file }) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    return () => Promise.resolve(cases.map(runCase));
  },
};

function runCase({ input, ok, metric, values }: Case): Outcome {
  let read;
  try {
    read = parseSeriesDescription(input);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return compare(input, ok ? 'a series' : 'refused', 'refused');
  }
  if (!ok) return compare(input, 'refused', read);
  return compare(
    input,
    { values: values?.map(wanted), ...(metric === null ? {} : { metric }) },
    { values: read.values.map(found), ...(metric === null ? {} : { metric: labelsRecord(read.labels) }) },
  );
}

function wanted(value: z.infer<typeof step>): unknown {
  if ('value' in value) return String(value.value);
  if ('omitted' in value) return 'gap';
  const side = (spans: readonly z.infer<typeof span>[], buckets: readonly number[]): unknown =>
    counted(
      spans.map(({ Offset: offset, Length: length }) => ({ offset, length })),
      buckets,
    );
  return {
    schema: value.Schema,
    count: value.Count,
    sum: value.Sum,
    zero: [value.ZeroCount, value.ZeroThreshold],
    positive: side(value.PositiveSpans, value.PositiveBuckets),
    negative: side(value.NegativeSpans, value.NegativeBuckets),
    custom: value.CustomValues,
    hint: value.CounterResetHint,
  };
}

const HINTS: Readonly<Record<CounterResetHint, string>> = { unknown: 'unknown', yes: 'reset', no: 'not_reset', gauge: 'gauge' };

function found(value: StepValue): unknown {
  switch (value.kind) {
    case 'gap':
      return 'gap';
    case 'stale':
      return 'NaN';
    case 'number':
      return String(value.value);
    case 'histogram':
      return foundHistogram(value.histogram);
  }
}

function foundHistogram(read: NativeHistogram): unknown {
  return {
    schema: read.schema,
    count: read.count,
    sum: read.sum,
    zero: [read.zeroCount, read.zeroThreshold],
    positive: counted(read.positiveSpans, read.positiveBuckets),
    negative: counted(read.negativeSpans, read.negativeBuckets),
    custom: read.customValues,
    hint: HINTS[read.counterResetHint],
  };
}

/** Counts by index: how they are cut into spans is nobody's concern. */
function counted(spans: readonly Span[], buckets: readonly number[]): Record<number, number> {
  const byIndex: Record<number, number> = {};
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) byIndex[index++] = buckets[at++] ?? 0;
  }
  return byIndex;
}
