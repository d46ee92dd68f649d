// Exposition texts, good and bad: each is served by a target, scraped, and told by `up`; of good ones the samples are read back.
//
// Source: prometheus model/textparse (expfmt.json), OpenMetrics's own suite (openmetrics/), large real texts (exposition-large/).

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { labelsRecord } from '../../src/query/labels.ts';
import { parseSeriesDescription } from '../../src/metrics/promql/series-notation.ts';
import { askPrometheus } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { textOrBytes, toBytes } from './bytes.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';
import { sameHistogram } from './histogram.ts';
import { histogramCase } from './histogram.ts';
import { samplesOf, seriesKey, toNumber, upOfJobs } from './scraped.ts';
import type { Setup } from './setup.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A text to be scraped, and what is known of it. */
interface Exposition {
  readonly name: string;
  readonly ok: boolean;
  readonly job: string;
  /** Each must be found; others may be there besides. */
  readonly series: readonly ExpectedSeries[];
  readonly metadata: readonly ExpectedMetadata[];
}

interface ExpectedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value?: number;
  readonly ts?: number;
  readonly histogram?: z.infer<typeof histogramCase>;
}

interface ExpectedMetadata {
  readonly metric: string;
  readonly field: 'type' | 'help' | 'unit';
  readonly value: string;
}

const entrySchema = z.object({
  type: z.string(),
  metric: z.string().optional(),
  metricType: z.string().optional(),
  help: z.string().optional(),
  unit: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  value: z.union([z.number(), z.string()]).optional(),
  timestampMs: z.number().optional(),
  histogram: histogramCase.optional(),
});

const expfmtSchema = z.array(
  z.object({
    format: z.string(),
    name: z.string().optional(),
    input: textOrBytes,
    ok: z.boolean(),
    src: z.string().default(''),
    entries: z.array(entrySchema).optional(),
    expectedStartTimestamps: z.array(z.tuple([z.string(), z.union([z.number(), z.null()])])).optional(),
  }),
);

const FORMATS: Readonly<Record<string, { readonly contentType: string; readonly config?: Readonly<Record<string, unknown>> }>> = {
  'prometheus-text': { contentType: TEXT },
  openmetrics: { contentType: OPEN_METRICS },
  'nhcb-over-openmetrics': { contentType: OPEN_METRICS, config: { convert_classic_histograms_to_nhcb: true } },
  'nhcb-over-text': { contentType: TEXT, config: { convert_classic_histograms_to_nhcb: true } },
};

export const expfmtFamily: Family = {
  name: 'exposition formats',
  claims: (path) => path === 'expfmt.json',
  prepare({ file }, setup) {
    const skipped: Outcome[] = [];
    const expositions: Exposition[] = [];
    for (const [i, each] of expfmtSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).entries()) {
      const name = `${i + 1} ${each.format} ${each.name ?? JSON.stringify(each.input).slice(0, 60)}`;
      const format = FORMATS[each.format];
      if (format === undefined) {
        skipped.push({ kind: 'skipped', name, reason: `no way to serve the format ${each.format} yet` });
        continue;
      }
      const named = (each.expectedStartTimestamps ?? []).map(([series]) => ({
        labels: labelsRecord(parseSeriesDescription(series).labels),
      }));
      expositions.push({
        name,
        ok: each.ok,
        job: setup.scrape({ body: toBytes(each.input), ...format }),
        series: [...(each.entries ?? []).flatMap(seriesOfEntry), ...named],
        metadata: (each.entries ?? []).flatMap(metadataOfEntry),
      });
    }
    return async (program) => [...skipped, ...(await runExpositions(program, expositions))];
  },
};

const indexSchema = z.array(z.object({ file: z.string(), shouldParse: z.boolean(), comment: z.string().default('') }));

export const openMetricsFamily: Family = {
  name: 'OpenMetrics',
  claims: (path) => path === 'openmetrics/index.json',
  prepare({ file }, setup) {
    const expositions = indexSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).map((each) => ({
      name: each.file,
      ok: each.shouldParse,
      job: setup.scrape({ body: readFileSync(join(dirname(file), each.file)), contentType: OPEN_METRICS }),
      series: [],
      metadata: [],
    }));
    return (program) => runExpositions(program, expositions);
  },
};

export const largeExpositionFamily: Family = {
  name: 'large expositions',
  claims: (path) => /^exposition-large\/.*\.(om|prom)\.txt$/.test(path),
  prepare({ path, file }, setup) {
    const body = readFileSync(file);
    const contentType = path.endsWith('.om.txt') ? OPEN_METRICS : TEXT;
    const exposition = largeExposition(setup, path, { body, contentType });
    return (program) => runExpositions(program, [exposition]);
  },
};

function largeExposition(setup: Setup, path: string, target: { readonly body: Buffer; readonly contentType: string }): Exposition {
  const lines = target.body.toString().split('\n');
  const series = lines.filter((line) => line !== '' && !line.startsWith('#')).map(seriesOfLine);
  // `_created` of OpenMetrics is a start time, which need not be a series.
  const expected = target.contentType === OPEN_METRICS ? series.filter(({ labels }) => !labels['__name__']?.endsWith('_created')) : series;
  return { name: path, ok: true, job: setup.scrape(target), series: expected, metadata: [] };
}

/** A line of a good text, without its timestamp and exemplar, is in the notation of test series too. */
function seriesOfLine(line: string): ExpectedSeries {
  const plain = line.replace(/ # \{.*$/, '');
  const labelsEnd = plain.includes('{') ? plain.lastIndexOf('}') + 1 : plain.search(/[ \t]/);
  const [value = '', timestamp] = plain.slice(labelsEnd).trim().split(/\s+/);
  const labels = labelsRecord(parseSeriesDescription(plain.slice(0, labelsEnd)).labels);
  return { labels, value: toNumber(value), ...(timestamp === undefined ? {} : { ts: Number.NaN }) };
}

function seriesOfEntry(entry: z.infer<typeof entrySchema>): ExpectedSeries[] {
  const { labels, value, timestampMs, histogram } = entry;
  if (labels === undefined) return [];
  return [
    {
      labels,
      ...(value === undefined ? {} : { value: toNumber(value) }),
      ...(timestampMs === undefined ? {} : { ts: timestampMs }),
      ...(histogram === undefined ? {} : { histogram }),
    },
  ];
}

function metadataOfEntry({ type, metric = '', metricType, help, unit }: z.infer<typeof entrySchema>): ExpectedMetadata[] {
  if (type === 'TYPE' && metricType !== undefined) return [{ metric, field: 'type', value: metricType }];
  if (type === 'HELP' && help !== undefined && help !== '') return [{ metric, field: 'help', value: help }];
  return type === 'UNIT' && unit !== undefined && unit !== '' ? [{ metric, field: 'unit', value: unit }] : [];
}

async function runExpositions(program: Program, expositions: readonly Exposition[]): Promise<Outcome[]> {
  const up = await upOfJobs(
    program,
    expositions.map(({ job }) => job),
  );
  const outcomes: Outcome[] = [];
  for (const each of expositions) outcomes.push(await runExposition(program, each, up.get(each.job)));
  return outcomes;
}

async function runExposition(program: Program, { name, ok, job, series, metadata }: Exposition, up: number | undefined): Promise<Outcome> {
  const expected = { up: ok ? 1 : 0 };
  if (up !== expected.up)
    return compare(name, expected, { up: up ?? 'never scraped', lastError: up === 0 ? await lastError(program, job) : '' });
  const missing = [...(await missingSeries(program, job, series)), ...(await missingMetadata(program, metadata))];
  return missing.length === 0
    ? { kind: 'passed', name }
    : compare(name, missing.map(([wanted]) => wanted).join('\n'), missing.map(([, found]) => found).join('\n'));
}

async function lastError(program: Program, job: string): Promise<string> {
  const { data } = await askPrometheus(program, 'targets');
  const targets = z.object({ activeTargets: z.array(z.object({ scrapePool: z.string(), lastError: z.string() })) }).safeParse(data);
  return targets.data?.activeTargets.find(({ scrapePool }) => scrapePool === job)?.lastError ?? 'no such target';
}

type Missing = readonly [wanted: string, found: string];

async function missingSeries(program: Program, job: string, expected: readonly ExpectedSeries[]): Promise<Missing[]> {
  if (expected.length === 0) return [];
  const found = new Map((await samplesOf(program, `{job="${job}"}`)).map((series) => [seriesKey(series.metric), series]));
  return expected.flatMap((wanted): Missing[] => {
    const series = found.get(seriesKey(wanted.labels));
    const points = (series?.values ?? []).filter(([seconds]) => fits(wanted.ts, Math.round(seconds * 1000)));
    const { value, histogram } = wanted;
    if (histogram !== undefined && series?.histograms?.some(([, read]) => sameHistogram(histogram, read)) === true) return [];
    if (histogram === undefined && value === undefined && series !== undefined) return [];
    if (value !== undefined && points.some(([, read]) => Object.is(toNumber(read), value) || toNumber(read) === value)) return [];
    return [[JSON.stringify(wanted), series === undefined ? 'no such series' : JSON.stringify(series).slice(0, 400)]];
  });
}

/** NaN stands for any time. */
function fits(wanted: number | undefined, ts: number): boolean {
  return wanted === undefined || Number.isNaN(wanted) || wanted === ts;
}

async function missingMetadata(program: Program, expected: readonly ExpectedMetadata[]): Promise<Missing[]> {
  if (expected.length === 0) return [];
  const { data } = await askPrometheus(program, 'metadata');
  const known = z.record(z.string(), z.array(z.object({ type: z.string(), help: z.string(), unit: z.string() }))).parse(data);
  return expected
    .filter(({ metric, field, value }) => known[metric]?.some((entry) => entry[field] === value) !== true)
    .map((wanted) => [JSON.stringify(wanted), JSON.stringify(known[wanted.metric] ?? 'no metadata')]);
}
