// The pages of services in a real browser over the real program: services out of metrics and out of spans, the map, one service, and the way to a trace.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { openBrowser, openPage, whyNoPages } from './harness/browser.ts';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';

const REQUESTS = 40;
const SERVER = 2;
const CLIENT = 3;
const HOUR_MS = 3_600_000;

interface Place {
  readonly browser: Browser;
  readonly url: string;
}

interface Call {
  readonly id: string;
  readonly parent: string;
  readonly name: string;
  readonly kind: number;
  readonly fromMs: number;
  readonly ms: number;
  readonly failed?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

const textValues = (texts: Readonly<Record<string, string>>): readonly unknown[] =>
  Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }));

function spanOf(trace: number, call: Call): unknown {
  return {
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: call.id,
    parentSpanId: call.parent,
    name: call.name,
    kind: call.kind,
    startTimeUnixNano: `${call.fromMs}000000`,
    endTimeUnixNano: `${call.fromMs + call.ms}000000`,
    attributes: textValues(call.attributes ?? {}),
    status: call.failed === true ? { code: 2, message: 'the oven is cold' } : {},
  };
}

/** A till that asks an oven, which asks its database; every fourth loaf fails. */
function baking(startMs: number): Readonly<Record<string, readonly unknown[]>> {
  const till: unknown[] = [];
  const oven: unknown[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const fromMs = startMs + i * 25;
    const trace = Math.floor(startMs / 1000) * 1000 + i + 1;
    const id = (n: number): string => (trace * 8 + n).toString(16).padStart(16, '0');
    till.push(
      spanOf(trace, { id: id(1), parent: '', name: 'POST /sale', kind: SERVER, fromMs, ms: 90 }),
      spanOf(trace, { id: id(2), parent: id(1), name: 'POST /loaf', kind: CLIENT, fromMs: fromMs + 1, ms: 70 }),
    );
    oven.push(
      spanOf(trace, { id: id(3), parent: id(2), name: 'POST /loaf', kind: SERVER, fromMs: fromMs + 2, ms: 60, failed: i % 4 === 0 }),
      spanOf(trace, {
        id: id(4),
        parent: id(3),
        name: 'SELECT dough',
        kind: CLIENT,
        fromMs: fromMs + 3,
        ms: 10,
        attributes: { 'db.system': 'postgresql', 'server.address': 'pantry' },
      }),
    );
  }
  return { till, oven };
}

async function send(url: string, spans: Readonly<Record<string, readonly unknown[]>>, tenant: string): Promise<void> {
  const resourceSpans = Object.entries(spans).map(([service, list]) => ({
    resource: { attributes: textValues({ 'service.name': service }) },
    scopeSpans: [{ spans: list }],
  }));
  const { status, text } = await post({ url }, '/v1/traces', {
    body: JSON.stringify({ resourceSpans }),
    headers: { 'content-type': 'application/json', 'x-scope-orgid': tenant },
  });
  assert.equal(status, 200, text);
}

async function withPages(run: (place: Place) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-services-page-'));
  const program = await startProgram({ dataDir });
  try {
    await send(program.url, baking(Date.now() - 2000), 'anonymous');
    await send(program.url, baking(Date.now() - 5 * HOUR_MS), 'past');
    const browser = await openBrowser();
    try {
      await run({ browser, url: program.url });
    } finally {
      await browser.close();
    }
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const rowOf = (page: Page, name: string): Locator =>
  page
    .getByRole('region', { name: 'Services', exact: true })
    .getByRole('row')
    .filter({ has: page.getByRole('link', { name, exact: true }) });

/** Spans of which no metrics were made: the list, the service and the map rest on them, and say so. */
async function outOfSpans({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/?tenant=past&from=now-6h&to=now-4h`, {
    width: 1280,
    colorScheme: 'dark',
  });
  await page.getByRole('main').click();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/\/ui\/services/);
  await rowOf(page, 'oven').getByRole('cell', { name: '25 %', exact: true }).waitFor();
  await page.getByText('from the spans themselves').waitFor();
  await page.getByLabel('Find a service', { exact: true }).fill('til');
  await page.getByText('1 of 2 services').waitFor();
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.getByText('has rates only').waitFor();
  await page.getByRole('button', { name: /^oven, service/ }).click();
  const panel = page.getByRole('complementary', { name: 'oven', exact: true });
  await panel.getByText('Called by 1').waitFor();
  await panel.getByRole('link', { name: 'oven', exact: true }).click();
  await page.waitForURL(/\/ui\/services\/oven/);
  await page.locator('canvas').nth(2).waitFor();
  const operations = page.getByRole('region', { name: 'Operations', exact: true });
  await operations
    .getByRole('row', { name: /POST \/loaf/ })
    .getByRole('cell', { name: '25 %', exact: true })
    .waitFor();
  await operations.getByRole('button', { name: 'SELECT dough', exact: true }).click();
  await page.getByRole('button', { name: 'All operations instead of SELECT dough' }).click();
  const errors = page.locator('section', { has: page.getByRole('heading', { name: 'Latest errors' }) });
  await errors.getByRole('link', { name: 'POST /loaf' }).first().click();
  await page.waitForURL(/\/ui\/traces\/[0-9a-f]{32}/);
  assert.match(page.url(), /tenant=past/);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Metrics of live spans come within a flush; the map then knows the database and the errors, and has a table behind it. */
async function outOfMetrics({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/services?view=map&from=now-15m`, { width: 1280, colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  for (let waited = 0; waited < 90 && !(await page.getByRole('button', { name: /^pantry, database/ }).isVisible()); waited++) {
    await page.waitForTimeout(1000);
    await page.getByRole('button', { name: 'Refresh (r)' }).click();
  }
  await page.getByRole('button', { name: /^till to oven/ }).click();
  const panel = page.getByRole('complementary', { name: 'till → oven', exact: true });
  await panel.getByRole('link', { name: 'Traces of till → oven', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Calls', exact: true }).click();
  await page
    .getByRole('region', { name: 'Calls', exact: true })
    .getByRole('row', { name: /oven pantry to a database/ })
    .waitFor();
  await page.getByRole('button', { name: 'Services', exact: true }).click();
  await page.getByText('from metrics that are made of spans').waitFor();
  await rowOf(page, 'till').getByText('users', { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Without spans the page says how to send some; at phone width nothing runs over. */
async function withoutSpans({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/services?tenant=nobody`, { width: 390, colorScheme: 'dark' });
  await page.getByText('No spans in this time range').waitFor();
  await page.goto(`${url}/ui/services/nowhere?tenant=nobody`);
  await page.getByText('nowhere sent no spans').waitFor();
  await page.goto(`${url}/ui/services/oven?tenant=past&from=now-6h&to=now-4h`);
  await page.locator('canvas').nth(2).waitFor();
  assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 390);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

test('the pages of services', { skip: whyNoPages() }, async (t: TestContext) => {
  await withPages(async (place) => {
    await t.test('figures out of spans lead to a trace', () => outOfSpans(place));
    await t.test('figures out of metrics, and the map', () => outOfMetrics(place));
    await t.test('without spans', () => withoutSpans(place));
  });
});
