// Scraping from end to end: real targets over HTTP, and what reaches the store of each scrape. The waits between scrapes pass as the event loop turns,
// so that neither a quick machine waits nor a slow one is late.

import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { after, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import promClient from 'prom-client';

import { silentLog } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { printLabels } from '../../query/labels.ts';
import type { BeginWrite } from '../write.ts';
import { parsePrometheusConfig } from './prometheus-config.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { ActiveTarget, OwnJob } from './scrape-manager.ts';
import { ScrapeManager } from './scrape-manager.ts';

/** As the loops see it; what a scrape itself takes is measured by a clock that runs on. */
const INTERVAL_MS = 10_000;
const TURNS_PER_INTERVAL = 100;
mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });

const servers: Server[] = [];
const managers: ScrapeManager[] = [];
after(async () => {
  await Promise.all(managers.map((manager) => manager.stop()));
  for (const server of servers) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A target whose page can be changed. */
async function target(
  first: string,
  contentType = 'text/plain; version=0.0.4',
): Promise<{ readonly address: string; page: string; contentType: string }> {
  const state = { address: '', page: first, contentType };
  state.address = await serve((_, response) => response.setHeader('content-type', state.contentType).end(state.page));
  return state;
}

/** What one scrape stored, by series. */
interface Commit {
  readonly tenant: string;
  readonly samples: Map<string, number>;
  readonly times: Map<string, number>;
  readonly startTimes: Map<string, number>;
  readonly stale: Map<string, number>;
  readonly histograms: Map<string, number>;
  readonly exemplars: string[];
  readonly metadata: string[];
}

/** A store in memory; `next` resolves with the first commit that pleases. */
class MemoryStore {
  readonly commits: Commit[] = [];
  problem: RequestError | undefined;

  readonly begin: BeginWrite = (tenant) => {
    const commit: Commit = {
      tenant,
      samples: new Map(),
      times: new Map(),
      startTimes: new Map(),
      stale: new Map(),
      histograms: new Map(),
      exemplars: [],
      metadata: [],
    };
    return {
      sample: (labels, ts, value, startTs) => {
        commit.samples.set(printLabels(labels), value);
        commit.times.set(printLabels(labels), ts);
        commit.startTimes.set(printLabels(labels), startTs ?? 0);
      },
      stale: (labels, ts) => void commit.stale.set(printLabels(labels), ts),
      histogram: (labels, _, { schema }) => void commit.histograms.set(printLabels(labels), schema),
      exemplar: (labels, exemplar) =>
        void commit.exemplars.push(`${printLabels(labels)} ${printLabels(exemplar.labels)} ${exemplar.value}`),
      metadata: ({ metric, type, help }) => void commit.metadata.push(`${metric} ${type} ${help}`),
      refuse: () => undefined,
      commit: async () => {
        if (this.problem !== undefined) throw this.problem;
        this.commits.push(commit);
        return { samples: commit.samples.size, histograms: 0, exemplars: 0, metadata: 0, refusals: [] };
      },
    };
  };

  async next(wanted: (commit: Commit) => boolean = () => true): Promise<Commit> {
    for (let from = this.commits.length; ;) {
      for (; from < this.commits.length; from++) {
        const commit = this.commits[from];
        if (commit !== undefined && wanted(commit)) return commit;
      }
      await pass();
    }
  }
}

/** One turn of the event loop, and a little of the time between scrapes. */
async function pass(): Promise<void> {
  await turn();
  mock.timers.tick(INTERVAL_MS / TURNS_PER_INTERVAL);
}

function parse(jobs: string): readonly ScrapeConfig[] {
  const global = `global: {scrape_interval: ${INTERVAL_MS}ms, scrape_timeout: 8s}\n`;
  return parsePrometheusConfig(`${global}scrape_configs:\n${jobs}`, { directory: '/', read: () => '', glob: () => [] }).scrapeConfigs;
}

const job = (address: string, fields = ''): string => `- {job_name: j, static_configs: [{targets: ["${address}"]}]${fields}}\n`;

interface Running {
  readonly store: MemoryStore;
  readonly manager: ScrapeManager;
}

function start(jobs: string, own: readonly OwnJob[] = []): Running {
  const store = new MemoryStore();
  const manager = new ScrapeManager({ begin: store.begin, tenant: 'scraped', log: silentLog, version: 'test' });
  managers.push(manager);
  manager.apply(parse(jobs), own);
  return { store, manager };
}

const isUp = (commit: Commit): boolean => [...commit.samples].some(([series, value]) => series.startsWith('up{') && value === 1);
const isDown = (commit: Commit): boolean => [...commit.samples].some(([series, value]) => series.startsWith('up{') && value === 0);
const active = (manager: ScrapeManager): ActiveTarget => manager.targets()[0]?.active[0] ?? assert.fail('no target');

test('a page becomes samples with the labels of its target, and reports', async () => {
  const page = '# HELP a_total All.\n# TYPE a_total counter\na_total{x="1"} 5\nb 7 1700000000000\n';
  const { address } = await target(page);
  const { store, manager } = start(job(address, ', extra_scrape_metrics: true'));
  const commit = await store.next(isUp);
  const labels = `instance="${address}", job="j"`;
  assert.equal(commit.tenant, 'scraped');
  assert.equal(commit.samples.get(`a_total{${labels}, x="1"}`), 5);
  assert.equal(commit.times.get(`b{${labels}}`), 1_700_000_000_000);
  assert.deepEqual(
    [
      'scrape_samples_scraped',
      'scrape_samples_post_metric_relabeling',
      'scrape_series_added',
      'scrape_timeout_seconds',
      'scrape_sample_limit',
      'scrape_body_size_bytes',
    ].map((name) => commit.samples.get(`${name}{${labels}}`)),
    [2, 2, 2, 8, 0, page.length],
  );
  assert.ok(commit.metadata.includes('a_total counter All.'));
  const again = await store.next(isUp);
  assert.equal(again.samples.get(`scrape_series_added{${labels}}`), 0);
  assert.deepEqual(again.metadata, []);
  assert.deepEqual([active(manager).state.health, active(manager).state.lastError], ['up', '']);
});

test('series that disappear become stale, and all of them when a scrape fails', async () => {
  const page = await target('a 1\nb{x="1",y="2"} 2\n');
  const { store } = start(job(page.address));
  await store.next(isUp);
  page.page = 'b{y="2",x="1"} 2\n';
  const without = await store.next((commit) => isUp(commit) && commit.stale.size > 0);
  const labels = `instance="${page.address}", job="j"`;
  assert.deepEqual([...without.stale.keys()], [`a{${labels}}`]);
  assert.equal(without.stale.get(`a{${labels}}`), without.times.get(`up{${labels}}`));
  page.page = 'c 1\nb{ 1\n';
  const failed = await store.next(isDown);
  assert.deepEqual([...failed.stale.keys()], [`b{${labels}, x="1", y="2"}`]);
  assert.equal(failed.samples.has(`c{${labels}}`), false);
  assert.equal(failed.samples.size, 5);
  const still = await store.next(isDown);
  assert.equal(still.stale.size, 0);
});

test('timestamps of the page: honoured without staleness, tracked, or ignored', async () => {
  const page = await target('a 1 1700000000000\n');
  const honoured = start(job(page.address));
  const tracked = start(job(page.address, ', track_timestamps_staleness: true'));
  const ignored = start(job(page.address, ', honor_timestamps: false'));
  const all = [honoured, tracked, ignored];
  const first = await Promise.all(all.map(async ({ store }) => store.next(isUp)));
  const series = `a{instance="${page.address}", job="j"}`;
  assert.deepEqual(
    first.map(({ times }) => times.get(series) === 1_700_000_000_000),
    [true, true, false],
  );
  page.page = 'b 1\n';
  const gone = await Promise.all(
    all.map(async ({ store }) =>
      store.next(({ samples }) => samples.size === 6 && [...samples.keys()].some((key) => key.startsWith('b{'))),
    ),
  );
  assert.deepEqual(
    gone.map(({ stale }) => stale.has(series)),
    [false, true, true],
  );
});

/** `[what, fields of the job, page, what is said]` */
const refused: readonly (readonly [string, string, string, RegExp])[] = [
  ['too many samples', ', sample_limit: 1', 'a 1\nb 1\n', /^sample limit exceeded$/],
  ['too many labels', ', label_limit: 3', 'a{b="1"} 1\n', /label_limit exceeded \(metric: a, number of labels: 4, limit: 3\)/],
  [
    'a label name too long',
    ', label_name_length_limit: 8',
    'a{nnnnnnnnn="1"} 1\n',
    /label_name_length_limit exceeded .*length: 9, limit: 8/,
  ],
  ['a label value too long', ', label_value_length_limit: 20', `a{b="${'v'.repeat(21)}"} 1\n`, /label_value_length_limit exceeded/],
  ['a body too large', ', body_size_limit: 10B', 'a 1\nb 1\nc 1\n', /body size limit exceeded/],
  ['a name that is not allowed', ', metric_name_validation_scheme: legacy', '{"a.b"} 1\n', /invalid metric name or label names/],
  ['relabelling without a name', ', metric_relabel_configs: [{regex: __name__, action: labeldrop}]', 'a 1\n', /missing metric name/],
  ['a broken page', '', 'a 1\nb x\n', /./],
  ['too many targets', ', target_limit: 1, relabel_configs: []', 'a 1\n', /target_limit exceeded \(number of targets: 2, limit: 1\)/],
];

test('a page over a limit is not stored at all', async () => {
  for (const [what, fields, page, said] of refused) {
    const { address } = await target(page);
    const second = fields.includes('target_limit') ? '", "127.0.0.2:1' : '';
    const { store, manager } = start(job(`${address}${second}`, fields));
    const commit = await store.next(isDown);
    assert.equal(commit.samples.size, 5, what);
    while (active(manager).state.lastError === '') await pass();
    assert.match(active(manager).state.lastError, said, what);
    await manager.stop();
  }
});

test('labels of the page and of the target meet', async () => {
  const { address } = await target('a{job="own",exported_job="old",x="1"} 1\n');
  const [theirs, ours] = [start(job(address, ', honor_labels: true')), start(job(address))];
  const [honoured, moved] = [await theirs.store.next(isUp), await ours.store.next(isUp)];
  assert.ok(honoured.samples.has(`a{exported_job="old", instance="${address}", job="own", x="1"}`));
  assert.ok(moved.samples.has(`a{exported_exported_job="own", exported_job="old", instance="${address}", job="j", x="1"}`));
});

test('metric relabelling drops and renames', async () => {
  const { address } = await target('go_x 1\na 1\n');
  const rules = '[{source_labels: [__name__], regex: go_.*, action: drop}, {regex: instance, action: labeldrop}]';
  const { store } = start(job(address, `, metric_relabel_configs: ${rules}`));
  const commit = await store.next(isUp);
  assert.ok(commit.samples.has('a{job="j"}') && commit.samples.size === 6);
  assert.equal(commit.samples.get(`scrape_samples_post_metric_relabeling{instance="${address}", job="j"}`), 1);
});

test('OpenMetrics: exemplars once, start times, and the fallback for a missing type', async () => {
  const text = '# TYPE a counter\na_total 5 # {trace_id="t"} 2 1700000000\na_created 1600000000\n# EOF\n';
  const page = await target(text, 'application/openmetrics-text; version=1.0.0');
  const { store, manager } = start(job(page.address));
  const commit = await store.next(isUp);
  const series = `a_total{instance="${page.address}", job="j"}`;
  assert.deepEqual(commit.exemplars, [`${series} {trace_id="t"} 2`]);
  assert.deepEqual((await store.next(isUp)).exemplars, []);
  page.contentType = '';
  await store.next(isDown);
  assert.match(active(manager).state.lastError, /fallback_scrape_protocol/);
  const withFallback = start(job(page.address, ', fallback_scrape_protocol: OpenMetricsText1.0.0'));
  assert.ok((await withFallback.store.next(isUp)).samples.has(series));
});

test('an empty page is good in a format without an end mark only', async () => {
  const page = await target('');
  const { store } = start(job(page.address));
  assert.equal((await store.next(isUp)).samples.size, 5);
  page.contentType = 'application/openmetrics-text; version=1.0.0';
  await store.next(isDown);
});

test('prom-client is scraped', async () => {
  const registry = new promClient.Registry();
  const histogram = new promClient.Histogram({ name: 'took_seconds', help: 'How long.', buckets: [1, 2], registers: [registry] });
  histogram.observe(1.5);
  const address = await serve((_, response) => {
    void registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text));
  });
  const { store } = start(job(address));
  const classic = await store.next(isUp);
  assert.equal(
    classic.samples.get(`took_seconds_bucket{instance="${address}", job="j", le="2"}`) ??
      classic.samples.get(`took_seconds_bucket{instance="${address}", job="j", le="2.0"}`),
    1,
  );
  assert.ok(classic.metadata.includes('took_seconds histogram How long.'));
  const converted = await start(job(address, ', convert_classic_histograms_to_nhcb: true')).store.next(isUp);
  assert.deepEqual([...converted.histograms], [[`took_seconds{instance="${address}", job="j"}`, -53]]);
});

test('unchanged jobs run on, a changed one hands its series on, and those of a removed one become stale', async () => {
  const page = await target('a 1\nb 1\n');
  const { store, manager } = start(`${job(page.address)}- {job_name: k, static_configs: [{targets: ["${page.address}"]}]}\n`);
  const series = (name: string, of: string): string => `${name}{instance="${page.address}", job="${of}"}`;
  await store.next(({ samples }) => samples.has(series('a', 'j')));
  await store.next(({ samples }) => samples.has(series('a', 'k')));
  const before = manager.targets().map(({ active: [first] }) => first?.state.lastScrape);
  const dropping = ', metric_relabel_configs: [{source_labels: [__name__], regex: a, action: drop}]';
  manager.apply(parse(job(page.address, dropping)));
  assert.deepEqual(
    manager.targets().map(({ pool }) => pool),
    ['j'],
  );
  const handedOn = await store.next(({ samples }) => samples.has(series('b', 'j')));
  assert.deepEqual([...handedOn.stale.keys()], [series('a', 'j')]);
  const gone = await store.next(({ stale }) => stale.has(series('up', 'k')));
  assert.deepEqual(
    [...gone.stale.keys()].filter((key) => key.startsWith('a{') || key.startsWith('b{')),
    [series('a', 'k'), series('b', 'k')],
  );
  assert.ok(before.every((time) => time !== undefined && time < (gone.stale.get(series('up', 'k')) ?? 0)));
  manager.apply(parse(job(page.address, dropping)));
  assert.notEqual(active(manager).state.lastScrape, undefined);
});

test('the program’s own page comes from a function, through the same loop', async () => {
  const read = async (): Promise<{ contentType: string; body: Uint8Array }> => ({
    contentType: 'text/plain',
    body: Buffer.from('own 1\n'),
  });
  const { store, manager } = start('', [{ job: 'sightline', instance: 'here:3000', intervalMs: INTERVAL_MS, read }]);
  const commit = await store.next(isUp);
  assert.ok(commit.samples.has('own{instance="here:3000", job="sightline"}'));
  assert.throws(
    () => manager.apply(parse('- job_name: sightline'), [{ job: 'sightline', instance: 'x', intervalMs: 1, read }]),
    /own jobs/,
  );
});

test('a store that refuses leaves the target with the reason, and scraping goes on', async () => {
  const { address } = await target('# TYPE a gauge\na 1\n');
  const { store, manager } = start(job(address));
  store.problem = new RequestError('unavailable', 'the disk is full');
  while (!/could not be stored: the disk is full/.test(active(manager).state.lastError)) await pass();
  store.problem = undefined;
  const { metadata } = await store.next(isUp);
  assert.ok(metadata.includes('a gauge ') && metadata.some((each) => each.startsWith('up gauge')));
});
