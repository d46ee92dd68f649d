// The metrics page in a real browser over the real program: queries are written with help, run, drawn, and what is wrong with them is shown.

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
import { encodeRemoteWrite2 } from './harness/remote-write.ts';
import type { SentHistogram, SentSeries } from './harness/remote-write.ts';
import { takeOffered } from './harness/take-offered.ts';

const STEP_MS = 15_000;
const STEPS = 40;
const REQUESTS = 'mill_requests_total';
const LENGTH = 'mill_queue_length';
const WAIT = 'mill_wait_seconds';

interface Place {
  readonly browser: Browser;
  readonly url: string;
}

function histogramAt(ts: number, i: number): SentHistogram {
  const positive = [1, 4, 9, 3].map((count) => count * (i + 1));
  const count = positive.reduce((sum, n) => sum + n, 0);
  const none = { negativeSpans: [], negative: [], customValues: [], zeroThreshold: 0, zeroCount: 0 };
  return { ts, kind: 'float', count, sum: 2.5 * (i + 1), schema: 0, positiveSpans: [{ offset: -2, length: 4 }], positive, ...none };
}

/** A counter of two doors, a gauge, and a native histogram, over the last ten minutes. */
function sentSeries(nowMs: number): SentSeries[] {
  const times = Array.from({ length: STEPS }, (_, i) => nowMs - (STEPS - 1 - i) * STEP_MS);
  const doors = ['north', 'south'].map((door, at): SentSeries => ({
    labels: { __name__: REQUESTS, job: 'mill', door },
    samples: times.map((ts, i) => ({ ts, value: i * (at + 1) * 30 })),
    metadata: { type: 1, help: 'Requests by door.', unit: '' },
  }));
  return [
    ...doors,
    { labels: { __name__: LENGTH, job: 'mill' }, samples: times.map((ts, i) => ({ ts, value: i % 5 })) },
    { labels: { __name__: WAIT, job: 'mill' }, histograms: times.map(histogramAt) },
  ];
}

async function withPages(run: (place: Place) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-metrics-page-'));
  const program = await startProgram({ dataDir });
  try {
    const { status, text } = await post({ url: program.url }, '/api/v1/push', encodeRemoteWrite2(sentSeries(Date.now())));
    assert.equal(Math.floor(status / 100), 2, text);
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

/** The editor itself, and not the plain field that stands there until it is loaded. */
const editorOf = (page: Page): Locator => page.locator('.cm-content');

async function write(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** What is wrong is underlined where it is and said beneath; a query that is wrong is not run. */
async function wrongIsUnderlined({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/metrics`, { width: 1280, colorScheme: 'light' });
  await write(page, 'sum(nosuch(up))');
  // While it is typed other places are wrong.
  const underlined = page.locator('.cm-lintRange-error').filter({ hasText: /^nosuch$/ });
  await underlined.waitFor();
  await page.locator('#query-problem').getByText('unknown function with name "nosuch"').waitFor();
  await page.keyboard.press('Enter');
  assert.doesNotMatch(page.url(), /q=/);
  await underlined.hover();
  await page.locator('.cm-tooltip').getByText('unknown function').waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Metrics, labels, values and functions are offered where they may stand, and taken without a mouse. */
async function completes({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/metrics`, { width: 1280, colorScheme: 'dark' });
  await page.getByRole('option', { name: REQUESTS }).first().waitFor();
  const offered = page.locator('.cm-tooltip-autocomplete [role=option]');
  await write(page, 'sum by');
  await page.keyboard.type(' (');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type(' (rat');
  await offered.getByText('rate', { exact: true }).waitFor();
  await page.keyboard.type('e(mill_req');
  await offered.getByText(REQUESTS).waitFor();
  await takeOffered(editorOf(page));
  await page.keyboard.type('{do');
  await offered.getByText('door', { exact: true }).waitFor();
  await takeOffered(editorOf(page));
  await offered.getByText('south').waitFor();
  await page.keyboard.type('so');
  await offered.getByText('north').waitFor({ state: 'hidden' });
  await takeOffered(editorOf(page));
  await page.keyboard.press('End');
  assert.match(await editorOf(page).innerText(), /^sum by \(\) \(rate\(mill_requests_total\{door="south"\}\)\)$/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('[');
  await offered.getByText('5m', { exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=sum/);
  await page.locator('canvas').waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** An expression is drawn, laid out, filtered by a click, and taken from its address. */
async function runs({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/metrics?from=now-15m`, { width: 1280, colorScheme: 'light' });
  await write(page, `sum(rate(${REQUESTS}[5m]))`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.locator('canvas').waitFor();
  await page.getByRole('region', { name: 'Legend', exact: true }).getByText('6/s').first().waitFor();
  await page.getByText(/1 series · .* samples · .* · step/).waitFor();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'door', exact: true }).click();
  await page.getByRole('button', { name: 'north', exact: true }).click();
  await page.getByRole('region', { name: 'Legend', exact: true }).getByText('2/s').first().waitFor();
  assert.equal(await editorOf(page).innerText(), `sum(rate(${REQUESTS}{door="north"}[5m]))`);
  const long = `sum by (door) (rate(${REQUESTS}{job="mill"}[5m])) / ignoring (door) group_left sum(rate(${REQUESTS}{job="mill"}[5m]))`;
  await write(page, long);
  await page.keyboard.press('Shift+Alt+F');
  // The layout has lines.
  await page.locator('.cm-line').nth(2).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Who writes before the editor is loaded goes on writing in it. */
async function editorComesLate({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/`, { width: 1280, colorScheme: 'light' });
  const { promise: wanted, resolve: letCome } = Promise.withResolvers<void>();
  await page.route(/PromqlEditor[^/]*\.js/, async (route) => {
    await wanted;
    await route.continue();
  });
  await page.getByRole('main').click();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.locator('textarea[aria-label=Query]').click();
  await page.keyboard.type('su');
  letCome();
  await page.locator('.cm-content').waitFor();
  await page.keyboard.type('m(up)');
  await page.locator('.cm-content').getByText('sum(up)', { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=sum/);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Warnings and infos of an answer are shown, and their places underlined. */
async function notesAreShown({ browser, url }: Place): Promise<void> {
  const query = `rate(${LENGTH}[5m])`;
  const { page } = await openPage(browser, `${url}/ui/metrics?q=${encodeURIComponent(query)}`, { width: 390, colorScheme: 'dark' });
  await page.getByRole('status').getByText('metric might not be a counter').waitFor();
  assert.equal(await page.locator('.cm-lintRange-info').innerText(), LENGTH);
  await page.goto(`${url}/ui/metrics?q=${encodeURIComponent(`quantile(2, ${LENGTH})`)}&view=table`);
  await page.getByRole('status').getByText('quantile value should be between 0 and 1').waitFor();
  assert.equal(await page.locator('.cm-lintRange-warning').innerText(), '2');
  await page.context().close();
}

/** Whatever an expression comes to has its form: histograms, ranges, scalars, strings, and nothing. */
async function everyKindIsShown({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/metrics`, { width: 390, colorScheme: 'light' });
  const open = (query: string, view = ''): Promise<unknown> => page.goto(`${url}/ui/metrics?q=${encodeURIComponent(query)}${view}`);
  await open(WAIT, '&view=table');
  await page.getByText('4 buckets').waitFor();
  assert.equal(await page.locator('td svg rect').count(), 8);
  await open(WAIT);
  await page.locator('canvas').waitFor();
  await page.getByText('Native histograms are drawn as their counts').waitFor();
  await open(`${LENGTH}[2m]`);
  await page.locator('td li').first().waitFor();
  await page.getByText('no value over time').waitFor();
  await open('1 + 1.5', '&view=table');
  await page.getByRole('main').getByText('2.5', { exact: true }).waitFor();
  await open('"some words"');
  await page.getByRole('main').locator('output').getByText('some words').waitFor();
  await open('no_such_metric');
  await page.getByText('No metric in this time range is called no_such_metric.').waitFor();
  const width = await page.evaluate('document.documentElement.scrollWidth');
  assert.ok(Number(width) <= 390);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

test('the metrics page', { skip: whyNoPages() }, async (t: TestContext) => {
  await withPages(async (place) => {
    await t.test('a wrong query is underlined', () => wrongIsUnderlined(place));
    await t.test('what may be written is offered', () => completes(place));
    await t.test('an expression runs', () => runs(place));
    await t.test('the editor may come late', () => editorComesLate(place));
    await t.test('warnings and infos have places', () => notesAreShown(place));
    await t.test('every kind of result is shown', () => everyKindIsShown(place));
  });
});
