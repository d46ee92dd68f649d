// `/federate`: the newest samples of selected series as an exposition page, for another Prometheus to scrape.
//
// Source: Prometheus documentation, "Federation"; text format 0.0.4. Native histograms have no text form and are left out.

import { RequestError } from '../base/request-error.ts';
import { type Labels, METRIC_NAME, labelPairs, labelValue, labelsKey } from '../query/labels.ts';
import { isClassicLabelName, isClassicMetricName, quote } from '../query/scanner.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { plainError } from '../server/route.ts';
import { type MetricsApiOptions, readContext } from './api-context.ts';
import { matchParams } from './api-params.ts';
import { compareLabels, selectLatest } from './promql/select.ts';
import type { Series } from './series.ts';
import { printFloat } from './value.ts';

const INSTANCE = 'instance';
const LINES_PER_PIECE = 500;

/** The federation route. */
export function federateRoutes(options: MetricsApiOptions): readonly Route[] {
  const handle = (request: Request): Promise<Reply> => federate(options, request);
  return [
    { method: 'GET', path: '/federate', summary: 'Newest samples as an exposition page.', access: 'read', error: plainError, handle },
  ];
}

async function federate(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const matches = matchParams(request.query);
  if (matches.length === 0) throw new RequestError('bad_data', 'no match[] parameter provided');
  const read = await readContext(options, request);
  const newest = { toMs: options.clock.now(), lookbackMs: options.evaluation().lookbackMs };
  const found = new Map<string, Series>();
  for (const matchers of matches) {
    for (const series of await selectLatest(read, matchers, newest)) found.set(labelsKey(series.labels), series);
  }
  const sorted = [...found.values()].filter(({ times }) => times.length > 0).sort(byName);
  // A scraper that takes UTF-8 names says so; for others each strange character becomes an underscore.
  const utf8 = /escaping=allow-utf-8/.test(request.accept);
  const version = utf8 ? '1.0.0; charset=utf-8; escaping=allow-utf-8' : '0.0.4; charset=utf-8; escaping=underscores';
  return { status: 200, headers: { 'content-type': `text/plain; version=${version}` }, body: pages(sorted, utf8) };
}

/** A metric's series stand together, however their other labels sort. */
function byName(a: Series, b: Series): number {
  const left = labelValue(a.labels, METRIC_NAME);
  const right = labelValue(b.labels, METRIC_NAME);
  return left < right ? -1 : left > right ? 1 : compareLabels(a.labels, b.labels);
}

async function* pages(all: readonly Series[], utf8: boolean): AsyncGenerator<string> {
  let piece = '';
  let family = '';
  for (const [i, { labels, times, values }] of all.entries()) {
    const name = labelValue(labels, METRIC_NAME);
    if (name !== family) piece += `# TYPE ${shownName(name, utf8)} untyped\n`;
    family = name;
    piece += `${seriesText(name, labels, utf8)} ${printFloat(values[0] ?? Number.NaN)} ${times[0] ?? 0}\n`;
    if (i % LINES_PER_PIECE !== LINES_PER_PIECE - 1) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function seriesText(name: string, labels: Labels, utf8: boolean): string {
  const pairs = [...labelPairs(labels)].filter(([label]) => label !== METRIC_NAME);
  // An empty instance keeps the scraper from giving the series its own.
  if (!pairs.some(([label]) => label === INSTANCE)) pairs.push([INSTANCE, '']);
  const inner = pairs.map(
    ([label, value]) => `${isClassicLabelName(label) ? label : utf8 ? quote(label) : underscored(label)}="${escaped(value)}"`,
  );
  if (isClassicMetricName(name)) return `${name}{${inner.join(',')}}`;
  return utf8 ? `{${[quote(name), ...inner].join(',')}}` : `${underscored(name)}{${inner.join(',')}}`;
}

function shownName(name: string, utf8: boolean): string {
  return isClassicMetricName(name) ? name : utf8 ? quote(name) : underscored(name);
}

function underscored(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_:]/gu, '_').replace(/^(?=\d)/, '_');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
