// The page of one trace in a real browser over the real program: its spans are walked, searched, folded, zoomed, opened, and compared with another's.

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

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SLOWER = '4bf92f3577b34da6a3ce929d0e0e4737';
const LARGE = '4bf92f3577b34da6a3ce929d0e0e4738';
const LARGE_SPANS = 3000;

interface Place {
  readonly browser: Browser;
  readonly url: string;
}

interface SentSpan {
  readonly id: number;
  readonly parent?: number;
  readonly service: string;
  readonly name: string;
  /** Milliseconds from the trace's start. */
  readonly from: number;
  readonly to: number;
  readonly more?: object;
}

const hex = (n: number): string => n.toString(16).padStart(16, '0');
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

async function send(url: string, traceId: string, spans: readonly SentSpan[]): Promise<void> {
  const startMs = Date.now() - 60_000;
  const time = (ms: number): string => `${startMs + ms}000000`;
  const services = [...new Set(spans.map(({ service }) => service))];
  const body = {
    resourceSpans: services.map((service) => ({
      resource: { attributes: [attribute('service.name', service), attribute('host.name', 'oven-1')] },
      scopeSpans: [
        {
          scope: { name: 'bakery' },
          spans: spans
            .filter((span) => span.service === service)
            .map(({ id, parent, name, from, to, more }) => ({
              traceId,
              spanId: hex(id),
              ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
              name,
              kind: 2,
              startTimeUnixNano: time(from),
              endTimeUnixNano: time(to),
              ...more,
            })),
        },
      ],
    })),
  };
  const { status, text } = await post({ url }, '/v1/traces', {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(status, 200, text);
}

/** A loaf that burns: an order, its dough, and an oven that throws. */
function loaf(slower: number): readonly SentSpan[] {
  const thrown = [
    attribute('exception.type', 'TooHot'),
    attribute('exception.message', 'the crust is black'),
    attribute('exception.stacktrace', 'TooHot: the crust is black\n    at bake (oven.js:4:2)'),
  ];
  const burnt = {
    status: { code: 2, message: 'burnt' },
    attributes: [attribute('oven.door', 'left')],
    events: [{ timeUnixNano: `${Date.now()}000000`, name: 'exception', attributes: thrown }],
    links: [{ traceId: LARGE, spanId: hex(1) }],
  };
  return [
    { id: 1, service: 'bakery', name: 'order', from: 0, to: 100 + slower },
    { id: 2, parent: 1, service: 'dough', name: 'knead', from: 10, to: 40 },
    { id: 3, parent: 2, service: 'dough', name: 'weigh', from: 12, to: 20 },
    { id: 4, parent: 1, service: 'oven', name: 'bake', from: 50, to: 90 + slower, more: burnt },
    { id: 5, parent: 99, service: 'shelf', name: 'orphan', from: 60, to: 70 },
  ];
}

async function withPages(run: (place: Place) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-trace-page-'));
  const program = await startProgram({ dataDir });
  try {
    const { url } = program;
    await send(url, TRACE, loaf(0));
    await send(url, SLOWER, [...loaf(200), { id: 6, parent: 1, service: 'alarm', name: 'ring', from: 95, to: 99 }]);
    const many = Array.from({ length: LARGE_SPANS }, (_, i): SentSpan => ({
      id: i + 1,
      ...(i === 0 ? {} : { parent: 1 }),
      service: 'bakery',
      name: i === 0 ? 'all day' : `crumb ${i}`,
      from: i,
      to: i === 0 ? LARGE_SPANS : i + 1,
    }));
    await send(url, LARGE, many);
    const browser = await openBrowser();
    try {
      await run({ browser, url });
    } finally {
      await browser.close();
    }
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const treeOf = (page: Page): Locator => page.getByRole('tree', { name: 'Spans', exact: true });
const rowsOf = (page: Page): Locator => treeOf(page).getByRole('treeitem');
const rowOf = (page: Page, name: RegExp): Locator => treeOf(page).getByRole('treeitem', { name });
const detailOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Span', exact: true });

/** By the keyboard from the root to what failed, and what is told of it; the address brings it back. */
async function aSpanIsOpened({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/traces/${TRACE}`, { width: 1280, colorScheme: 'light' });
  await page.getByRole('heading', { name: 'bakery order', exact: true }).waitFor();
  await rowsOf(page).nth(4).waitFor();
  assert.equal(await rowsOf(page).count(), 5);
  await page.getByText('1 span names a parent that is not here').waitFor();
  await treeOf(page).focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await detailOf(page).getByRole('heading', { name: 'dough knead', exact: true }).waitFor();
  await page.keyboard.press('e');
  const detail = detailOf(page);
  await detail.getByText('burnt').waitFor();
  await detail.getByText('at bake (oven.js:4:2)').waitFor();
  await detail
    .getByRole('row', { name: /^oven\.door/ })
    .getByRole('link')
    .waitFor();
  assert.match(
    (await detail.getByRole('link', { name: 'Find more like this oven.door', exact: true }).getAttribute('href')) ?? '',
    /\/ui\/traces\?q=.*oven\.door/,
  );
  assert.match(
    (await detail.getByRole('link', { name: 'Logs of this trace in oven', exact: true }).getAttribute('href')) ?? '',
    /\/ui\/logs\?q=.*&from=\d+/,
  );
  assert.match(page.url(), /span=0000000000000004/);
  const second = await openPage(browser, page.url(), { width: 390, colorScheme: 'dark' });
  await detailOf(second.page).getByText('burnt').waitFor();
  assert.ok(Number(await second.page.evaluate('document.documentElement.scrollWidth')) <= 390);
  await second.page.context().close();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Critical path', exact: true }).click();
  const path = page.getByRole('complementary', { name: 'Critical path', exact: true });
  await path.getByRole('row', { name: /oven bake.*40 ms.*40 %/ }).waitFor();
  await path.getByRole('button', { name: 'oven bake', exact: true }).click();
  await detail.getByRole('link', { name: LARGE }).click();
  await page.getByRole('heading', { level: 1, name: 'bakery all day' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Search, folding, errors alone, and zoom by dragging over the map. */
async function spansAreNarrowed({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/traces/${TRACE}`, { width: 1280, colorScheme: 'dark' });
  await rowsOf(page).first().waitFor();
  await page.getByRole('main').click();
  await page.keyboard.press('/');
  await page.keyboard.type('left');
  await page.getByRole('search').getByText('1', { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('1 of 1').waitFor();
  assert.equal(await rowOf(page, /: bake/).getAttribute('data-current'), 'true');
  assert.equal(await rowOf(page, /knead/).getAttribute('data-match'), 'false');
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => !address.search.includes('find'));
  await page.getByRole('button', { name: 'Services 4', exact: true }).click();
  await page.getByRole('button', { name: 'Fold dough', exact: true }).click();
  await rowOf(page, /weigh/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Unfold dough', exact: true }).click();
  await rowOf(page, /weigh/).waitFor();
  await page.getByRole('button', { name: 'Errors 1', exact: true }).click();
  await rowOf(page, /knead/).waitFor({ state: 'detached' });
  assert.equal(await rowsOf(page).count(), 2);
  const map = page.getByRole('img', { name: /^Map of 5 spans/ });
  const { x, y, width } = (await map.boundingBox()) ?? assert.fail('no map');
  await page.mouse.move(x + width * 0.5, y + 20);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.9, y + 20, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/zoom=\d+-\d+/);
  await map.dblclick();
  await page.waitForURL((address) => !address.search.includes('zoom'));
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Thousands of spans, of which only those in sight are in the document. */
async function manySpansAreVirtual({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/traces/${LARGE}`, { width: 1280, colorScheme: 'light' });
  await rowsOf(page).first().waitFor();
  await treeOf(page).focus();
  await page.keyboard.press('End');
  await rowOf(page, new RegExp(`crumb ${LARGE_SPANS - 1},`)).waitFor();
  assert.ok((await rowsOf(page).count()) < 100);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** What is slower, and what is only in one of two traces; and what to do where there is none. */
async function tracesAreCompared({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/traces/${TRACE}`, { width: 1280, colorScheme: 'light' });
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.getByPlaceholder('trace id', { exact: true }).fill(SLOWER);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`compare=${SLOWER}`));
  const both = page.getByRole('list', { name: 'Both traces', exact: true });
  await both.getByText('only in B').waitFor();
  await both.getByText('+200 ms (+500 %)').waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('button', { name: 'Only in B 1', exact: true }).click();
  await page
    .getByRole('region', { name: 'Differences', exact: true })
    .getByRole('row', { name: /alarm ring/ })
    .waitFor();
  await page.goBack();
  await rowsOf(page).first().waitFor();
  assert.deepEqual(complaints, []);
  await page.goto(`${url}/ui/traces/abc`);
  await page.getByText('There is no such trace').waitFor();
  await page.goto(`${url}/ui/traces/nothing`);
  await page.getByText('This is no trace id').waitFor();
  await page.context().close();
}

test('the page of a trace', { skip: whyNoPages() }, async (t: TestContext) => {
  await withPages(async (place) => {
    await t.test('a span is opened', () => aSpanIsOpened(place));
    await t.test('spans are narrowed', () => spansAreNarrowed(place));
    await t.test('many spans are virtual', () => manySpansAreVirtual(place));
    await t.test('traces are compared', () => tracesAreCompared(place));
  });
});
