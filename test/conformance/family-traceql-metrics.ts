// TraceQL metrics: spans that are sent as OTLP, a metrics query, and the series that must come back.
//
//   case ─▶ its times moved to lately ─▶ one push ─▶ /api/metrics/query_range, or /query where the step is all of the range ─▶ labels and values compared
//
// Series compare without order, values to a relative error of 1e-9: a mean depends on the order in which spans come. The program may answer with a
// step before the first that a case expects, as the peer does over its API; it is not compared.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import type { Target } from '../harness/client.ts';
import { post } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { compare, print } from './family.ts';
import type { Family, Outcome } from './family.ts';

const valueSchema = z.object({ type: z.string(), value: z.unknown().optional() });
const labelsSchema = z.record(z.string(), valueSchema);
/** `NaN`, `+Inf` and `-Inf` are texts. */
const numberSchema = z.union([z.number(), z.string()]).transform((value) => Number(String(value).replace(/Inf$/, 'Infinity')));
const spanSchema = z.object({ attrs: labelsSchema, start: z.number(), duration: z.number() });
const partialSchema = z.object({
  labels: labelsSchema,
  values: z.array(numberSchema).optional(),
  valuesAt: z.record(z.string(), numberSchema).optional(),
});

const caseSchema = z.object({
  name: z.string().optional(),
  src: z.string(),
  query: z.string(),
  start: z.number(),
  end: z.number(),
  step: z.number(),
  spans: z.array(spanSchema),
  expected: z.array(z.object({ labels: labelsSchema, values: z.array(numberSchema) })).optional(),
  expectedSeriesCount: z.number().nullish(),
  expectedPartial: z.array(partialSchema).default([]),
});

type Case = z.infer<typeof caseSchema>;
type CaseValue = z.infer<typeof valueSchema>;
type CaseSpan = z.infer<typeof spanSchema>;
type Json = Readonly<Record<string, unknown>>;

interface Series {
  /** By name, in order, as one text. */
  readonly labels: string;
  readonly values: readonly number[];
}

export const traceqlMetricsFamily: Family = {
  name: 'TraceQL metrics',
  claims: (path) => path === 'traceql-metrics.json',
  prepare({ file }, setup) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    const asked = cases.map((each) => ({ each, tenant: setup.tenant() }));
    return async ({ url }: Program) => {
      const outcomes: Outcome[] = [];
      for (const { each, tenant } of asked) outcomes.push(await runCase({ url, tenant }, each));
      return outcomes;
    };
  },
};

async function runCase(target: Target, each: Case): Promise<Outcome> {
  const name = `${each.src} ${each.query}`;
  const base = baseOf(each);
  await push(target, each.spans, base);
  const found = await ask(target, each, base);
  if (typeof found === 'string') return { kind: 'failed', name, expected: print(each.expected ?? each.expectedPartial), got: found };
  const got = new Map(found.map(({ labels, values }) => [labels, values]));
  if (each.expected !== undefined) {
    const expected = each.expected.map(({ labels, values }): Series => ({ labels: labelsText(labels), values }));
    // Series of which no value is one are not answered.
    const wanted = new Map(expected.filter(({ values }) => !values.every(Number.isNaN)).map(({ labels, values }) => [labels, values]));
    return compare(name, textOf(wanted), textOf(new Map([...got].map(([labels, values]) => [labels, near(values, wanted.get(labels))]))));
  }
  const pairs = each.expectedPartial.map(({ labels, values, valuesAt }) => {
    const all = got.get(labelsText(labels));
    if (values !== undefined) return { expected: textsOf(values), got: all && textsOf(near(all, values)) };
    const places = Object.keys(valuesAt ?? {});
    const wanted = Object.values(valuesAt ?? {});
    const those = all && places.map((place) => all[Number(place)] ?? NaN);
    return { expected: textsOf(wanted), got: those && textsOf(near(those, wanted)) };
  });
  const count = each.expectedSeriesCount ?? got.size;
  return compare(name, [count, pairs.map(({ expected }) => expected)], [got.size, pairs.map((pair) => pair.got)]);
}

/** The values that are as good as those expected are those. */
function near(values: readonly number[], expected: readonly number[] = []): readonly number[] {
  return values.map((value, i) => {
    const wanted = expected[i] ?? NaN;
    return Math.abs(value - wanted) <= 1e-9 * Math.abs(wanted) ? wanted : value;
  });
}

/** JSON has no text for all of them. */
function textsOf(values: readonly number[]): readonly string[] {
  return values.map((value) => String(value === 0 ? 0 : value));
}

function textOf(series: ReadonlyMap<string, readonly number[]>): Json {
  return Object.fromEntries([...series].map(([labels, values]) => [labels, textsOf(values)]));
}

// What is sent.

const NOW_NS = BigInt(Date.now() - 120_000) * 1_000_000n;
let traceCount = 0;

/** The time that is 0 in a case, so that its steps stay where they are. */
function baseOf({ step }: Case): bigint {
  return NOW_NS - (NOW_NS % BigInt(step));
}

async function push(target: Target, spans: readonly CaseSpan[], base: bigint): Promise<void> {
  const sent = {
    body: JSON.stringify({ resourceSpans: spans.map((span) => resourceOf(span, base)) }),
    headers: { 'content-type': 'application/json' },
  };
  const { status, text } = await post(target, '/v1/traces', sent);
  if (status !== 200) throw new Error(`the spans were refused: ${status} ${text}`);
}

function resourceOf({ attrs, start, duration }: CaseSpan, base: bigint): Json {
  const of = (scopes: readonly string[]): readonly Json[] =>
    Object.entries(attrs).flatMap(([key, value]) => {
      const scope = scopes.find((each) => key.startsWith(`${each}.`));
      return scope === undefined ? [] : [{ key: key.slice(scope.length + 1), value: otlpValue(value) }];
    });
  const startNs = base + BigInt(start);
  const id = (++traceCount).toString(16);
  const span = {
    traceId: id.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    name: print(attrs['name']?.value ?? ''),
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + BigInt(duration)),
    attributes: of(['', 'span']),
    ...(attrs['kind'] === undefined ? {} : { kind: KINDS.indexOf(print(attrs['kind'].value)) }),
    ...(attrs['status'] === undefined ? {} : { status: { code: STATUSES.indexOf(print(attrs['status'].value)) } }),
  };
  return { resource: { attributes: of(['resource']) }, scopeSpans: [{ spans: [span] }] };
}

const STATUSES = ['unset', 'ok', 'error'];
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

function otlpValue({ type, value }: CaseValue): Json {
  switch (type) {
    case 'int':
    case 'duration_ns':
      return { intValue: String(value) };
    case 'double':
      return { doubleValue: value };
    case 'bool':
      return { boolValue: value };
    default:
      return { stringValue: String(value) };
  }
}

// What comes back.

const labelSchema = z.array(
  z.object({
    key: z.string(),
    value: z.object({
      stringValue: z.string().optional(),
      doubleValue: numberSchema.optional(),
      intValue: z.union([z.string(), z.number()]).optional(),
      boolValue: z.boolean().optional(),
    }),
  }),
);
const rangeSchema = z.object({
  series: z
    .array(
      z.object({
        labels: labelSchema.default([]),
        samples: z.array(z.object({ timestampMs: z.string(), value: numberSchema.default(0) })).default([]),
      }),
    )
    .default([]),
});
const instantSchema = z.object({
  series: z.array(z.object({ labels: labelSchema.default([]), value: numberSchema.default(0) })).default([]),
});

/** The series of an answer; a text where the query was refused. */
async function ask(target: Target, { query, start, end, step }: Case, base: bigint): Promise<readonly Series[] | string> {
  const isInstant = step === end - start;
  const parameters = new URLSearchParams({ q: query, start: String(base + BigInt(start)), end: String(base + BigInt(end)) });
  if (!isInstant) parameters.set('step', `${step / 1e9}s`);
  const path = isInstant ? 'query' : 'query_range';
  const response = await fetch(`${target.url}/api/metrics/${path}?${parameters.toString()}`, {
    headers: { 'x-scope-orgid': target.tenant ?? '' },
  });
  const text = await response.text();
  if (response.status !== 200) return `${response.status} ${text}`;
  const answer: unknown = JSON.parse(text);
  if (isInstant) return instantSchema.parse(answer).series.map(({ labels, value }) => ({ labels: answerLabels(labels), values: [value] }));
  const first = Number(base / 1_000_000n) + step / 1e6;
  const count = Math.round((end - (start - (start % step))) / step);
  return rangeSchema.parse(answer).series.map(({ labels, samples }) => {
    const byTime = new Map(samples.map(({ timestampMs, value }) => [Number(timestampMs), value]));
    return { labels: answerLabels(labels), values: Array.from({ length: count }, (_, i) => byTime.get(first + (i * step) / 1e6) ?? NaN) };
  });
}

function answerLabels(labels: z.infer<typeof labelSchema>): string {
  return print(
    Object.fromEntries(
      labels.map(({ key, value: { stringValue, doubleValue, intValue, boolValue } }) => [
        key,
        stringValue ?? String(doubleValue ?? intValue ?? boolValue),
      ]),
    ),
  );
}

function labelsText(labels: Readonly<Record<string, CaseValue>>): string {
  return print(Object.fromEntries(Object.entries(labels).map(([name, { type, value }]) => [name, type === 'nil' ? 'nil' : String(value)])));
}
