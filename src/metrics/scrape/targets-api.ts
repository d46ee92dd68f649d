// What is scraped and how it goes, as Prometheus's HTTP API tells it: targets, their metadata, what relabelling does to one, pools.
//
// Source: Prometheus `web/api/v1` (`targets`, `targetMetadata`, `targetRelabelSteps`, `scrapePools`).

import { RequestError } from '../../base/request-error.ts';
import { compileMatcher } from '../../query/matchers.ts';
import { printDuration } from '../../base/duration.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsOf, labelsRecord, labelValue } from '../../query/labels.ts';
import { quote } from '../../query/scanner.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import { json } from '../../server/route.ts';
import { prometheusError } from '../prometheus-error.ts';
import { parseSelector } from '../promql/parse.ts';
import type { MetricType } from '../write.ts';
import { relabelSteps } from './relabel.ts';
import { relabelRuleFields, scrapeConfigYaml } from './scrape-config-yaml.ts';
import type { ScrapeConfig } from './scrape-config.ts';
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
    ['targets/relabel_steps', 'What each relabelling rule of a job makes of labels.', (request) => relabeled(request, pools(request))],
    ['scrape_pools/config', 'The configuration with which a job runs.', (request) => poolConfig(request, pools(request))],
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

function poolConfig({ query }: Request, pools: readonly PoolTargets[]): unknown {
  return { yaml: scrapeConfigYaml(configOf(required(query, 'scrapePool'), pools)) };
}

function configOf(pool: string, pools: readonly PoolTargets[]): ScrapeConfig {
  const found = pools.find((each) => each.pool === pool);
  if (found === undefined) throw new RequestError('bad_data', `error retrieving scrape config: scrape pool ${quote(pool)} not found`);
  return found.config;
}

function required(query: URLSearchParams, name: string): string {
  const given = query.get(name) ?? '';
  if (given === '') throw new RequestError('bad_data', `no ${name} parameter provided`);
  return given;
}

function relabeled({ query }: Request, pools: readonly PoolTargets[]): unknown {
  const pool = required(query, 'scrapePool');
  const labels = parseLabels(required(query, 'labels'));
  const { relabelRules, nameScheme } = configOf(pool, pools);
  const steps = relabelSteps(labels, relabelRules, nameScheme);
  return { steps: steps.map(({ rule, output, keep }) => ({ rule: relabelRuleFields(rule), output: labelsRecord(output), keep })) };
}

/** Labels as a JSON object of texts; empty ones are no labels. */
function parseLabels(given: string): Labels {
  const refuse = (problem: string): never => {
    throw new RequestError('bad_data', `error parsing labels: ${problem}`);
  };
  const parsed = parseJson(given, refuse);
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return refuse('an object of names and values is expected');
  return labelsOf(
    Object.entries(parsed ?? {}).flatMap(([name, value]: [string, unknown]): [string, string][] => {
      if (typeof value !== 'string') return refuse(`the value of ${quote(name)} is not a string`);
      return value === '' ? [] : [[name, value]];
    }),
  );
}

function parseJson(text: string, refuse: (problem: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function targetMetadata(request: Request, pools: readonly PoolTargets[]): unknown {
  const { query } = request;
  const matches = targetMatcher(query.get('match_target') ?? '');
  const metric = query.get('metric') ?? '';
  const limit = limitOf(query.get('limit') ?? '');
  const found: { target: unknown; metric?: string; type: MetricType; help: string; unit: string }[] = [];
  for (const target of pools.flatMap(({ active }) => active).filter(({ labels }) => matches(labels))) {
    // A target's list is not cut: the limit is one of targets.
    if (limit !== undefined && found.length >= limit) break;
    for (const { metric: name, type, help, unit } of target.metadata()) {
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
