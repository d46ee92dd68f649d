// `index/stats`, `index/volume`, `index/volume_range`: how much there is, by streams and labels.
//
//   sums per stream and bucket ─(the labels that are asked about)─▶ groups ─▶ the largest
//
// Source: Loki HTTP API documentation, "Query log statistics", "Query log volume"; `pkg/storage/stores/index/seriesvolume`.

import { type ReadContext, guarded } from '../metrics/read.ts';
import { successReply } from '../metrics/result-json.ts';
import { Slices } from '../metrics/slices.ts';
import { type Labels, labelPairs, labelsKey, labelsOf } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type LogsApiOptions, type StreamVolume, getAndPost, selectorParam } from './api-context.ts';
import { badData, floorMs, limitParam, rangeParams, stepParam } from './api-params.ts';
import type { NsRange } from './line-block.ts';
import type { QueryCosts, ResultSeries } from './query-result.ts';
import { queryStats } from './query-stats-json.ts';
import { queryData, selectorText } from './result-json.ts';

/** The routes of sums. */
export function statsRoutes(options: LogsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/loki/api/v1/index/stats', 'Streams, lines and bytes that a selector matches.', (request) => stats(options, request)),
    ...getAndPost('/loki/api/v1/index/volume', 'The labels with the most bytes.', (request) => volume(options, request)),
    ...getAndPost('/loki/api/v1/index/volume_range', 'The labels with the most bytes, over time.', (request) =>
      volumeRange(options, request),
    ),
  ];
}

async function stats(options: LogsApiOptions, request: Request): Promise<Reply> {
  const range = rangeParams(request.query, options.clock.now());
  const matchers = selectorParam(options, request);
  const context = await options.contexts.read(request);
  const volumes = await options.volumes(context, matchers, range, undefined);
  const { lines: entries, bytes } = totals(volumes);
  // Lines do not lie in chunks here.
  return json({ streams: volumes.length, chunks: 0, entries, bytes });
}

interface VolumeQuery {
  readonly matchers: readonly Matcher[];
  /** Gives what a stream's bytes count for: label sets. */
  readonly groupsOf: (labels: Labels) => readonly Labels[];
  readonly range: NsRange;
  readonly limit: number;
}

function volumeQuery(options: LogsApiOptions, request: Request): VolumeQuery {
  const { query } = request;
  const targets = (query.get('targetLabels') ?? '').split(',').filter((name) => name !== '');
  const given = selectorParam(options, request);
  const missing = targets.filter((name) => !given.some((matcher) => matcher.name === name));
  const matchers = [...given, ...missing.map((name): Matcher => ({ name, op: '!=', value: '' }))];
  const names = new Set(targets.length > 0 ? targets : given.map(({ name }) => name));
  // As in Loki 0 stands for the default.
  const limit = query.get('limit') === '0' ? 100 : limitParam(query);
  return { matchers, groupsOf: grouping(query.get('aggregateBy') ?? '', names), range: rangeParams(query, options.clock.now()), limit };
}

/** No names stand for all of them. */
function grouping(aggregateBy: string, names: ReadonlySet<string>): VolumeQuery['groupsOf'] {
  const isAsked = (name: string): boolean => names.size === 0 || names.has(name);
  switch (aggregateBy) {
    case '':
    case 'series':
      return (labels) => [labelsOf([...labelPairs(labels)].filter(([name]) => isAsked(name)))];
    case 'labels':
      return (labels) => [...labelPairs(labels)].filter(([name]) => isAsked(name)).map(([name]) => [name, '']);
    default:
      throw badData('invalid aggregation option');
  }
}

async function volume(options: LogsApiOptions, request: Request): Promise<Reply> {
  const asked = volumeQuery(options, request);
  const begunMs = performance.now();
  const context = await options.contexts.read(request);
  const volumes = await options.volumes(context, asked.matchers, asked.range, undefined);
  const times = Float64Array.of(floorMs(asked.range.toNs));
  const groups = await guarded(context, () => largestGroups(volumes, asked, context.signal));
  const series = groups.map(({ labels, total }) => ({ labels, times, values: Float64Array.of(total) }));
  return volumeReply({ kind: 'vector', series, volumes, context, request, execMs: performance.now() - begunMs });
}

async function volumeRange(options: LogsApiOptions, request: Request): Promise<Reply> {
  const asked = volumeQuery(options, request);
  const stepNs = stepParam(request.query, asked.range);
  const begunMs = performance.now();
  const context = await options.contexts.read(request);
  const volumes = await options.volumes(context, asked.matchers, asked.range, stepNs);
  const groups = await guarded(context, () => largestGroups(volumes, asked, context.signal));
  const series = groups.map((group) => groupSeries(group, asked.range, stepNs));
  return volumeReply({ kind: 'matrix', series, volumes, context, request, execMs: performance.now() - begunMs });
}

/** The points of the buckets in which there is anything; a bucket stands at its end. */
function groupSeries({ labels, sums }: Group, { fromNs, toNs }: NsRange, stepNs: bigint): ResultSeries {
  const buckets = [...sums].sort(([a], [b]) => a - b);
  const ends = buckets.map(([bucket]) => fromNs + BigInt(bucket + 1) * stepNs);
  const times = Float64Array.from(ends, (end) => floorMs(end < toNs ? end : toNs));
  return { labels, times, values: Float64Array.from(buckets, ([, bytes]) => bytes) };
}

interface Group {
  readonly labels: Labels;
  /** Bytes by bucket. */
  readonly sums: Map<number, number>;
  total: number;
}

/** The groups with the most bytes, the largest first. */
async function largestGroups(
  volumes: readonly StreamVolume[],
  { groupsOf, limit }: VolumeQuery,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  const groups = new Map<string, Group>();
  const byStream = new Map<number, readonly Group[]>();
  const slices = new Slices(signal);
  for (const { stream, labels, bucket, bytes } of volumes) {
    if (slices.isOver()) await slices.pause();
    const own = byStream.get(stream) ?? groupsOf(labels).map((asked) => groupAmong(groups, asked));
    byStream.set(stream, own);
    for (const group of own) {
      group.sums.set(bucket, (group.sums.get(bucket) ?? 0) + bytes);
      group.total += bytes;
    }
  }
  return [...groups.values()].sort(byBytes).slice(0, limit);
}

function groupAmong(groups: Map<string, Group>, labels: Labels): Group {
  const key = labelsKey(labels);
  const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
  groups.set(key, group);
  return group;
}

function byBytes(a: Group, b: Group): number {
  if (a.total !== b.total) return b.total - a.total;
  return selectorText(a.labels) < selectorText(b.labels) ? -1 : 1;
}

interface VolumeAnswer {
  readonly kind: 'vector' | 'matrix';
  readonly series: readonly ResultSeries[];
  readonly volumes: readonly StreamVolume[];
  readonly context: ReadContext;
  readonly request: Request;
  readonly execMs: number;
}

function volumeReply({ kind, series, volumes, context, request: { waitedMs = 0 }, execMs }: VolumeAnswer): Reply {
  const { lines, bytes } = totals(volumes);
  const costs: QueryCosts = {
    linesProcessed: lines,
    bytesProcessed: bytes,
    linesMatched: lines,
    metadataBytesProcessed: 0,
    streams: new Set(volumes.map(({ stream }) => stream)).size,
    execMs,
    queueMs: waitedMs,
  };
  const tree = JSON.stringify(queryStats(costs, series.length, waitedMs));
  return successReply(queryData({ kind, series }, [], tree), { warnings: context.warnings, infos: [] });
}

function totals(volumes: readonly StreamVolume[]): { readonly lines: number; readonly bytes: number } {
  let [lines, bytes] = [0, 0];
  for (const each of volumes) {
    lines += each.lines;
    bytes += each.bytes;
  }
  return { lines, bytes };
}
