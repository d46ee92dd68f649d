// The push roads through their routes: pages, line protocol and pushed groups, against a write that gathers in memory.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { printLabels } from '../../query/labels.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import type { BeginWrite, Refusal } from '../write.ts';
import { importPrometheusRoutes } from './import-prometheus.ts';
import { influxRoutes } from './influx-write.ts';
import { openPushgateway } from './pushgateway.ts';

const now = { now: () => 1_000_000 };

/** A store that keeps one line per stored item. Series named `full` are over a limit. */
function memory(): { readonly lines: string[]; readonly begin: BeginWrite } {
  const lines: string[] = [];
  const begin: BeginWrite = (tenant) => {
    const pending: string[] = [];
    const refusals: Refusal[] = [];
    const add = (line: string): void => {
      if (line.startsWith('full')) refusals.push({ reason: 'active_series', message: 'no room', count: 1 });
      else pending.push(tenant === '' ? line : `${tenant}: ${line}`);
    };
    return {
      sample: (labels, ts, value) => add(`${printLabels(labels)} ${value} @${ts}`),
      stale: (labels, ts) => add(`${printLabels(labels)} stale @${ts}`),
      histogram: (labels, ts, histogram) => add(`${printLabels(labels)} histogram ${histogram.count} @${ts}`),
      exemplar: () => undefined,
      metadata: () => undefined,
      refuse: (reason, message) => refusals.push({ reason, message, count: 1 }),
      async commit() {
        lines.push(...pending);
        return { samples: pending.length, histograms: 0, exemplars: 0, metadata: 0, refusals };
      },
    };
  };
  return { lines, begin };
}

async function call(routes: readonly Route[], method: string, url: string, body = ''): Promise<Reply> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  for (const route of routes) {
    const params = route.method === method ? match(route.path, pathname) : undefined;
    if (params === undefined) continue;
    try {
      return await route.handle({ ...request, method: route.method, path: pathname, params, query: searchParams, body: Buffer.from(body) });
    } catch (error) {
      if (error instanceof RequestError) return route.error(error);
      throw error;
    }
  }
  return { status: 404 };
}

const request: Request = {
  id: '1',
  method: 'POST',
  path: '',
  params: {},
  query: new URLSearchParams(),
  tenants: [''],
  contentType: { type: '', params: {} },
  accept: '',
  headers: {},
  body: new Uint8Array(),
  signal: new AbortController().signal,
};

function bodyText({ body }: Reply): string {
  assert.equal(typeof body, 'string');
  return typeof body === 'string' ? body : '';
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  const parts = path.split('/');
  for (const [i, part] of pattern.split('/').entries()) {
    if (part.startsWith('*')) {
      params[part.slice(1)] = parts.slice(i).map(decodeURIComponent).join('/');
      return parts.length > i ? params : undefined;
    }
    if (part.startsWith(':') && parts[i] !== undefined) params[part.slice(1)] = decodeURIComponent(parts[i]);
    else if (part !== parts[i]) return undefined;
  }
  return pattern.split('/').length === parts.length ? params : undefined;
}

test('import of pages', async () => {
  const { lines, begin } = memory();
  const routes = importPrometheusRoutes({ begin, now });
  const path = '/api/v1/import/prometheus';
  assert.equal((await call(routes, 'POST', path, 'a 1\nb{c="d"} 2 7\n')).status, 204);
  assert.equal((await call(routes, 'PUT', `/prometheus${path}?timestamp=5&extra_label=c=e&extra_label=f=g`, 'a{c="d"} 1\n')).status, 204);
  assert.deepEqual(lines.splice(0), ['a 1 @1000000', 'b{c="d"} 2 @7', 'a{c="e", f="g"} 1 @5']);
  const malformed = await call(routes, 'POST', path, 'a 1\nb\n');
  assert.equal(malformed.status, 400);
  assert.match(bodyText(malformed), /line 2/);
  assert.deepEqual(lines, []);
  const refused = await call(routes, 'POST', path, 'a 1\nfull 1\n');
  assert.equal(refused.status, 400);
  assert.match(bodyText(refused), /1 of the request's items were refused.*active_series/);
  assert.deepEqual(lines.splice(0), ['a 1 @1000000']);
  for (const query of ['timestamp=x', 'extra_label=x']) assert.equal((await call(routes, 'POST', `${path}?${query}`, 'a 1\n')).status, 400);
});

test('line protocol', async () => {
  const cases: readonly (readonly [string, string[]])[] = [
    [
      'cpu,host=a,az=1 idle=0.5,busy=3i 1700000000123456789',
      ['cpu_idle{az="1", host="a"} 0.5 @1700000000123', 'cpu_busy{az="1", host="a"} 3 @1700000000123'],
    ],
    ['m value=1', ['m_value 1 @1000000']],
    ['m a=t,b=false,c=7u,d=-1.5e3 -1000000', ['m_a 1 @-1', 'm_b 0 @-1', 'm_c 7 @-1', 'm_d -1500 @-1']],
    ['m s="text, with = and \\" quote",n=1 0', ['m_n 1 @0']],
    ['m s="two\nlines",n=1 0\nn v=2 0', ['m_n 1 @0', 'n_v 2 @0']],
    ['my\\ m,t\\,a\\=g=v\\ 1 f\\ g=1 0', ['my_m_f_g{t_a_g="v 1"} 1 @0']],
    ['# comment\n\r\n\nm v=1 0\r\n', ['m_v 1 @0']],
    ['1m,2t=x v=1 0', ['_1m_v{_2t="x"} 1 @0']],
    ['m,Zone=x v=1 0', ['m_v{Zone="x"} 1 @0']], // a tag that sorts before the name
  ];
  for (const [body, expected] of cases) {
    const { lines, begin } = memory();
    const reply = await call(influxRoutes({ begin, now }), 'POST', '/write', body);
    assert.deepEqual([reply.status, lines], [204, expected], body);
  }
});

test('line protocol: precision, database, partial writes', async () => {
  const { lines, begin } = memory();
  const routes = influxRoutes({ begin, now });
  for (const [precision, ts] of [
    ['n', 1],
    ['us', 1_000],
    ['ms', 1_000_000],
    ['s', 1_000_000_000],
    ['m', 60_000_000_000],
    ['h', 3_600_000_000_000],
  ] as const) {
    assert.equal((await call(routes, 'POST', `/influx/api/v2/write?precision=${precision}`, 'm v=1 1000000')).status, 204);
    assert.deepEqual(lines.splice(0), [`m_v 1 @${ts}`]);
  }
  await call(routes, 'POST', '/write?db=d', 'm v=1\nm,db=own v=1');
  assert.deepEqual(lines.splice(0), ['m_v{db="d"} 1 @1000000', 'm_v{db="own"} 1 @1000000']);
  const strings = await call(routes, 'POST', '/write', 'm v=1,s="x"');
  assert.equal(strings.headers?.['x-dropped-string-fields'], '1');
  lines.length = 0;
  const partial = await call(routes, 'POST', '/write', 'm v=1\nbad\nm v=x\nm v=1 12z\nm,t v=1\nm v="open\nfull v=1\nm w=2');
  assert.equal(partial.status, 400);
  assert.deepEqual(lines.splice(0), ['m_v 1 @1000000', 'm_w 2 @1000000']);
  const { error, code } = JSON.parse(bodyText(partial)) as { error: string; code: string };
  assert.equal(code, 'invalid');
  for (const reason of ['missing fields', 'invalid number', 'bad timestamp', 'missing tag value', 'unbalanced quotes', 'active_series'])
    assert.ok(error.includes(reason), reason);
  assert.equal((await call(routes, 'POST', '/write?precision=y', 'm v=1')).status, 400);
  assert.equal((await call(routes, 'GET', '/ping')).status, 204);
  assert.equal((await call(routes, 'POST', '/query?q=CREATE+DATABASE+x')).status, 200);
  assert.equal((await call(routes, 'POST', '/query?q=DROP+DATABASE+x')).status, 400);
});

test('pushed groups', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'push-'));
  const { lines, begin } = memory();
  const options = {
    begin,
    now,
    dir,
    intervalMs: 3_600_000,
    groupsMax: 2,
    seriesMax: 5,
    onError: (error: unknown) => assert.fail(String(error)),
  };
  try {
    {
      await using gateway = await openPushgateway(options);
      const routes = gateway.routes();
      const stored = (): string[] => lines.splice(0).filter((line) => !line.startsWith('push_'));
      assert.equal((await call(routes, 'PUT', '/metrics/job/j/instance/i', '# TYPE a counter\na 1\nb{job="x"} 2\n')).status, 200);
      assert.ok(lines.includes('push_time_seconds{instance="i", job="j"} 1000 @1000000'));
      assert.deepEqual(stored(), ['a{instance="i", job="j"} 1 @1000000', 'b{instance="i", job="j"} 2 @1000000']);
      await call(routes, 'POST', '/metrics/job/j/instance/i', 'b 3\n'); // only metrics of the same name
      assert.deepEqual(stored(), ['a{instance="i", job="j"} 1 @1000000', 'b{instance="i", job="j"} 3 @1000000']);
      await call(routes, 'PUT', '/metrics/job/j/instance/i', 'b 4\n'); // all of the group
      assert.deepEqual(stored(), ['b{instance="i", job="j"} 4 @1000000', 'a{instance="i", job="j"} stale @1000000']);
      await call(routes, 'PUT', '/metrics/job@base64/ai9q/path@base64/L3Zhcg/none@base64/=', 'c NaN\n');
      assert.deepEqual(stored(), ['c{job="j/j", path="/var"} NaN @1000000']);
      for (const [path, body, message] of [
        ['/metrics/job/j/instance', 'a 1\n', /odd number/],
        ['/metrics/job/j/__x/y', 'a 1\n', /improper label name/],
        ['/metrics/job@base64/*', 'a 1\n', /invalid base64/],
        ['/metrics/job/j/instance/i', 'a 1 5\n', /must not have timestamps/],
        ['/metrics/job/j/instance/i', 'a 1\na 2\n', /pushed twice/],
        ['/metrics/job/j/instance/i', 'a\n', /expected value/],
        ['/metrics/job/j/instance/i', 'a 1\nb 1\nc 1\nd 1\ne 1\n', /pushgateway.seriesMax/],
        ['/metrics/job/third', 'a 1\n', /pushgateway.groupsMax/],
      ] as const) {
        const reply = await call(routes, 'PUT', path, body);
        assert.match(bodyText(reply), message);
      }
      assert.deepEqual(stored(), []);
    }
    {
      await using gateway = await openPushgateway(options); // as after a restart
      await gateway.repeat();
      assert.deepEqual(lines.splice(0).toSorted(), [
        'b{instance="i", job="j"} 4 @1000000',
        'c{job="j/j", path="/var"} NaN @1000000',
        'push_failure_time_seconds{instance="i", job="j"} 1000 @1000000',
        'push_failure_time_seconds{job="j/j", path="/var"} 0 @1000000',
        'push_time_seconds{instance="i", job="j"} 1000 @1000000',
        'push_time_seconds{job="j/j", path="/var"} 1000 @1000000',
      ]);
      assert.equal((await call(gateway.routes(), 'DELETE', '/metrics/job/j/instance/i')).status, 202);
      assert.equal(lines.splice(0).filter((line) => line.includes('stale')).length, 3);
      assert.equal((await call(gateway.routes(), 'DELETE', '/metrics/job/j/instance/i')).status, 202);
      assert.deepEqual(lines, []);
      assert.equal((await readdir(dir)).length, 1);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});
