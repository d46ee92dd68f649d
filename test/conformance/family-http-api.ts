// Prometheus's HTTP API: a load, then requests and the data or the kind of error that they must give.
//
// Series, labels and label values run; so do requests that must be refused. What evaluates PromQL is skipped until the language is there.

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
import { compare } from './family.ts';
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

const fileSchema = z.object({
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

const HERE = /^\/api\/v1\/(series|labels|label\/)/;

export const httpApiFamily: Family = {
  name: 'Prometheus HTTP API',
  claims: (path) => path === 'prometheus-http-api.json',
  prepare({ file }, setup) {
    const { load, cases, errorTypeToHTTP } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const series = parseLoad(load);
    // The requests only read, so they share the tenant of the load.
    const tenant = setup.tenant();
    return async (program) => {
      const target = { url: program.url, tenant };
      const { status, text } = await post(target, '/api/v1/push', encodeRemoteWrite1(series));
      if (status >= 300) throw new Error(`the load was refused: ${status} ${text}`);
      const outcomes: Outcome[] = [];
      for (const each of cases) outcomes.push(await runCase(target, each, errorTypeToHTTP));
      return outcomes;
    };
  },
};

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
  const path = each.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => percentEncode(each.pathParams[name] ?? ''));
  const query = Object.entries(each.query).flatMap(([name, values]) =>
    values.map((value) => `${percentEncode(name)}=${percentEncode(value)}`),
  );
  const name = `${each.src} ${each.path} ${JSON.stringify(each.query)}`;
  if (!HERE.test(each.path) && each.errorType !== 'bad_data')
    return { kind: 'skipped', name, reason: 'PromQL arrives with the query language' };
  const response = await fetch(`${target.url}/prom${path}?${query.join('&')}`, { headers: { 'x-scope-orgid': target.tenant } });
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lengthOf(data: unknown): number | string {
  return Array.isArray(data) ? data.length : `no list: ${JSON.stringify(data)}`;
}

/** Series and values compare as sets: their order is nobody's promise. */
function asSet(data: unknown): unknown {
  if (!Array.isArray(data)) return data;
  const items = data.map((item: unknown) => JSON.stringify(sortedKeys(item)));
  return items.sort();
}

function sortedKeys(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}
