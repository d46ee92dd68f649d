// Links against the real program: a trace and lines that name it are sent, and each link of `/api/links` is followed over the API of its language; then in a
// browser, from a line and from a diamond on a chart.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { openBrowser, openPage, whyNoPages } from './harness/browser.ts';
import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';

const SETTINGS = ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'];
const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const [CALL, SERVED] = ['00f067aa0ba902b7', '00f067aa0ba902b8'] as const;
/** A name that would end a string in each of the languages. */
const CART = 'ca"r`t';
const NOW_MS = Date.now();

const linkSchema = z.object({
  to: z.string(),
  title: z.string(),
  url: z.string(),
  query: z.object({ language: z.enum(['promql', 'logql', 'traceql']), text: z.string() }).optional(),
});
type ReadLink = z.infer<typeof linkSchema>;

const attribute = (key: string, stringValue: string): unknown => ({ key, value: { stringValue } });
const resource = (service: string): unknown => ({
  attributes: [attribute('service.name', service), attribute('k8s.pod.name', `${service}-1`), attribute('host.name', 'h.1')],
});
const ns = (ms: number): string => `${ms}000000`;

async function post(program: Program, path: string, body: unknown): Promise<void> {
  const response = await fetch(program.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
}

async function get(program: Program, path: string): Promise<unknown> {
  const response = await fetch(program.url + path);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response.json();
}

/** `shop` calls `ca"r`t`, which fails and writes about it: a line with the id beside it, one with the id in it, and one about something else. */
async function send(program: Program): Promise<void> {
  const span = { traceId: ID, startTimeUnixNano: ns(NOW_MS - 1000), endTimeUnixNano: ns(NOW_MS - 900), status: { code: 2 } };
  await post(program, '/v1/traces', {
    resourceSpans: [
      { resource: resource('shop'), scopeSpans: [{ spans: [{ ...span, spanId: CALL, name: 'call', kind: 3 }] }] },
      { resource: resource(CART), scopeSpans: [{ spans: [{ ...span, spanId: SERVED, parentSpanId: CALL, name: 'GET /cart', kind: 2 }] }] },
    ],
  });
  const line = (text: string, ids: object): unknown => ({ timeUnixNano: ns(NOW_MS - 950), body: { stringValue: text }, ...ids });
  const lines = [
    line('it is empty', { traceId: ID, spanId: SERVED }),
    line(`it is ${ID} again`, {}),
    line('all is well', { traceId: 'f'.repeat(32) }),
  ];
  await post(program, '/otlp/v1/logs', { resourceLogs: [{ resource: resource(CART), scopeLogs: [{ logRecords: lines }] }] });
}

async function linksOf(program: Program, parameters: Readonly<Record<string, string>>): Promise<readonly ReadLink[]> {
  const times = { start: String((NOW_MS - 1000) / 1000), end: String((NOW_MS - 900) / 1000) };
  const answer = await get(program, `/api/links?${new URLSearchParams({ ...parameters, ...times }).toString()}`);
  return z.object({ links: z.array(linkSchema) }).parse(answer).links;
}

const logsSchema = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.array(z.string())) })) }) });
const metricsSchema = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }) });
const tracesSchema = z.object({ traces: z.array(z.object({ traceID: z.string() })) });

/** What a link gives, sorted: texts of lines, ids of traces, or the kind of numbers that series have. */
async function follow(program: Program, { url, query }: ReadLink): Promise<readonly string[]> {
  const { pathname, searchParams } = new URL(url, program.url);
  const [fromMs, toMs] = [Number(searchParams.get('from')), Number(searchParams.get('to'))];
  const ask = (path: string, name: string, of: (ms: number) => string, more = {}): Promise<unknown> =>
    get(program, `${path}?${new URLSearchParams({ [name]: query?.text ?? '', start: of(fromMs), end: of(toMs), ...more }).toString()}`);
  switch (query?.language) {
    case undefined:
      return [pathname];
    case 'logql': {
      const { data } = logsSchema.parse(await ask('/loki/api/v1/query_range', 'query', ns));
      return data.result.flatMap(({ values }) => values.map(([, line = '']) => line)).sort();
    }
    case 'traceql': {
      const seconds = (ms: number): string => String(Math.ceil(ms / 1000));
      return tracesSchema.parse(await ask('/api/search', 'q', seconds)).traces.map(({ traceID }) => traceID);
    }
    case 'promql': {
      const { data } = metricsSchema.parse(await ask('/prom/api/v1/query_range', 'query', (ms) => String(ms / 1000), { step: '1' }));
      return data.result.map(({ values }) => (values.some(([, value]) => Number(value) > 0) ? 'above zero' : 'zero'));
    }
  }
}

/** From a line to its trace and to the metrics of its service; from there, by a diamond, to the trace again. */
async function followPages(program: Program): Promise<void> {
  const browser = await openBrowser();
  try {
    const [, logs] = await linksOf(program, { traceId: ID });
    const { page, complaints } = await openPage(browser, `${program.url}${logs?.url}`, { width: 1280, colorScheme: 'light' });
    await page.getByText('it is empty').first().click();
    const line = page.getByLabel('Line', { exact: true });
    assert.match((await line.getByRole('link', { name: ID }).first().getAttribute('href')) ?? '', new RegExp(`^/ui/traces/${ID}`));
    await line.getByRole('link', { name: `Duration of ${CART}`, exact: true }).click();
    await page.getByRole('button', { name: /exemplar/ }).click();
    assert.equal(await page.getByRole('link', { name: ID }).count(), 1);
    await page.getByRole('button', { name: /^Where to go from/ }).click();
    await page.getByRole('link', { name: `Failed traces of ${CART}`, exact: true }).waitFor();
    await page.locator('[data-mark]').first().click();
    await page.waitForURL(`**/ui/traces/${ID}?**`);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}

const OF_TRACE = [`it is ${ID} again`, 'it is empty'];
const ALL_LINES = ['all is well', ...OF_TRACE];

/** `[what, parameters, what each link gives by its title]` */
const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, readonly string[]>>])[] = [
  ['a trace', { traceId: ID }, { Trace: [`/ui/traces/${ID}`], 'Logs of this trace': OF_TRACE }],
  [
    'a span',
    {
      traceId: ID,
      spanId: SERVED,
      service: CART,
      operation: 'GET /cart',
      spanKind: 'SPAN_KIND_SERVER',
      'attributes.k8s.pod.name': `${CART}-1`,
      'attributes.host.name': 'h.1',
    },
    {
      'Trace at this span': [`/ui/traces/${ID}`],
      [`Logs of this trace in ${CART}`]: OF_TRACE,
      [`Logs of ${CART}`]: ALL_LINES,
      'Rate of GET /cart': ['above zero'],
      'Errors of GET /cart': ['above zero'],
      'Duration of GET /cart': ['above zero'],
      'Traces of GET /cart': [ID],
      'Failed traces of GET /cart': [ID],
      [`Service ${CART}`]: ['/ui/services/ca%22r%60t'],
      [`Logs of pod ${CART}-1`]: ALL_LINES,
      [`CPU of pod ${CART}-1`]: [],
      [`Memory of pod ${CART}-1`]: [],
      'Logs of host h.1': ALL_LINES,
      'CPU of host h.1': [],
      'Free memory of host h.1': [],
    },
  ],
  [
    'an edge',
    { service: 'shop', server: CART },
    {
      [`Traces of shop → ${CART}`]: [ID],
      [`Rate of shop → ${CART}`]: ['above zero'],
      [`Errors of shop → ${CART}`]: ['above zero'],
      [`Duration of shop → ${CART}`]: ['above zero'],
      'Logs of shop': [],
      'Service shop': ['/ui/services/shop'],
      [`Logs of ${CART}`]: ALL_LINES,
      [`Service ${CART}`]: ['/ui/services/ca%22r%60t'],
    },
  ],
];

test('each link gives what it promises', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-links-'));
  let program = await startProgram({ dataDir, set: SETTINGS });
  try {
    await send(program);
    // Metrics from spans are written every 15 s, and at the end.
    await program.stop();
    program = await startProgram({ dataDir, set: SETTINGS });
    for (const [what, parameters, expected] of cases) {
      await t.test(what, async () => {
        const links = await linksOf(program, parameters);
        const given = await Promise.all(links.map(async (link) => [link.title, await follow(program, link)]));
        assert.deepEqual(Object.fromEntries(given), expected);
      });
    }
    await t.test('the pages lead on', { skip: whyNoPages() }, () => followPages(program));
    await t.test('a wrong parameter is named', async () => {
      const response = await fetch(`${program.url}/api/links?traceId=x`);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /^invalid parameter "traceId": /);
    });
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true });
  }
});
