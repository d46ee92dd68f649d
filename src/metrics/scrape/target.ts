// From what a discovery found to what is scraped: labels filled in, relabelled, and turned into a URL.
//
//   target group ─▶ discovered labels ─▶ relabelling ─▶ target, dropped, or failed with the reason
//
// Source: Prometheus `scrape/target.go` (`PopulateLabels`, `TargetsFromGroup`, `Target.URL`).

import { createHash } from 'node:crypto';

import { RequestError } from '../../base/request-error.ts';
import { parseDuration, printDuration } from '../../base/duration.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsKey, labelsOf } from '../../query/labels.ts';
import { checkTargetAddress } from './discovery-config.ts';
import type { Relabeling } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';

/** Targets that share labels, as a discovery hands them over. */
export interface TargetGroup {
  /** Unique within its discovery. */
  readonly source: string;
  readonly targets: readonly ReadonlyMap<string, string>[];
  readonly labels: ReadonlyMap<string, string>;
}

/** What is scraped. */
export interface Target {
  /** Tells targets of a pool apart: equal keys are the same target. */
  readonly key: string;
  readonly url: string;
  /** Labels before relabelling. */
  readonly discovered: Labels;
  /** Labels that its series get. */
  readonly labels: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export type Found =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'dropped'; readonly discovered: Labels }
  | { readonly kind: 'failed'; readonly message: string };

/** The targets of a group. */
export function targetsOfGroup(group: TargetGroup, config: ScrapeConfig, relabeling: Relabeling): readonly Found[] {
  return group.targets.map((own, index) => {
    try {
      return buildTarget(discoveredLabels(new Map([...group.labels, ...own]), config), config, relabeling);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { kind: 'failed', message: `instance ${index} in group ${group.source}: ${error.message}` };
    }
  });
}

/** What relabelling starts from: the job's own values where the discovery gave none. */
export function discoveredLabels(found: Map<string, string>, config: ScrapeConfig): Map<string, string> {
  const filled: readonly (readonly [string, string])[] = [
    ['job', config.jobName],
    ['__scrape_interval__', printDuration(config.scrapeIntervalMs)],
    ['__scrape_timeout__', printDuration(config.scrapeTimeoutMs)],
    ['__metrics_path__', config.metricsPath],
    ['__scheme__', config.scheme],
    ...[...config.params].map(([name, values]) => [`__param_${name}`, values[0] ?? ''] as const),
  ];
  for (const [name, value] of filled) if ((found.get(name) ?? '') === '') found.set(name, value);
  for (const [name, value] of found) if (value === '') found.delete(name);
  return found;
}

function buildTarget(labels: Map<string, string>, config: ScrapeConfig, relabeling: Relabeling): Found {
  const discovered = labelsOf(labels);
  if (!relabeling.apply(labels)) return { kind: 'dropped', discovered };
  const address = labels.get('__address__') ?? '';
  if (address === '') throw new RequestError('bad_data', 'no address');
  checkTargetAddress(address);
  const intervalMs = positiveDuration('interval', labels.get('__scrape_interval__') ?? '');
  const timeoutMs = positiveDuration('timeout', labels.get('__scrape_timeout__') ?? '');
  if (timeoutMs > intervalMs) {
    const [timeout, interval] = [labels.get('__scrape_timeout__'), labels.get('__scrape_interval__')].map((each) => JSON.stringify(each));
    throw new RequestError('bad_data', `scrape timeout cannot be greater than scrape interval (${timeout} > ${interval})`);
  }
  if ((labels.get('instance') ?? '') === '') labels.set('instance', address);
  for (const [name, value] of labels) {
    if (!value.isWellFormed())
      throw new RequestError('bad_data', `invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  }
  const url = targetUrl(labels, config);
  if (!URL.canParse(url)) throw new RequestError('bad_data', `invalid URL ${JSON.stringify(url)}`);
  const own = labelsOf([...labels].filter(([name]) => !name.startsWith('__')));
  const key = labelsKey(labelsOf([...labels].filter(([name]) => !name.startsWith('__meta_')))) + url;
  return { kind: 'target', target: { key, url, discovered, labels: own, intervalMs, timeoutMs } };
}

function positiveDuration(what: string, given: string): number {
  const ms = parseDuration(given);
  if (typeof ms !== 'number') throw new RequestError('bad_data', `error parsing scrape ${what}: ${ms.problem}`);
  if (ms === 0) throw new RequestError('bad_data', `scrape ${what} cannot be 0`);
  return ms;
}

/** `__param_<name>` replaces the first value of the parameter that the job sets. */
function targetUrl(labels: ReadonlyMap<string, string>, config: ScrapeConfig): string {
  const params = new Map([...config.params].map(([name, values]) => [name, [...values]]));
  for (const [name, value] of labels) {
    if (name.startsWith('__param_'))
      params.set(name.slice('__param_'.length), [value, ...(params.get(name.slice('__param_'.length)) ?? []).slice(1)]);
  }
  const names = [...params.keys()].toSorted();
  const query = new URLSearchParams(names.flatMap((name) => (params.get(name) ?? []).map((value) => [name, value]))).toString();
  const path = encodeURI(labels.get('__metrics_path__') ?? '')
    .replaceAll('?', '%3F')
    .replaceAll('#', '%23');
  const slash = path === '' || path.startsWith('/') ? '' : '/';
  return `${labels.get('__scheme__') ?? ''}://${labels.get('__address__') ?? ''}${slash}${path}${query === '' ? '' : `?${query}`}`;
}

/** Milliseconds until the next scrape: each target has its own place in the interval, the same after a restart. */
export function scrapeOffset(key: string, intervalMs: number, now: number): number {
  const place = createHash('md5').update(key).digest().readUIntBE(0, 6) % intervalMs;
  const next = intervalMs - (now % intervalMs) + place;
  return next > intervalMs ? next - intervalMs : next;
}
