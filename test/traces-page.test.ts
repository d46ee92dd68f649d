// The traces page in a real browser over the real program: a query is written with help, traces are found, opened, compared and counted.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { openBrowser, openPage, whyNoPages } from './harness/browser.ts';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';
import { takeOffered } from './harness/take-offered.ts';

const TRACES = 60;

/** Orders of a bakery over the last ten minutes; each sixth has an oven that is cold, and takes long for it. Zipkin's JSON. */
function spansOf(nowMs: number): string {
  const spans = Array.from({ length: TRACES }, (_, i) => {
    const traceId = (0xabc000 + i).toString(16).padStart(32, '0');
    const isCold = i % 6 === 0;
    const timestamp = (nowMs - i * 10_000 - 2000) * 1000;
    const duration = isCold ? 900_000 : 20_000;
    const order = {
      traceId,
      id: `00000000000${(0x10000 + i).toString(16)}`,
      kind: 'SERVER',
      name: 'order',
      timestamp,
      duration,
      localEndpoint: { serviceName: 'bakery' },
    };
    const tags = { 'oven.state': isCold ? 'cold' : 'hot', ...(isCold ? { error: 'not baked' } : {}) };
    const oven = {
      ...order,
      parentId: order.id,
      id: `00000000001${(0x10000 + i).toString(16)}`,
      kind: 'CLIENT',
      name: 'bake',
      tags,
      localEndpoint: { serviceName: 'oven' },
    };
    return [order, oven];
  });
  return JSON.stringify(spans.flat());
}

async function withPage(run: (page: Page, url: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-traces-page-'));
  const program = await startProgram({ dataDir, set: ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'] });
  const browser = await openBrowser();
  try {
    const { status, text } = await post({ url: program.url }, '/api/v2/spans', {
      headers: { 'content-type': 'application/json' },
      body: spansOf(Date.now()),
    });
    assert.equal(status, 202, text);
    const { page, complaints } = await openPage(browser, `${program.url}/ui/`, { width: 1280, colorScheme: 'light' });
    await run(page, program.url);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The editor itself, and not the plain field that stands there until it is loaded. */
const editorOf = (page: Page): Locator => page.locator('.cm-content');
const tableOf = (page: Page): Locator => page.getByRole('treegrid', { name: 'Traces', exact: true });
const optionOf = (page: Page, name: string): Locator =>
  page.locator('.cm-tooltip-autocomplete [role=option]').filter({ has: page.getByText(name, { exact: true }) });

/** Types, waits until the choice is offered, and takes it: it is the first, or the only one that is left. */
async function choose(page: Page, typed: string, offered: string): Promise<void> {
  await page.keyboard.type(typed);
  await optionOf(page, offered).waitFor();
  await takeOffered(editorOf(page));
}

/** Without a query every trace is there; a query is written with help, and its rows open to the spans that matched. */
async function tracesAreFound(page: Page): Promise<void> {
  await page.getByRole('main').click();
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.waitForURL(/\/ui\/traces/);
  await page.getByText(`${TRACES} traces`, { exact: true }).waitFor();
  await editorOf(page).click();
  await choose(page, '{ span.oven', 'span.oven.state');
  await page.keyboard.type('= ');
  await choose(page, 'co', 'cold');
  assert.equal(await editorOf(page).innerText(), '{ span.oven.state = "cold"}');
  await page.keyboard.press('Enter');
  await page.getByText('10 traces', { exact: true }).waitFor();
  await page.getByRole('group', { name: 'Spans by status' }).getByText('10 matching spans').waitFor();
  await tableOf(page).focus();
  await page.keyboard.press('ArrowRight');
  await tableOf(page).getByRole('row', { level: 2 }).getByText('bake').waitFor();
  await tableOf(page).getByText('oven.state=cold').waitFor();
  await page.getByRole('button', { name: 'Format (Shift-Alt-F)', exact: true }).click();
  await editorOf(page).getByText('{ span.oven.state = `cold` }', { exact: true }).waitFor();
}

/** The builder reads and writes the same text, and says what it cannot show. */
async function theBuilderBuilds(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/ui/traces?builder=1&q=${encodeURIComponent('{ span.oven.state != nil }')}`);
  const builder = page.getByRole('group', { name: 'Builder', exact: true });
  await builder.getByLabel('Service', { exact: true }).fill('oven');
  await page.keyboard.press('Enter');
  await page.waitForURL(/service\.name/);
  await builder.getByRole('button', { name: 'Error', exact: true }).click();
  await page.getByText('10 traces', { exact: true }).waitFor();
  assert.equal(await editorOf(page).innerText(), '{ span.oven.state != nil && resource.service.name = "oven" && status = error }');
  await page.goto(`${url}/ui/traces?builder=1&q=${encodeURIComponent('{ name = "order" } >> { status = error }')}`);
  await page.getByText(/one pair of braces/).waitFor();
  await page.getByText('10 traces', { exact: true }).waitFor();
}

/** A part of the picture is dragged over; what tells its traces from the rest stands first, and a click narrows the query. */
async function aRegionIsCompared(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/ui/traces?from=now-15m`);
  await page.getByText(`${TRACES} traces`, { exact: true }).waitFor();
  const picture = page.getByRole('figure', { name: /^Duration of each trace/ }).locator('.u-over');
  const { x, y, width } = (await picture.boundingBox()) ?? assert.fail('no picture');
  await page.mouse.move(x + 20, y + 2);
  await page.mouse.down();
  await page.mouse.move(x + width - 4, y + 50, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/region=/);
  const comparison = page.getByRole('region', { name: 'Comparison', exact: true });
  await comparison.getByText('10 traces selected').waitFor();
  await comparison.getByText('20 selected spans').waitFor();
  await comparison.getByRole('button', { name: 'cold', exact: true }).click();
  await page.getByText('10 traces', { exact: true }).waitFor();
  assert.equal(await editorOf(page).innerText(), '{ span.oven.state = "cold" }');
}

/** A metrics query is drawn, with a legend; a trace opens by the keyboard. */
async function numbersAndOneTrace(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/ui/traces?q=${encodeURIComponent('{ } | rate() by (resource.service.name)')}`);
  await page.locator('canvas').waitFor();
  await page.getByRole('region', { name: 'Legend', exact: true }).getByText('bakery').waitFor();
  await page.goto(`${url}/ui/traces?q=${encodeURIComponent('{ status = error }')}`);
  await page.getByText('10 traces', { exact: true }).waitFor();
  await tableOf(page).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/ui\/traces\/0{26}abc/);
}

const skip = whyNoPages();
test('the traces page', { skip }, async (t: TestContext) => {
  await withPage(async (page, url) => {
    await t.test('traces are found', () => tracesAreFound(page));
    await t.test('the builder builds', () => theBuilderBuilds(page, url));
    await t.test('a region is compared', () => aRegionIsCompared(page, url));
    await t.test('numbers and one trace', () => numbersAndOneTrace(page, url));
  });
});
