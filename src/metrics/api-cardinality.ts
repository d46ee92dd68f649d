// `/api/v1/cardinality/…`: which labels make many series, as clients of Mimir ask it.
//
//   selector ─▶ series of the last hours ─▶ values per label, series per value ─▶ the most of them
//
// Source: Mimir HTTP API documentation, "Label names cardinality", "Label values cardinality", "Active series". The days of the last hours are looked at,
// for a series is known by its days.

import { RequestError } from '../base/request-error.ts';
import { type Labels, labelPairs } from '../query/labels.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type MetricsApiOptions, getAndPost, readContext } from './api-context.ts';
import { invalidParameter, withParameter } from './api-params.ts';
import { parseSelector } from './promql/parse.ts';
import { selectSeries } from './read.ts';
import { labelsJson, listPieces, mapped, successReply } from './result-json.ts';

const ACTIVE_MS = 2 * 3_600_000;
const LIMIT = 20;
const LIMIT_MAX = 500;
const NAMES_MAX = 100;

/** The routes of cardinality. */
export function cardinalityRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/cardinality/label_names', 'Labels by the number of their values.', (request) => labelNames(options, request)),
    ...getAndPost('/api/v1/cardinality/label_values', 'Values of labels by the number of their series.', (request) =>
      labelValues(options, request),
    ),
    ...getAndPost('/api/v1/cardinality/active_series', 'Label sets of the series that are active.', async (request) => {
      return successReply(listPieces(mapped(await activeSeries(options, request), labelsJson)));
    }),
  ];
}

/** Series per value per label, of all labels or of those that are named. */
type Counts = Map<string, Map<string, number>>;

async function labelNames(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitOf(request);
  const counts = counted(await activeSeries(options, request));
  const all = [...counts].map(([name, values]) => ({ label_name: name, label_values_count: values.size }));
  return json({
    label_values_count_total: all.reduce((sum, { label_values_count: count }) => sum + count, 0),
    label_names_count: all.length,
    cardinality: all.sort((a, b) => b.label_values_count - a.label_values_count || order(a.label_name, b.label_name)).slice(0, limit),
  });
}

async function labelValues(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitOf(request);
  const names = request.query.getAll('label_names[]');
  if (names.length === 0) throw new RequestError('bad_data', "'label_names[]' param is required");
  if (names.length > NAMES_MAX) throw invalidParameter('label_names[]', `more than ${NAMES_MAX} names`);
  const series = await activeSeries(options, request);
  const counts = counted(series, new Set(names));
  const labels = [...counts].map(([name, values]) => ({
    label_name: name,
    label_values_count: values.size,
    series_count: [...values.values()].reduce((sum, count) => sum + count, 0),
    cardinality: [...values]
      .map(([value, count]) => ({ label_value: value, series_count: count }))
      .sort((a, b) => b.series_count - a.series_count || order(a.label_value, b.label_value))
      .slice(0, limit),
  }));
  return json({
    series_count_total: series.length,
    labels: labels.sort((a, b) => b.label_values_count - a.label_values_count || order(a.label_name, b.label_name)),
  });
}

async function activeSeries(options: MetricsApiOptions, request: Request): Promise<readonly Labels[]> {
  const selector = request.query.get('selector') ?? '';
  const matchers = selector === '' ? [] : withParameter('selector', () => parseSelector(selector)).matchers;
  const context = await readContext(options, request);
  const now = options.clock.now();
  const selections = await selectSeries(context, matchers, { fromMs: now - ACTIVE_MS, toMs: now });
  return selections.flatMap((selection) => Array.from({ length: selection.size }, (_, number) => selection.labels(number)));
}

function counted(series: readonly Labels[], only?: ReadonlySet<string>): Counts {
  const counts: Counts = new Map();
  for (const labels of series) {
    for (const [name, value] of labelPairs(labels)) {
      if (only !== undefined && !only.has(name)) continue;
      const values = counts.get(name) ?? new Map<string, number>();
      counts.set(name, values);
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return counts;
}

function limitOf({ query }: Request): number {
  const given = query.get('limit') ?? '';
  if (given === '') return LIMIT;
  if (!/^\d{1,6}$/.test(given)) throw invalidParameter('limit', 'is not a whole number');
  if (Number(given) > LIMIT_MAX) throw invalidParameter('limit', `must not exceed ${LIMIT_MAX}`);
  return Number(given);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
