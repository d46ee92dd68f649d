// Prometheus's HTTP API: a load, then requests and the data or the kind of error that they must give.
//
// The file names its exemplars in words; those that the answers must hold are loaded.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { parseSeriesDescription } from '../../src/metrics/promql/series-notation.ts';
import { labelsRecord } from '../../src/query/labels.ts';
import { parseDuration } from '../../src/base/duration.ts';
import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { encodeRemoteWrite1 } from '../harness/remote-write.ts';
import type { SentSeries } from '../harness/remote-write.ts';
import { percentEncode, textOrBytes } from './bytes.ts';
import { compare, print } from './family.ts';
import type { Family, Outcome } from './family.ts';

const caseSchema = z.object({
  path: z.string(),
  query: z.record(z.string(), z.array(textOrBytes)).default({}),
  pathParams: z.record(z.string(), textOrBytes).default({}),
  src: z.string().default(''),
  data: z.unknown().optional(),
  errorType: z.string().optional(),
  responseLen: z.number().optional(),
  warningsCount: z.number().optional(),
});

const vectorSchema = z.looseObject({ resultType: z.literal('vector'), result: z.array(z.unknown()) });

export const httpApiFile = z.object({
  load: z.string(),
  errorTypeToHTTP: z.record(z.string(), z.coerce.number()),
  cases: z.array(caseSchema),
});

type Case = z.infer<typeof caseSchema>;

const answerSchema = z.object({
  data: z.unknown().optional(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).default([]),
});

const exemplarsSchema = z.array(
  z.object({
    seriesLabels: z.record(z.string(), z.string()),
    exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.string(), timestamp: z.number() })),
  }),
);

export const httpApiFamily: Family = {
  name: 'Prometheus HTTP API',
  claims: (path) => path === 'prometheus-http-api.json',
  prepare({ file }, setup) {
    const { load, cases, errorTypeToHTTP } = httpApiFile.parse(JSON.parse(readFileSync(file, 'utf8')));
    const series = parseLoad(load);
    // The requests only read, so they share the tenant of the load.
    const tenant = setup.tenant();
    return async (program) => {
      const target = { url: program.url, tenant };
      await push(target, series);
      await push(target, cases.flatMap(exemplarsOf));
      const outcomes: Outcome[] = [];
      for (const each of cases) outcomes.push(await runCase(target, each, errorTypeToHTTP));
      return outcomes;
    };
  },
};

export async function push(target: Target, series: readonly SentSeries[]): Promise<void> {
  if (series.length === 0) return;
  const { status, text } = await post(target, '/api/v1/push', encodeRemoteWrite1(series));
  if (status >= 300) throw new Error(`the load was refused: ${status} ${text}`);
}

/** The exemplars that a case's answer must hold, as what is to be loaded. */
function exemplarsOf({ path, data }: Case): SentSeries[] {
  if (path !== '/api/v1/query_exemplars' || data === undefined) return [];
  return exemplarsSchema.parse(data).map(({ seriesLabels, exemplars }) => ({
    labels: seriesLabels,
    exemplars: exemplars.map(({ labels, value, timestamp }) => ({ labels, value: Number(value), ts: Math.round(timestamp * 1000) })),
  }));
}

/** `load STEP` and its series, with times from Unix time 0. */
export function parseLoad(script: string): SentSeries[] {
  let stepMs = 0;
  const series: SentSeries[] = [];
  for (const line of script.split('\n').map((each) => each.trim())) {
    const load = /^load\s+(\S+)$/.exec(line);
    if (load !== null) {
      const parsed = parseDuration(load[1] ?? '');
      if (typeof parsed !== 'number') throw new Error(`${line}: ${parsed.problem}`);
      stepMs = parsed;
    } else if (line !== '') series.push(seriesOfLine(line, stepMs));
  }
  return series;
}

function seriesOfLine(line: string, stepMs: number): SentSeries {
  const { labels, values } = parseSeriesDescription(line);
  const samples = values.flatMap((value, i) => {
    if (value.kind === 'gap') return [];
    if (value.kind !== 'number') throw new Error(`${line}: only numbers are loaded here`);
    return [{ ts: i * stepMs, value: value.value }];
  });
  return { labels: labelsRecord(labels), samples };
}

async function runCase(target: Required<Target>, each: Case, statuses: Readonly<Record<string, number>>): Promise<Outcome> {
  const name = `${each.src} ${each.path} ${JSON.stringify(each.query)}`;
  const response = await fetch(`${target.url}/prom${addressOf(each)}`, { headers: { 'x-scope-orgid': target.tenant } });
  const text = await response.text();
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success) return compare(name, 'an answer of the API', `${response.status} ${text.slice(0, 300)}`);
  const { data, errorType, error, warnings } = answer.data;
  if (each.errorType !== undefined) {
    return compare(
      name,
      { status: statuses[each.errorType], errorType: each.errorType },
      { status: response.status, errorType, ...(errorType === undefined ? { data } : {}) },
    );
  }
  const got = {
    ...(error === undefined ? {} : { error }),
    data: each.responseLen === undefined ? asSet(data) : lengthOf(data),
    warnings: warnings.length,
  };
  return compare(name, { data: each.responseLen ?? asSet(each.data), warnings: each.warningsCount ?? 0 }, got);
}

/** The path with its parameters, and the query. */
export function addressOf({ path, pathParams, query }: Case): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => percentEncode(pathParams[name] ?? ''));
  const parameters = Object.entries(query).flatMap(([name, values]) =>
    values.map((value) => `${percentEncode(name)}=${percentEncode(value)}`),
  );
  return `${filled}?${parameters.join('&')}`;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lengthOf(data: unknown): number | string {
  return Array.isArray(data) ? data.length : `no list: ${JSON.stringify(data)}`;
}

/** Series and values compare as sets: their order is nobody's promise. That of a range query's series is one. */
function asSet(data: unknown): unknown {
  const vector = vectorSchema.safeParse(data);
  if (vector.success) return { ...vector.data, result: asSet(vector.data.result) };
  if (!Array.isArray(data)) return data;
  const items = data.map(print);
  return items.sort();
}
