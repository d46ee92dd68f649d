// `/federate`: the newest samples of selected series as an exposition page, for another Prometheus to scrape.
//
//   match[] ─▶ newest sample of each series ─▶ by metric ─▶ text, or protobuf where the client prefers it
//
// Source: Prometheus documentation, "Federation"; text format 0.0.4. Native histograms have no text form: only protobuf pages hold them.

import { RequestError } from '../base/request-error.ts';
import { compareLabels, type Labels, METRIC_NAME, labelPairs, labelValue, labelsKey } from '../query/labels.ts';
import { isClassicLabelName, isClassicMetricName, quote } from '../query/scanner.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { plainError } from '../server/route.ts';
import { type MetricsApiOptions, readContext } from './api-context.ts';
import { matchParams } from './api-params.ts';
import { type FederationFormat, federationContentType, federationFormat } from './federate-format.ts';
import { protobufPages } from './federate-protobuf.ts';
import { selectLatest } from './promql/eval/select.ts';
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
  const sorted = [...found.values()].sort(byName);
  const format = federationFormat(request.accept);
  const headers = { 'content-type': federationContentType(format) };
  if (format.kind === 'protobuf') return { status: 200, headers, body: protobufPages(sorted.map((series) => exposed(series, format))) };
  return {
    status: 200,
    headers,
    body: pages(
      sorted.filter(({ times }) => times.length > 0),
      format,
    ),
  };
}

/** The series with the names that the client takes, and an instance: an empty one keeps a scraper from giving the series its own. */
function exposed({ labels, ...sample }: Series, { utf8 }: FederationFormat): Series {
  const shown: string[] = [];
  for (const [name, value] of labelPairs(labels)) {
    if (name === METRIC_NAME) shown.push(name, utf8 || isClassicMetricName(value) ? value : underscored(value));
    else shown.push(utf8 || isClassicLabelName(name) ? name : underscored(name), value);
  }
  if (labelValue(labels, INSTANCE) === '') shown.push(INSTANCE, '');
  return { ...sample, labels: shown };
}

/** A metric's series stand together, however their other labels sort. */
function byName(a: Series, b: Series): number {
  const left = labelValue(a.labels, METRIC_NAME);
  const right = labelValue(b.labels, METRIC_NAME);
  return left < right ? -1 : left > right ? 1 : compareLabels(a.labels, b.labels);
}

async function* pages(all: readonly Series[], { utf8 }: FederationFormat): AsyncGenerator<string> {
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
