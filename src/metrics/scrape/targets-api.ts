// What is scraped and how it goes, as Prometheus's HTTP API tells it: targets, their metadata, pools.
//
// Source: Prometheus `web/api/v1` (`targets`, `targetMetadata`, `scrapePools`).

import { RequestError } from '../../base/request-error.ts';
import { compileMatcher } from '../../query/matchers.ts';
import { printDuration } from '../../base/duration.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsRecord, labelValue } from '../../query/labels.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import { json } from '../../server/route.ts';
import { prometheusError } from '../prometheus-error.ts';
import { parseSelector } from '../promql/parse.ts';
import type { MetricType } from '../write.ts';
import type { ActiveTarget, PoolTargets, ScrapeManager } from './scrape-manager.ts';

export interface TargetsApiOptions {
  /** Base paths, such as `/prom`; the empty one is the root. */
  readonly prefixes: readonly string[];
  /** The host that stands for this one in `globalUrl`. */
  readonly hostname: string;
}

/** The routes under every prefix. Only requests of the tenant that scraped data belongs to see its targets. */
export function targetRoutes(manager: Pick<ScrapeManager, 'tenant' | 'targets'>, options: TargetsApiOptions): readonly Route[] {
  const pools = (request: Request): readonly PoolTargets[] => (request.tenants.includes(manager.tenant) ? manager.targets() : []);
  const routes: readonly (readonly [path: string, summary: string, answer: (request: Request) => unknown])[] = [
    ['targets', 'Scraped and dropped targets.', (request) => targets(request, pools(request), options.hostname)],
    ['targets/metadata', 'Metadata of metrics by target.', (request) => targetMetadata(request, pools(request))],
    ['scrape_pools', 'Names of the scrape jobs.', (request) => ({ scrapePools: pools(request).map(({ pool }) => pool) })],
  ];
  return options.prefixes.flatMap((prefix) =>
    routes.map(([path, summary, answer]) => ({
      method: 'GET' as const,
      path: `${prefix}/api/v1/${path}`,
      summary,
      access: 'read' as const,
      error: prometheusError,
      handle: (request: Request): Reply => json({ status: 'success', data: answer(request) }),
    })),
  );
}

function targets(request: Request, pools: readonly PoolTargets[], hostname: string): unknown {
  const state = (request.query.get('state') ?? '').toLowerCase();
  const pool = request.query.get('scrapePool') ?? '';
  const asked = pool === '' ? pools : pools.filter((each) => each.pool === pool);
  const isAll = state !== 'active' && state !== 'dropped';
  const withActive = isAll || state === 'active';
  const withDropped = isAll || state === 'dropped';
  return {
    activeTargets: withActive ? asked.flatMap(({ active }) => active.map((target) => printTarget(target, hostname))) : [],
    droppedTargets: withDropped
      ? asked.flatMap(({ pool: name, dropped }) => dropped.map((labels) => ({ discoveredLabels: labelsRecord(labels), scrapePool: name })))
      : [],
    droppedTargetCounts: withDropped ? Object.fromEntries(asked.map(({ pool: name, droppedCount }) => [name, droppedCount])) : {},
  };
}

/** A target never scraped has Go's zero time, which clients know. */
const NEVER = '0001-01-01T00:00:00Z';

function printTarget(target: ActiveTarget, hostname: string): unknown {
  const { health, lastError, lastScrape, lastScrapeDurationS } = target.state;
  return {
    discoveredLabels: labelsRecord(target.discovered),
    labels: labelsRecord(target.labels),
    scrapePool: target.pool,
    scrapeUrl: target.url,
    globalUrl: globalUrl(target.url, hostname),
    lastError,
    lastScrape: lastScrape === undefined ? NEVER : new Date(lastScrape).toISOString(),
    lastScrapeDuration: lastScrapeDurationS,
    health,
    scrapeInterval: printDuration(target.intervalMs),
    scrapeTimeout: printDuration(target.timeoutMs),
  };
}

/** The URL as another host would write it: a loopback address becomes this host's name. */
function globalUrl(url: string, hostname: string): string {
  const global = new URL(url);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(global.hostname)) return url;
  global.hostname = hostname;
  return global.href;
}

function targetMetadata(request: Request, pools: readonly PoolTargets[]): unknown {
  const { query } = request;
  const matches = targetMatcher(query.get('match_target') ?? '');
  const metric = query.get('metric') ?? '';
  const limit = limitOf(query.get('limit') ?? '');
  const found: { target: unknown; metric?: string; type: MetricType; help: string; unit: string }[] = [];
  for (const target of pools.flatMap(({ active }) => active).filter(({ labels }) => matches(labels))) {
    for (const { metric: name, type, help, unit } of target.metadata()) {
      if (limit !== undefined && found.length >= limit) return found;
      if (metric !== '' && name !== metric) continue;
      found.push({ target: labelsRecord(target.labels), ...(metric === '' ? { metric: name } : {}), type, help, unit });
    }
  }
  if (found.length === 0) throw new RequestError('not_found', 'specified metadata not found');
  return found;
}

function targetMatcher(selector: string): (labels: Labels) => boolean {
  if (selector === '') return () => true;
  try {
    const matchers = parseSelector(selector).matchers.map((matcher) => ({ name: matcher.name, matches: compileMatcher(matcher) }));
    return (labels) => matchers.every(({ name, matches }) => matches(labelValue(labels, name)));
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    throw new RequestError('bad_data', `invalid parameter "match_target": ${cause.message}`, { cause });
  }
}

function limitOf(given: string): number | undefined {
  if (given === '') return undefined;
  const limit = Number(given);
  if (!/^-?\d+$/.test(given) || !Number.isSafeInteger(limit)) throw new RequestError('bad_data', 'limit must be a number');
  return limit < 0 ? undefined : limit;
}
