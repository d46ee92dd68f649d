// The routes about targets: their shapes, filters and errors, over targets given as data.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { labelsOfRecord } from '../../query/labels.ts';
import type { Request } from '../../server/route.ts';
import { scrapeConfigYaml } from './scrape-config-yaml.ts';
import { type ScrapeConfig, globalConfig, rawScrapeConfig, resolveGlobal, resolveScrapeConfig } from './scrape-config.ts';
import type { ActiveTarget, PoolTargets } from './scrape-manager.ts';
import { targetRoutes } from './targets-api.ts';
import { readYaml } from './yaml-schema.ts';

const active: ActiveTarget = {
  pool: 'j',
  url: 'http://127.0.0.1:9/metrics',
  discovered: labelsOfRecord({ __address__: '127.0.0.1:9' }),
  labels: labelsOfRecord({ instance: '127.0.0.1:9', job: 'j' }),
  intervalMs: 90_000,
  timeoutMs: 10_000,
  state: { health: 'down', lastError: 'no', lastScrape: 0, lastScrapeDurationS: 0.5 },
  metadata: () => [
    { metric: 'a', type: 'counter', help: 'A.', unit: '' },
    { metric: 'b', type: 'gauge', help: 'B.', unit: 'seconds' },
  ],
};
const never: ActiveTarget = {
  ...active,
  pool: 'k',
  state: { health: 'unknown', lastError: '', lastScrape: undefined, lastScrapeDurationS: 0 },
  metadata: () => [],
};
function job(text: string): ScrapeConfig {
  return resolveScrapeConfig(readYaml(text, rawScrapeConfig), resolveGlobal(globalConfig.zero()));
}

const RELABELED = job(`
job_name: j
relabel_configs:
  - { source_labels: [__address__], regex: '(.+):.*', target_label: host }
  - { source_labels: [host], regex: lo.*, action: drop }
  - { target_label: zone, replacement: a }
`);
const pools: readonly PoolTargets[] = [
  { pool: 'j', config: RELABELED, active: [active], dropped: [labelsOfRecord({ x: 'y' })], droppedCount: 3 },
  { pool: 'k', config: job('job_name: k'), active: [never], dropped: [], droppedCount: 0 },
];

const routes = targetRoutes({ tenant: 't', targets: () => pools }, { prefixes: ['/prom', '/prometheus'], hostname: 'host' });

async function ask(path: string, tenant = 't'): Promise<unknown> {
  const [name = '', query = ''] = path.split('?');
  const route = routes.find((each) => each.path === `/prometheus/api/v1/${name}`) ?? assert.fail(`no route ${name}`);
  const request: Request = {
    id: '1',
    method: 'GET',
    path: route.path,
    params: {},
    query: new URLSearchParams(query),
    tenants: [tenant],
    contentType: { type: '', params: {} },
    accept: '',
    headers: {},
    body: new Uint8Array(),
    signal: new AbortController().signal,
  };
  const { body } = await route.handle(request);
  assert.ok(typeof body === 'string');
  const answer: unknown = JSON.parse(body);
  assert.ok(typeof answer === 'object' && answer !== null && 'data' in answer && 'status' in answer && answer.status === 'success');
  return answer.data;
}

const printed = {
  discoveredLabels: { __address__: '127.0.0.1:9' },
  labels: { instance: '127.0.0.1:9', job: 'j' },
  scrapePool: 'j',
  scrapeUrl: 'http://127.0.0.1:9/metrics',
  globalUrl: 'http://host:9/metrics',
  lastError: 'no',
  lastScrape: '1970-01-01T00:00:00.000Z',
  lastScrapeDuration: 0.5,
  health: 'down',
  scrapeInterval: '1m30s',
  scrapeTimeout: '10s',
};
const dropped = { discoveredLabels: { x: 'y' }, scrapePool: 'j' };
const unscraped = {
  ...printed,
  scrapePool: 'k',
  lastError: '',
  lastScrape: '0001-01-01T00:00:00Z',
  lastScrapeDuration: 0,
  health: 'unknown',
};

test('targets by state and pool', async () => {
  assert.deepEqual(await ask('targets'), {
    activeTargets: [printed, unscraped],
    droppedTargets: [dropped],
    droppedTargetCounts: { j: 3, k: 0 },
  });
  assert.deepEqual(await ask('targets?state=active&scrapePool=j'), {
    activeTargets: [printed],
    droppedTargets: [],
    droppedTargetCounts: {},
  });
  assert.deepEqual(await ask('targets?state=dropped'), {
    activeTargets: [],
    droppedTargets: [dropped],
    droppedTargetCounts: { j: 3, k: 0 },
  });
  assert.deepEqual(await ask('scrape_pools'), { scrapePools: ['j', 'k'] });
});

test('another tenant sees none of it', async () => {
  assert.deepEqual(await ask('targets', 'other'), { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} });
  assert.deepEqual(await ask('scrape_pools', 'other'), { scrapePools: [] });
});

test('metadata by target and metric', async () => {
  const target = { instance: '127.0.0.1:9', job: 'j' };
  // The limit is one of targets: what the last of them says is not cut.
  assert.deepEqual(await ask('targets/metadata?match_target={job="j"}&limit=1'), [
    { target, metric: 'a', type: 'counter', help: 'A.', unit: '' },
    { target, metric: 'b', type: 'gauge', help: 'B.', unit: 'seconds' },
  ]);
  assert.deepEqual(await ask('targets/metadata?metric=b'), [{ target, type: 'gauge', help: 'B.', unit: 'seconds' }]);
  await refused('targets/metadata?metric=c', 'not_found', /specified metadata not found/);
  await refused('targets/metadata?limit=0', 'not_found', /specified metadata not found/);
  await refused('targets/metadata?limit=x', 'bad_data', /limit must be a number/);
  await refused('targets/metadata?match_target={', 'bad_data', /invalid parameter "match_target"/);
});

async function refused(path: string, code: string, message: RegExp, tenant = 't'): Promise<void> {
  await assert.rejects(
    ask(path, tenant),
    (error) => error instanceof RequestError && error.code === code && message.test(error.message),
    path,
  );
}

test('what each relabelling rule makes of labels', async () => {
  const steps = async (labels: unknown, pool = 'j'): Promise<unknown> =>
    ask(`targets/relabel_steps?scrapePool=${pool}&labels=${encodeURIComponent(JSON.stringify(labels))}`);
  const rules = [
    { source_labels: ['__address__'], separator: ';', regex: '(.+):.*', target_label: 'host', replacement: '$1', action: 'replace' },
    { source_labels: ['host'], separator: ';', regex: 'lo.*', replacement: '$1', action: 'drop' },
    { separator: ';', regex: '(.*)', target_label: 'zone', replacement: 'a', action: 'replace' },
  ];
  const kept = { __address__: 'node:1', host: 'node' };
  assert.deepEqual(await steps({ __address__: 'node:1', empty: '' }), {
    steps: [
      { rule: rules[0], output: kept, keep: true },
      { rule: rules[1], output: kept, keep: true },
      { rule: rules[2], output: { ...kept, zone: 'a' }, keep: true },
    ],
  });
  assert.deepEqual(await steps({ __address__: 'local:1' }), {
    steps: [
      { rule: rules[0], output: { __address__: 'local:1', host: 'local' }, keep: true },
      { rule: rules[1], output: {}, keep: false },
      { rule: rules[2], output: {}, keep: false },
    ],
  });
  assert.deepEqual(await steps(null, 'k'), { steps: [] });
  await refused('targets/relabel_steps', 'bad_data', /no scrapePool parameter provided/);
  await refused('targets/relabel_steps?scrapePool=j', 'bad_data', /no labels parameter provided/);
  await refused('targets/relabel_steps?scrapePool=j&labels={', 'bad_data', /error parsing labels: /);
  await refused('targets/relabel_steps?scrapePool=j&labels=[]', 'bad_data', /error parsing labels: /);
  await refused('targets/relabel_steps?scrapePool=j&labels={"a":1}', 'bad_data', /the value of "a" is not a string/);
  await refused('targets/relabel_steps?scrapePool=x&labels={}', 'bad_data', /scrape pool "x" not found/);
  await refused('targets/relabel_steps?scrapePool=j&labels={}', 'bad_data', /scrape pool "j" not found/, 'other');
});

test('the configuration of a pool', async () => {
  const answer = await ask('scrape_pools/config?scrapePool=k');
  assert.deepEqual(answer, { yaml: scrapeConfigYaml(job('job_name: k')) });
  await refused('scrape_pools/config', 'bad_data', /no scrapePool parameter provided/);
  await refused('scrape_pools/config?scrapePool=x', 'bad_data', /scrape pool "x" not found/);
  await refused('scrape_pools/config?scrapePool=k', 'bad_data', /scrape pool "k" not found/, 'other');
});
