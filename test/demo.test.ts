// The shop of examples/ against the real program: four services with OpenTelemetry's SDK, each over another exporter, and a fault that is found by what they send.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { queryInstant } from './harness/client.ts';
import { freePort, startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';

const SETTINGS = ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'];
const SHOP = fileURLToPath(new URL('../examples/shop/main.ts', import.meta.url));
/** Only ends what hangs: a machine that is busy may take long. */
const AWAITED_MAX_MS = 180_000;
const LOOK_INTERVAL_MS = 100;

/** A line for each span of an order: who does what under whose span. The customer's order goes through all services and both ways of calling. */
const ORDER = [
  'front POST /orders < nothing',
  'front POST < front POST /orders',
  'cart POST /orders < front POST',
  'cart GET < cart POST /orders',
  'catalogue GET /products/{id} < cart GET',
  'catalogue pg.query:SELECT shop < catalogue GET /products/{id}',
  'cart pg.query:INSERT shop < cart POST /orders',
  'cart send orders < cart POST /orders',
  'cart pg.query:INSERT shop < cart send orders',
  'mailer process orders < cart send orders',
  'mailer pg.query:UPDATE shop < mailer process orders',
];

const valueSchema = z.object({ stringValue: z.string().optional() });
const attributesSchema = z.array(z.object({ key: z.string(), value: valueSchema })).default([]);
const spanSchema = z.object({
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  attributes: attributesSchema,
  events: z.array(z.object({ name: z.string(), attributes: attributesSchema })).default([]),
  status: z.object({ code: z.string().optional() }).default({}),
});
const traceSchema = z.object({
  trace: z.object({
    resourceSpans: z.array(
      z.object({ resource: z.object({ attributes: attributesSchema }), scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) }),
    ),
  }),
});
const searchSchema = z.object({ traces: z.array(z.object({ traceID: z.string() })) });
const tagValuesSchema = z.object({ tagValues: z.array(z.object({ value: z.string() })) });
const linesSchema = z.object({
  data: z.object({
    result: z.array(z.object({ stream: z.record(z.string(), z.string()), values: z.array(z.tuple([z.string(), z.string()])) })),
  }),
});

type Span = z.infer<typeof spanSchema> & { readonly service: string };

test('a shop of four services, and its fault', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-'));
  const program = await startProgram({ dataDir, set: SETTINGS });
  const port = await freePort();
  let shop: ChildProcess | undefined;
  try {
    shop = await openShop(program, port);
    await walk(t, { program, shop, port });
  } finally {
    shop?.kill('SIGKILL');
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});

interface Demo {
  readonly program: Program;
  readonly shop: ChildProcess;
  readonly port: number;
}

async function walk(t: TestContext, { program, shop, port }: Demo): Promise<void> {
  await t.test('an order is one trace through all services and the database, over every exporter', () => checkOrder(program));
  await t.test('metrics of the services come too', () => checkMetrics(program));
  await t.test('a fault shows as failed traces, whose exceptions are in their logs', () => checkFault(program, `http://127.0.0.1:${port}`));
  await t.test('it closes when it is asked to', async () => {
    shop.kill('SIGTERM');
    assert.deepEqual(await once(shop, 'exit'), [0, null]);
  });
}

async function openShop({ url }: Program, port: number): Promise<ChildProcess> {
  const shop = spawn(process.execPath, [SHOP, '--sightline', url, '--port', String(port)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaints = '';
  shop.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(0, 5000);
  });
  const ended = once(shop, 'exit').then(() => 'ended');
  const [first] = await Promise.race([once(shop, 'message'), ended]);
  if (first !== 'ready') assert.fail(`the shop did not open\n${complaints}`);
  return shop;
}

async function checkOrder(program: Program): Promise<void> {
  const query = '{ resource.service.name = "front" && name = "POST /orders" } &>> { resource.service.name = "mailer" }';
  const spans = await awaited(async () => {
    for (const id of await search(program, query)) {
      const found = await readTrace(program, id);
      if (found.length >= ORDER.length) return found;
    }
    return undefined;
  });
  const names = new Map(spans.map(({ spanId, service, name }) => [spanId, `${service} ${name}`]));
  const lines = spans.map(({ service, name, parentSpanId }) => `${service} ${name} < ${names.get(parentSpanId) ?? 'nothing'}`);
  assert.deepEqual(lines.sort(), [...ORDER].sort());
  const select = spans.find(({ name }) => name.includes('SELECT'));
  assert.match(textOf(select?.attributes, 'db.query.text'), /^SELECT id, name, price FROM products/);
  const values = tagValuesSchema.parse(await get(program, '/api/v2/search/tag/resource.service.name/values', {}));
  assert.deepEqual(values.tagValues.map(({ value }) => value).sort(), ['cart', 'catalogue', 'front', 'mailer']);
}

async function checkMetrics(program: Program): Promise<void> {
  const query = 'sum by (product) (shop_revenue_total) or sum by (job) (http_server_request_duration_seconds_count)';
  const series = await awaited(async () => {
    const found = await queryInstant(program, query);
    const jobs = new Set(found.map(({ metric }) => metric['job']));
    return ['shop/front', 'shop/cart', 'shop/catalogue'].every((job) => jobs.has(job)) ? found : undefined;
  });
  assert.ok(series.some(({ metric }) => metric['product'] !== undefined));
}

async function checkFault(program: Program, shop: string): Promise<void> {
  const before = await search(program, '{ status = error }');
  assert.deepEqual(before, [], 'failed traces before the fault');
  await switchFault(shop, true);
  const query =
    '{ resource.service.name = "front" && status = error } >> { resource.service.name = "catalogue" && name =~ "pg.query.*" && status = error }';
  const id = await awaited(async () => (await search(program, query))[0]);
  // A service sends the spans of a request in one batch or in two.
  const failed = await awaited(async () =>
    (await readTrace(program, id)).find(({ service, name }) => service === 'catalogue' && name === 'GET /products/{id}'),
  );
  const exception = failed.events.find(({ name }) => name === 'exception');
  assert.equal(textOf(exception?.attributes, 'exception.message'), 'division by zero');
  const lines = await awaited(async () => {
    const range = { query: `{service_name="catalogue"} | trace_id="${id}"` };
    const { data } = linesSchema.parse(await get(program, '/loki/api/v1/query_range', range));
    return data.result.length === 0 ? undefined : data.result;
  });
  assert.deepEqual(
    lines.map(({ stream, values }) => [stream['detected_level'], stream['exception_message'], values[0]?.[1]]),
    [['error', 'division by zero', 'GET /products/{id} failed']],
  );
  assert.match(lines[0]?.stream['exception_stacktrace'] ?? '', /catalogue\.ts/);
  await switchFault(shop, false);
}

async function switchFault(shop: string, on: boolean): Promise<void> {
  const response = await fetch(`${shop}/fault?on=${on ? 1 : 0}`, { method: 'POST' });
  assert.deepEqual(await response.json(), { fault: on });
}

/** Ids of the newest traces of a search. */
async function search(program: Program, query: string): Promise<readonly string[]> {
  const { traces } = searchSchema.parse(await get(program, '/api/search', { q: query, limit: '5' }));
  return traces.map(({ traceID }) => traceID);
}

async function readTrace(program: Program, id: string): Promise<readonly Span[]> {
  const { trace } = traceSchema.parse(await get(program, `/api/v2/traces/${id}`, {}));
  return trace.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = textOf(resource.attributes, 'service.name');
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });
}

function textOf(attributes: z.infer<typeof attributesSchema> | undefined, key: string): string {
  return attributes?.find((each) => each.key === key)?.value.stringValue ?? '';
}

async function get({ url }: Program, path: string, query: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(query).toString()}`, { headers: { accept: 'application/json' } });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return JSON.parse(text);
}

/** What a look finds as soon as it finds something: services send when they see fit. */
async function awaited<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + AWAITED_MAX_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < deadline, 'nothing came');
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
