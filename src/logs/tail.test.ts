// Live tails through a real server and real WebSocket clients; lines come from the test instead of the store.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket as WsClient } from 'ws';
import { silentLog } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { labelsOfRecord, NO_LABELS, type Labels } from '../query/labels.ts';
import { startTestServer } from '../server/test-server.ts';
import type { LineBlock } from './line-block.ts';
import type { ResultEntry } from './query-result.ts';
import { tailRoutes, type TailOptions } from './tail.ts';

const NOW_MS = 1_700_000_000_000;

interface Given {
  readonly labels: Labels;
  readonly ts: bigint;
  readonly line: string;
  readonly metadata?: Labels;
}

function block(given: readonly Given[]): LineBlock {
  const texts = given.map(({ line }) => Buffer.from(line));
  let at = 0;
  const starts = texts.map((text) => (at += text.length) - text.length);
  return {
    rows: given.length,
    streams: { labels: (number) => given[number]?.labels ?? NO_LABELS },
    stream: Uint32Array.from(given, (_, row) => row),
    ts: BigInt64Array.from(given, ({ ts }) => ts),
    lines: {
      bytes: Buffer.concat(texts),
      starts: Uint32Array.from(starts),
      ends: Uint32Array.from(starts, (start, row) => start + (texts[row]?.length ?? 0)),
    },
    metadata: given.some(({ metadata }) => metadata !== undefined) ? given.map(({ metadata }) => metadata ?? NO_LABELS) : undefined,
  };
}

/** The past that a query finds, or how it fails. */
type Past = () => Promise<readonly ResultEntry[]> | readonly ResultEntry[];

async function start(past: Past = () => [], limits: Partial<TailLimitValues> = {}) {
  const listeners = new Map<string, Set<(block: LineBlock) => void>>();
  const metrics = new SelfMetrics();
  const asked: unknown[] = [];
  const options: TailOptions = {
    clock: { now: () => NOW_MS },
    limitsOf: () => ({ query: { lengthMax: 1000 }, logs: { entriesMax: 5000, tailsMax: 1000, ...limits } }),
    follow(tenant, listener) {
      const all = listeners.get(tenant) ?? new Set();
      listeners.set(tenant, all.add(listener));
      return { [Symbol.dispose]: () => all.delete(listener) };
    },
    enter: () => Promise.resolve(() => undefined),
    contexts: { read: () => Promise.reject(new Error('not replaced')), lookUp: () => assert.fail() },
    runQuery: () => Promise.reject(new Error('not replaced')),
    metrics,
    log: silentLog,
  };
  // The past comes from the test: a context is never looked into.
  Object.assign(options.contexts, { read: () => Promise.resolve({}) });
  Object.assign(options, {
    runQuery: async (_context: unknown, _expr: unknown, query: unknown) => {
      asked.push(query);
      return { value: { kind: 'streams', entries: await past() }, costs: {}, warnings: [] };
    },
  });
  const served = await startTestServer({ socketRoutes: tailRoutes(options) });
  const push = (given: readonly Given[], tenant = 'anonymous'): void =>
    listeners.get(tenant)?.forEach((listener) => listener(block(given)));
  return { ...served, push, asked, metrics, listeners, url: `ws://127.0.0.1:${served.port}` };
}

type TailLimitValues = TailOptions['limitsOf'] extends (tenant: string) => infer L ? (L extends { logs: infer V } ? V : never) : never;

function tail(
  url: string,
  query: string,
  more: { readonly path?: string; readonly headers?: Record<string, string>; readonly params?: string } = {},
) {
  const client = new WsClient(`${url}${more.path ?? '/loki/api/v1/tail'}?query=${encodeURIComponent(query)}${more.params ?? ''}`, {
    headers: more.headers ?? {},
  });
  const messages: unknown[] = [];
  client.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
  const until = async (count: number): Promise<readonly unknown[]> => {
    while (messages.length < count)
      await Promise.race([once(client, 'message'), once(client, 'close').then(([, why]) => assert.fail(`closed: ${why}`))]);
    return messages;
  };
  return { client, messages, until, opened: once(client, 'open') };
}

interface Told {
  readonly streams: readonly { readonly stream: object; readonly values: readonly (readonly [string, string])[] }[];
  readonly dropped_entries?: readonly { readonly labels: object; readonly timestamp: string }[];
  readonly dropped_count?: number;
}

/** What the messages of a tail say, however many there are: its lines with their streams, and what it lost. */
function told(messages: readonly unknown[]) {
  const all = messages.map((message): Told => JSON.parse(JSON.stringify(message)));
  return {
    lines: all.flatMap(({ streams }) => streams.flatMap(({ stream, values }) => values.map((value) => ({ stream, value })))),
    dropped: all.flatMap((message) => message.dropped_entries ?? []),
    lost: all.reduce((sum, message) => sum + (message.dropped_count ?? 0), 0),
  };
}

/** Waits for what a server does by itself after its client has acted. */
async function comes(happened: () => boolean): Promise<void> {
  while (!happened()) await sleep(5);
}

const APP = labelsOfRecord({ app: 'a' });
const OTHER = labelsOfRecord({ app: 'b' });

function entry(ts: bigint, line: string, labels = APP): ResultEntry {
  return { tsNs: ts, line, labels, categories: { stream: labels, structuredMetadata: NO_LABELS, parsed: NO_LABELS } };
}

test('the past comes first, then what is committed; what both show is shown once', async () => {
  const waiting = Promise.withResolvers<readonly ResultEntry[]>();
  await using served = await start(() => waiting.promise);
  const one = tail(served.url, '{app="a"} |= "x"', { params: '&limit=2&start=1600000000' });
  await one.opened;
  served.push([
    { labels: APP, ts: 3n, line: 'x both' },
    { labels: APP, ts: 4n, line: 'x meanwhile' },
    { labels: OTHER, ts: 4n, line: 'x other' },
    { labels: APP, ts: 4n, line: 'filtered' },
  ]);
  await sleep(80); // So the batch waits for the past; were it slower, the same would be shown.
  waiting.resolve([entry(3n, 'x both'), entry(2n, 'x old')]);
  await one.until(2);
  served.push([
    { labels: APP, ts: 2n, line: 'x old' },
    { labels: APP, ts: 9n, line: 'x live' },
    { labels: APP, ts: 8n, line: 'x earlier' },
  ]);
  const stream = { app: 'a' };
  assert.deepEqual(await one.until(3), [
    {
      streams: [
        {
          stream,
          values: [
            ['2', 'x old'],
            ['3', 'x both'],
          ],
        },
      ],
    },
    { streams: [{ stream, values: [['4', 'x meanwhile']] }] },
    {
      streams: [
        {
          stream,
          values: [
            ['8', 'x earlier'],
            ['9', 'x live'],
          ],
        },
      ],
    },
  ]);
  const [query] = served.asked;
  assert.ok(typeof query === 'object' && query !== null && 'limit' in query && 'startNs' in query);
  assert.deepEqual([query.limit, query.startNs], [2, 1_600_000_000_000_000_000n]);
  one.client.terminate();
});

test('stages run, labels of all kinds are shown as the query interface shows them', async () => {
  await using served = await start();
  const query = '{app="a"} | logfmt | line_format "{{.n}}"';
  const plain = tail(served.url, query);
  const categorized = tail(served.url, query, { headers: { 'x-loki-response-encoding-flags': 'categorize-labels' } });
  const legacy = tail(served.url, query, { path: '/api/prom/tail' });
  await Promise.all([plain.opened, categorized.opened, legacy.opened]);
  served.push([{ labels: APP, ts: 1_700_000_000_123_456_789n, line: 'n=7', metadata: labelsOfRecord({ level: 'info' }) }]);
  const [a, b, c] = await Promise.all([plain.until(1), categorized.until(1), legacy.until(1)]);
  const ts = '1700000000123456789';
  assert.deepEqual(a, [{ streams: [{ stream: { app: 'a', level: 'info', n: '7' }, values: [[ts, '7']] }] }]);
  assert.deepEqual(b, [
    {
      streams: [{ stream: { app: 'a' }, values: [[ts, '7', { structuredMetadata: { level: 'info' }, parsed: { n: '7' } }]] }],
      encodingFlags: ['categorize-labels'],
    },
  ]);
  assert.deepEqual(c, [
    { streams: [{ labels: '{app="a", level="info", n="7"}', entries: [{ ts: '2023-11-14T22:13:20.123456789Z', line: '7' }] }] },
  ]);
  for (const { client } of [plain, categorized, legacy]) client.terminate();
});

test('several tenants are told apart', async () => {
  await using served = await start();
  const both = tail(served.url, '{app="a", __tenant_id__=~"one|two"}', { headers: { 'x-scope-orgid': 'one|two' } });
  await both.opened;
  served.push([{ labels: APP, ts: 1n, line: 'first' }], 'one');
  served.push([{ labels: APP, ts: 2n, line: 'second' }], 'two');
  served.push([{ labels: APP, ts: 2n, line: 'no' }], 'three');
  await comes(() => told(both.messages).lines.length >= 2);
  assert.deepEqual(told(both.messages).lines, [
    { stream: { __tenant_id__: 'one', app: 'a' }, value: ['1', 'first'] },
    { stream: { __tenant_id__: 'two', app: 'a' }, value: ['2', 'second'] },
  ]);
  both.client.terminate();
});

test('the same query of a tenant is one group, and nobody follows when it ends', async () => {
  await using served = await start();
  const tails = Array.from({ length: 50 }, () => tail(served.url, '{app="a"}'));
  await Promise.all(tails.map(({ opened }) => opened));
  assert.equal(served.listeners.get('anonymous')?.size, 1);
  served.push([{ labels: APP, ts: 1n, line: 'all' }]);
  await Promise.all(tails.map(({ until }) => until(1)));
  assert.match(served.metrics.render('text'), /sightline_log_tails 50/);
  for (const { client } of tails) client.close();
  await comes(() => served.listeners.get('anonymous')?.size === 0);
  assert.match(served.metrics.render('text'), /sightline_log_tails 0/);
});

test('a client that does not read loses lines and is told which', async () => {
  await using served = await start();
  const [slow, quick] = [tail(served.url, '{app="a"}'), tail(served.url, '{app="a"}')];
  await Promise.all([slow.opened, quick.opened]);
  slow.client.pause();
  const line = 'x'.repeat(1_500_000);
  let pushed = 0;
  while (!/dropped_lines_total [1-9]/.test(served.metrics.render('text'))) {
    served.push([{ labels: APP, ts: BigInt(pushed), line }]);
    await quick.until(++pushed);
  }
  slow.client.resume();
  await comes(() => told(slow.messages).lost > 0);
  const [first] = told(slow.messages).dropped;
  assert.deepEqual(first?.labels, { app: 'a' });
  assert.match(first?.timestamp ?? '', /^\d+$/);
  assert.equal(told(slow.messages).lines.length + told(slow.messages).lost, pushed);
  assert.equal(told(quick.messages).lost, 0);
  for (const { client } of [slow, quick]) client.terminate();
});

test('lines beyond what a group may hold are dropped and counted', async () => {
  await using served = await start();
  const one = tail(served.url, '{app="a"}');
  await one.opened;
  const line = 'x'.repeat(100_000);
  served.push(Array.from({ length: 300 }, (_, n) => ({ labels: APP, ts: BigInt(n), line })));
  // All lines are offered at once, however long that takes: the last of a slow machine belong to a second message.
  await comes(() => told(one.messages).lines.length + told(one.messages).lost >= 300);
  const { lines, lost } = told(one.messages);
  assert.ok(lost > 200 && lines.length > 0 && lost + lines.length === 300, `${lost} lost, ${lines.length} shown`);
  for (const message of one.messages) assert.ok(told([message]).dropped.length <= 100);
  one.client.terminate();
});

test('lines are held back as long as the client asks, and come in order of time', async () => {
  await using served = await start();
  const one = tail(served.url, '{app="a"}', { params: '&delay_for=1' });
  await one.opened;
  const pushedMs = performance.now();
  served.push([
    { labels: APP, ts: 2n, line: 'second' },
    { labels: APP, ts: 1n, line: 'first' },
  ]);
  const values = [
    ['1', 'first'],
    ['2', 'second'],
  ];
  assert.deepEqual(await one.until(1), [{ streams: [{ stream: { app: 'a' }, values }] }]);
  // At the least, so a slow machine passes too; a millisecond is what timers are off by.
  assert.ok(performance.now() - pushedMs >= 999);
  one.client.terminate();
});

test('what is no tail is refused before the upgrade', async () => {
  await using served = await start(() => [], { tailsMax: 1 });
  const refused = async (query: string, params: string): Promise<string> => {
    const { client } = tail(served.url, query, { params });
    const [, response] = await once(client, 'unexpected-response');
    let body = '';
    for await (const piece of response) body += piece;
    return `${response.statusCode} ${body}`;
  };
  assert.match(await refused('rate({app="a"}[1m])', ''), /^400 only log selector/); // a metric query
  assert.match(await refused('{app="a"', ''), /^400 parse error/);
  assert.match(await refused('{app="a"}', '&delay_for=6'), /^400 delay_for can't be greater than 5/);
  assert.match(await refused('{app="a"}', '&delay_for=-1'), /^400 delay_for/);
  assert.match(await refused('{app="a"}', '&limit=0'), /^400 limit/);
  assert.match(await refused('{app="a"}', '&limit=9999'), /^400 max entries/);
  assert.match(await refused(`{app="${'a'.repeat(2000)}"}`, ''), /^400 .*lengthMax/);
  const one = tail(served.url, '{app="a"}');
  await one.opened;
  assert.match(await refused('{app="a"}', ''), /^429 .*tailsMax/);
  one.client.terminate();
});

test('a past that cannot be read ends the tail with its reason', async () => {
  await using served = await start(() => Promise.reject(new RequestError('timeout', 'the query took too long')));
  const one = tail(served.url, '{app="a"}');
  const [code, reason] = await once(one.client, 'close');
  assert.deepEqual([code, String(reason)], [1011, 'the query took too long']);
});
