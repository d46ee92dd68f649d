// The routes about targets: their shapes, filters and errors, over targets given as data.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { labelsOfRecord } from '../../query/labels.ts';
import type { Request } from '../../server/route.ts';
import type { ActiveTarget, PoolTargets } from './scrape-manager.ts';
import { targetRoutes } from './targets-api.ts';

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
const pools: readonly PoolTargets[] = [
  { pool: 'j', active: [active], dropped: [labelsOfRecord({ x: 'y' })], droppedCount: 3 },
  { pool: 'k', active: [never], dropped: [], droppedCount: 0 },
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
    signal: AbortSignal.timeout(1000),
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
  assert.deepEqual(await ask('targets/metadata?match_target={job="j"}&limit=1'), [
    { target, metric: 'a', type: 'counter', help: 'A.', unit: '' },
  ]);
  assert.deepEqual(await ask('targets/metadata?metric=b'), [{ target, type: 'gauge', help: 'B.', unit: 'seconds' }]);
  const refused = async (query: string, code: string): Promise<void> =>
    assert.rejects(ask(`targets/metadata?${query}`), (error) => error instanceof RequestError && error.code === code);
  await refused('metric=c', 'not_found');
  await refused('limit=x', 'bad_data');
  await refused('match_target={', 'bad_data');
});
