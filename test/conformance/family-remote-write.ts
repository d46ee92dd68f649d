// Remote write 2.0 receivers: a request as objects, and what a receiver must answer.
//
// Source: prometheus/compliance, remotewrite/receiver. A 2xx must say in its headers exactly what was written; a refusal is 400.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { post } from '../harness/client.ts';
import { encodeRemoteWrite2, STALE_NAN_BITS } from '../harness/remote-write.ts';
import type { SentExemplar, SentHistogram, SentMetadata, SentSample, SentSeries, SentValue } from '../harness/remote-write.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const labels = z.record(z.string(), z.string());
const value = z.union([z.number(), z.string(), z.object({ $v: z.union([z.number(), z.string()]) })]);
const time = z.object({ nowPlusNs: z.number() });
/** Both spellings of upstream's field. */
const startTime = { CreatedTimestamp: time.optional(), StartTimestamp: time.optional() };

const generated = z.object({
  gen: z.object({
    sum: z.number(),
    positive: z.boolean(),
    negative: z.boolean(),
    zero: z.boolean(),
    customBuckets: z.boolean(),
    badCount: z.boolean(),
  }),
});

const requestSchema = z.object({
  Samples: z.array(z.object({ Labels: labels, Value: value, Offset: z.number().optional(), ...startTime })).nullish(),
  Histograms: z.array(z.object({ Labels: labels, Histogram: generated, Offset: z.number().optional(), ...startTime })).nullish(),
  Exemplars: z.array(z.object({ Labels: labels, ExemplarLabels: labels.nullish(), Value: value, Offset: z.number().optional() })).nullish(),
  Metadata: z.array(z.object({ Labels: labels, Type: z.string(), Help: z.string().default(''), Unit: z.string().default('') })).nullish(),
});

const fileSchema = z.object({
  cases: z.array(
    z.object({
      test: z.string(),
      name: z.string(),
      request: requestSchema,
      expect: z.object({
        samples: z.number().default(0),
        histograms: z.number().default(0),
        exemplars: z.number().default(0),
        success: z.boolean(),
        status: z.number().optional(),
      }),
    }),
  ),
});

type Case = z.infer<typeof fileSchema>['cases'][number];
type Request = z.infer<typeof requestSchema>;

const METADATA_TYPES = ['UNSPECIFIED', 'COUNTER', 'GAUGE', 'HISTOGRAM', 'GAUGEHISTOGRAM', 'SUMMARY', 'INFO', 'STATESET'];

export const remoteWriteFamily: Family = {
  name: 'remote write 2.0',
  claims: (path) => path === 'remote-write-v2-receiver.json',
  prepare({ file }, setup) {
    const { cases } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const tenants = cases.map(() => setup.tenant());
    return async (program) => {
      const outcomes: Outcome[] = [];
      for (const [i, each] of cases.entries()) outcomes.push(await runCase({ url: program.url, tenant: tenants[i] ?? '' }, each));
      return outcomes;
    };
  },
};

async function runCase(target: { readonly url: string; readonly tenant: string }, each: Case): Promise<Outcome> {
  const name = `${each.test} ${each.name}`.trim();
  const { status, headers, text } = await post(target, '/api/v1/push', encodeRemoteWrite2(seriesOf(each.request, Date.now())));
  const written = (kind: string): number => Number(headers.get(`x-prometheus-remote-write-${kind}-written`) ?? 0);
  const { success, samples, histograms, exemplars } = each.expect;
  if (!success)
    return compare(name, { status: each.expect.status ?? 400 }, status === (each.expect.status ?? 400) ? { status } : { status, text });
  return compare(
    name,
    { status: each.expect.status ?? 204, samples, histograms, exemplars },
    {
      status,
      samples: written('samples'),
      histograms: written('histograms'),
      exemplars: written('exemplars'),
      ...(status < 300 ? {} : { text }),
    },
  );
}

/** One time series per sample and per histogram, as upstream builds them: exemplars go to the series of the same labels, metadata to that of the same name. */
function seriesOf(request: Request, now: number): SentSeries[] {
  const metadata = new Map((request.Metadata ?? []).map((each) => [each.Labels['__name__'] ?? '', metadataOf(each)]));
  const waiting = (request.Exemplars ?? []).map((each) => ({ series: each.Labels, exemplar: exemplarOf(each, now) }));
  const carriers = [
    ...(request.Samples ?? []).map((each) => ({ labels: each.Labels, samples: [sampleOf(each, now)] })),
    ...(request.Histograms ?? []).map((each) => ({ labels: each.Labels, histograms: [histogramOf(each, now)] })),
  ];
  const series: SentSeries[] = carriers.map((carrier, at) => {
    const isLast = !carriers.some((later, i) => i > at && sameLabels(later.labels, carrier.labels));
    const exemplars = takeMatching(waiting, carrier.labels, isLast ? Number.POSITIVE_INFINITY : 1);
    const known = metadata.get(carrier.labels['__name__'] ?? '');
    return { ...carrier, exemplars, ...(known === undefined ? {} : { metadata: known }) };
  });
  for (const { series: name, exemplar } of waiting) series.push({ labels: name, exemplars: [exemplar] });
  for (const [name, known] of metadata) {
    if (name !== '' && !carriers.some(({ labels: given }) => given['__name__'] === name))
      series.push({ labels: { __name__: name }, metadata: known });
  }
  return series;
}

interface Waiting {
  readonly series: Readonly<Record<string, string>>;
  readonly exemplar: SentExemplar;
}

function takeMatching(waiting: Waiting[], series: Readonly<Record<string, string>>, most: number): SentExemplar[] {
  const taken: SentExemplar[] = [];
  for (let i = 0; i < waiting.length && taken.length < most;) {
    const candidate = waiting[i];
    if (candidate === undefined || !sameLabels(candidate.series, series)) i++;
    else taken.push(...waiting.splice(i, 1).map(({ exemplar }) => exemplar));
  }
  return taken;
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function sampleOf(sample: NonNullable<Request['Samples']>[number], now: number): SentSample {
  return { ts: timeOf(sample.Offset, now), value: valueOf(sample.Value), ...startOf(sample, now) };
}

function exemplarOf(exemplar: NonNullable<Request['Exemplars']>[number], now: number): SentExemplar {
  return { labels: exemplar.ExemplarLabels ?? {}, value: Number(valueOf(exemplar.Value)), ts: timeOf(exemplar.Offset, now) };
}

function metadataOf({ Type, Help, Unit }: NonNullable<Request['Metadata']>[number]): SentMetadata {
  return { type: METADATA_TYPES.indexOf(Type.replace(/^METRIC_TYPE_/, '')), help: Help, unit: Unit };
}

/** The histogram of upstream's generator: fixed buckets on the sides that are asked for. */
function histogramOf(each: NonNullable<Request['Histograms']>[number], now: number): SentHistogram {
  const { gen } = each.Histogram;
  const count = gen.customBuckets ? 30 : (gen.positive ? 23 : 0) + (gen.negative ? 3 : 0) + (gen.zero ? 1 : 0);
  const positive = {
    spans: [
      { offset: 0, length: 3 },
      { offset: 2, length: 2 },
    ],
    deltas: [1, 2, 1, 3, 1],
  };
  const custom = { spans: [{ offset: 0, length: 6 }], deltas: [2, 1, 2, 3, -1, -2] };
  const none = { spans: [], deltas: [] };
  const side = gen.customBuckets ? custom : gen.positive ? positive : none;
  return {
    kind: 'integer',
    ts: timeOf(each.Offset, now),
    ...startOf(each, now),
    count: gen.badCount ? 99 : count,
    sum: gen.sum,
    schema: gen.customBuckets ? -53 : 0,
    zeroThreshold: 0,
    zeroCount: gen.zero ? 1 : undefined,
    positiveSpans: side.spans,
    positive: side.deltas,
    negativeSpans: gen.negative ? [{ offset: 0, length: 2 }] : [],
    negative: gen.negative ? [1, 1] : [],
    customValues: gen.customBuckets ? [0.1, 0.5, 1, 2.5, 5, 10] : [],
  };
}

/** An offset is a duration in nanoseconds, as Go counts them. */
function timeOf(offsetNs: number | undefined, now: number): number {
  return now + Math.round((offsetNs ?? 0) / 1e6);
}

function startOf(
  each: { readonly CreatedTimestamp?: z.infer<typeof time> | undefined; readonly StartTimestamp?: z.infer<typeof time> | undefined },
  now: number,
): { readonly startTs?: number } {
  const start = each.StartTimestamp ?? each.CreatedTimestamp;
  return start === undefined ? {} : { startTs: timeOf(start.nowPlusNs, now) };
}

function valueOf(given: z.infer<typeof value>): SentValue {
  const inner = typeof given === 'object' ? given.$v : given;
  if (inner === 'StaleNaN') return STALE_NAN_BITS;
  if (inner === '+Inf' || inner === '-Inf') return inner === '+Inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return Number(inner);
}
