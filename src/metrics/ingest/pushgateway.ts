// The Pushgateway's interface: `/metrics/job/:job{/label/value…}`, PUT, POST and DELETE.
//
//   push ─▶ parse ─▶ group's families replaced (PUT) or those of the same name (POST) ─▶ kept on disk ─▶ samples at the time of the push
//                                    └──▶ and again every interval, as a scrape of a Pushgateway would give them, until DELETE ends them
//
// Source: prometheus/pushgateway README, "API".

import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import { labelPairs, labelsKey, labelsOf, METRIC_NAME } from '../../query/labels.ts';
import { plain, plainError, type Method, type Reply, type Request, type Route } from '../../server/route.ts';
import type { BeginWrite, Metadata, MetricWrite } from '../write.ts';
import type { ExpositionSink } from './exposition.ts';
import { pushFormat } from './import-prometheus.ts';
import { parseExposition } from './parse-exposition.ts';
import { describeRefusals } from './push-answer.ts';
import { PushGroups, type PushedFamily, type PushedSample, type PushGroup, type PushGroupLimits } from './push-groups.ts';

export interface PushgatewayOptions extends PushGroupLimits {
  readonly begin: BeginWrite;
  readonly now: Clock;
  /** Where groups are kept; made when it is not there. */
  readonly dir: string;
  /** How often a group's samples are stored anew, in milliseconds. */
  readonly intervalMs: number;
  /** Told of a repetition that could not be stored; the next one follows all the same. */
  readonly onError: (error: unknown) => void;
}

/** Reads what was kept, and repeats it from now on. */
export async function openPushgateway(options: PushgatewayOptions): Promise<Pushgateway> {
  const groups = new PushGroups(options.dir, options);
  await groups.load();
  return new Pushgateway(options, groups);
}

export class Pushgateway implements AsyncDisposable {
  readonly #options: PushgatewayOptions;
  readonly #groups: PushGroups;
  readonly #timer: NodeJS.Timeout;
  #repeating: Promise<void> | undefined;
  /** When values were last told of again: what comes next lies behind it. */
  #repeatedAt = 0;

  constructor(options: PushgatewayOptions, groups: PushGroups) {
    this.#options = options;
    this.#groups = groups;
    this.#timer = setInterval(() => {
      this.#repeating ??= this.repeat()
        .catch(options.onError)
        .finally(() => (this.#repeating = undefined));
    }, options.intervalMs);
    this.#timer.unref();
  }

  routes(): readonly Route[] {
    const paths = ['/metrics/job/:job', '/metrics/job/:job/*labels', '/metrics/job@base64/:job64', '/metrics/job@base64/:job64/*labels'];
    const methods: readonly Method[] = ['PUT', 'POST', 'DELETE'];
    const summaries: Readonly<Record<string, string>> = {
      PUT: 'Replaces the metrics of a pushed group.',
      POST: 'Replaces the metrics of the same names in a pushed group.',
      DELETE: 'Deletes a pushed group: its series end.',
    };
    return paths.flatMap((path) =>
      methods.map((method) => ({
        method,
        path,
        summary: summaries[method] ?? '',
        access: 'write',
        error: plainError,
        handle: (request) => this.#handle(request),
      })),
    );
  }

  /** Stores every group's last values at the present time. */
  async repeat(): Promise<void> {
    const ts = this.#next();
    this.#repeatedAt = ts;
    const byTenant = Map.groupBy(this.#groups.all(), (group) => group.tenant);
    for (const [tenant, groups] of byTenant) {
      const write = this.#options.begin(tenant);
      for (const group of groups) writeGroup(write, group, ts);
      await write.commit();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#repeating;
  }

  /** Now, and never the millisecond of a repetition: a series' end would compete with its last value. */
  #next(): number {
    return Math.max(this.#options.now.now(), this.#repeatedAt + 1);
  }

  #handle(request: Request): Promise<Reply> {
    const tenant = request.tenants[0] ?? '';
    const grouping = groupingOf(request);
    return this.#groups.inTurn(tenant, grouping, () =>
      request.method === 'DELETE' ? this.#delete(tenant, grouping) : this.#push(request, tenant, grouping),
    );
  }

  async #push(request: Request, tenant: string, grouping: Labels): Promise<Reply> {
    const before = this.#groups.get(tenant, grouping);
    const ts = this.#next();
    let group: PushGroup;
    try {
      const pushed = parsePush(request, grouping);
      const names = new Set(pushed.map((family) => family.metadata.metric));
      const kept = request.method === 'PUT' ? [] : (before?.families ?? []).filter((family) => !names.has(family.metadata.metric));
      group = { tenant, grouping, families: [...kept, ...pushed], pushTime: ts / 1000, pushFailureTime: before?.pushFailureTime ?? 0 };
      this.#groups.admit(group);
    } catch (error) {
      await this.#failed(tenant, grouping, ts);
      throw error;
    }
    const write = this.#options.begin(tenant);
    writeGroup(write, group, ts);
    endMissing(write, before, group, ts);
    const summary = await write.commit();
    await this.#groups.put(group);
    const refused = describeRefusals(summary);
    if (refused !== '') throw new RequestError('bad_data', refused);
    return plain('', 200);
  }

  /** A push that could not be taken shows in `push_failure_time_seconds`, if the group exists. */
  async #failed(tenant: string, grouping: Labels, ts: number): Promise<void> {
    const before = this.#groups.get(tenant, grouping);
    if (before !== undefined) await this.#groups.put({ ...before, pushFailureTime: ts / 1000 });
  }

  async #delete(tenant: string, grouping: Labels): Promise<Reply> {
    const group = this.#groups.get(tenant, grouping);
    if (group !== undefined) {
      const ts = this.#next();
      await this.#groups.delete(tenant, grouping);
      const write = this.#options.begin(tenant);
      for (const { labels } of samplesOf(group)) write.stale(labels, ts);
      await write.commit();
    }
    return plain('', 202);
  }
}

/** The labels that the path names. A label with `@base64` behind its name has its value in base64, `=` standing for the empty one. */
function groupingOf({ params }: Request): Labels {
  const job = params['job64'] === undefined ? (params['job'] ?? '') : fromBase64(params['job64']);
  if (job === '') throw new RequestError('bad_data', 'job name is required');
  const parts = (params['labels'] ?? '').split('/').filter((part, i, all) => part !== '' || i < all.length - 1);
  if (parts.length % 2 !== 0)
    throw new RequestError('bad_data', `odd number of components in label string ${JSON.stringify(params['labels'])}`);
  const pairs: [string, string][] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [name = '', encoding] = (parts[i] ?? '').split('@', 2);
    const value = parts[i + 1] ?? '';
    if (name === '' || name.startsWith('__')) throw new RequestError('bad_data', `improper label name ${JSON.stringify(name)}`);
    if (encoding !== undefined && encoding !== 'base64')
      throw new RequestError('bad_data', `unknown encoding of label ${JSON.stringify(parts[i])}`);
    pairs.push([name, encoding === undefined ? value : fromBase64(value)]);
  }
  return labelsOf([...pairs, ['job', job]]);
}

/** Base64 with the URL's alphabet or the usual one, with or without padding. */
function fromBase64(text: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new RequestError('bad_data', `invalid base64 ${JSON.stringify(text)}`);
  return Buffer.from(text.replace(/=+$/, ''), 'base64url').toString('utf8');
}

/** The families of a push. The grouping labels win over the page's own; timestamps and repeated series are refused. */
function parsePush(request: Request, grouping: Labels): PushedFamily[] {
  const families = new Map<string, { metadata: Metadata; samples: PushedSample[] }>();
  const seen = new Set<string>();
  let current: Metadata | undefined;
  const add = (labels: Labels, value: PushedSample['value'], ts: number | undefined): void => {
    if (ts !== undefined) throw new RequestError('bad_data', `pushed metrics must not have timestamps, ${JSON.stringify(labels)} has one`);
    const own = labelsOf([...labelPairs(labels), ...labelPairs(grouping)]);
    const key = labelsKey(own);
    if (seen.has(key)) throw new RequestError('bad_data', `pushed twice: ${JSON.stringify(own)}`);
    seen.add(key);
    const name = own[own.indexOf(METRIC_NAME) + 1] ?? '';
    const metadata =
      current !== undefined && isOfFamily(name, current) ? current : { metric: name, type: 'unknown' as const, help: '', unit: '' };
    const family = families.get(metadata.metric) ?? { metadata, samples: [] };
    family.samples.push({ labels: own, value });
    families.set(metadata.metric, family);
  };
  const sink: ExpositionSink = {
    metadata: (metadata) => (current = metadata),
    sample: (series, value, ts) => add(series.labels(), value, ts),
    histogram: (series, histogram, ts) => add(series.labels(), histogram, ts),
    // A pushed value is told of again and again: its exemplar would claim to be new each time.
    exemplar: () => undefined,
  };
  parseExposition(request.body, pushFormat(request), sink);
  for (const name of ['push_time_seconds', 'push_failure_time_seconds']) {
    if (families.has(name)) throw new RequestError('bad_data', `metric ${name} is the gateway's own`);
  }
  return [...families.values()];
}

function isOfFamily(name: string, { metric, type }: Metadata): boolean {
  if (!name.startsWith(metric)) return false;
  const suffix = name.slice(metric.length);
  if (suffix === '') return true;
  if (type === 'histogram' || type === 'summary') return ['_bucket', '_count', '_sum'].includes(suffix);
  if (type === 'gaugehistogram') return ['_bucket', '_gcount', '_gsum'].includes(suffix);
  return (type === 'counter' && suffix === '_total') || (type === 'info' && suffix === '_info');
}

function* samplesOf(group: PushGroup): Generator<PushedSample> {
  for (const family of group.families) yield* family.samples;
  const own = (name: string): Labels => labelsOf([[METRIC_NAME, name], ...labelPairs(group.grouping)]);
  yield { labels: own('push_time_seconds'), value: group.pushTime };
  yield { labels: own('push_failure_time_seconds'), value: group.pushFailureTime };
}

function writeGroup(write: MetricWrite, group: PushGroup, ts: number): void {
  for (const { metadata } of group.families) write.metadata(metadata);
  for (const { labels, value } of samplesOf(group)) {
    if (typeof value === 'number') write.sample(labels, ts, value);
    else write.histogram(labels, ts, value);
  }
}

/** Ends the series that were in the group before and are not any more. */
function endMissing(write: MetricWrite, before: PushGroup | undefined, after: PushGroup, ts: number): void {
  if (before === undefined) return;
  const present = new Set<string>();
  for (const { labels } of samplesOf(after)) present.add(labelsKey(labels));
  for (const { labels } of samplesOf(before)) if (!present.has(labelsKey(labels))) write.stale(labels, ts);
}
