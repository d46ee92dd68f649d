// The pages in a real browser over the real program: they draw what was written, answer to the keyboard, and fit on a phone.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPage, whyNoPages } from './harness/browser.ts';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';
import { encodeRemoteWrite2 } from './harness/remote-write.ts';
import type { SentSeries } from './harness/remote-write.ts';
import { settlesOn } from './harness/settles.ts';

const STEP_MS = 15_000;
const STEPS = 40;
/** Lines that the sent metric draws. */
const SHOPS = ['berlin', 'lyon', 'oslo'];
const COUNTER = 'shop_orders_received_bytes_total';

interface Place {
  readonly browser: Browser;
  readonly url: string;
}

/** Three counters and a gauge over the last ten minutes. */
function sentSeries(nowMs: number): SentSeries[] {
  const times = Array.from({ length: STEPS }, (_, i) => nowMs - (STEPS - 1 - i) * STEP_MS);
  const counters = SHOPS.map((shop, at): SentSeries => ({
    labels: { __name__: COUNTER, job: 'shop', shop },
    samples: times.map((ts, i) => ({ ts, value: i * (at + 1) * 15_360 })),
    metadata: { type: 1, help: 'Bytes of orders that were received.', unit: 'bytes' },
  }));
  const gauge: SentSeries = {
    labels: { __name__: 'shop_queue_length', job: 'shop' },
    samples: times.map((ts, i) => ({ ts, value: i % 7 })),
    metadata: { type: 2, help: 'Orders that wait.', unit: '' },
  };
  return [...counters, gauge];
}

async function withPages(run: (place: Place) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-ui-'));
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

const PAGES = [
  '/',
  '/ui/',
  '/ui/logs',
  '/ui/traces',
  '/ui/metrics',
  `/ui/metrics?q=${COUNTER}`,
  `/ui/metrics?q=${COUNTER}&view=table`,
  '/ui/targets',
  '/ui/settings?section=cardinality',
  '/ui/settings?section=config',
];

/** Every page in both schemes and at a phone's width: no complaint, nothing wider than the window. */
async function pagesLoad({ browser, url }: Place): Promise<void> {
  for (const looks of [
    { width: 1280, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const) {
    const { page, complaints } = await openPage(browser, url, looks);
    for (const path of PAGES) {
      await page.goto(url + path);
      await page.locator('main').waitFor();
      await page.waitForLoadState('networkidle');
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(width) <= looks.width, `${path} is ${String(width)} wide at ${looks.width}`);
      assert.equal(await page.getByRole('alert').count(), 0, `${path} shows a failure: ${await page.locator('main').innerText()}`);
      assert.deepEqual(complaints, [], `${path} at ${looks.width}`);
    }
    await page.context().close();
  }
}

/** A metric is found, drawn, isolated, filtered and shown as a rate and as a table; the address says all of it. */
async function chartDraws({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/metrics?from=now-15m`, { width: 1280, colorScheme: 'dark' });
  await page.getByLabel('Find a metric', { exact: true }).fill('shop received');
  await page.getByRole('option', { name: COUNTER }).click();
  await page.locator('canvas').waitFor();
  await settlesOn(() => hasInk(page), true);
  const legend = page.getByRole('region', { name: 'Legend', exact: true });
  await legend.getByText('oslo').waitFor();
  assert.equal(await legend.getByRole('row').count(), SHOPS.length + 1);
  await legend.getByRole('button', { name: /lyon/ }).first().click();
  await page.waitForURL(/only=/);
  await legend
    .locator('[aria-pressed=false]')
    .nth(SHOPS.length - 2)
    .waitFor();
  assert.equal(await legend.locator('[aria-pressed=true]').count(), 1);
  await legend.getByRole('button', { name: /lyon/ }).first().click();
  await page.getByRole('button', { name: 'Rate', exact: true }).click();
  await legend.getByText('3 KiB/s').first().waitFor();
  await page.getByRole('button', { name: 'Period before', exact: true }).click();
  await page.waitForURL(/before=1/);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'shop', exact: true }).click();
  await page.getByRole('button', { name: 'oslo', exact: true }).click();
  await page.getByRole('button', { name: 'Without shop=oslo', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('cell', { name: 'oslo', exact: true }).waitFor();
  assert.match(decodeURIComponent(page.url()), /q=rate\(shop_orders_received_bytes_total\{shop="oslo"\}\[5m\]\).*view=table/);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Whether the canvas holds pixels of the first series' colour. */
async function hasInk(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) if (data[i] === 0x5b && data[i + 1] === 0x8d && data[i + 2] === 0xf9) return true;
    return false;
  })()`);
}

/** A drag on the chart zooms into absolute times, a double click goes back. */
async function chartZooms({ browser, url }: Place): Promise<void> {
  const { page } = await openPage(browser, `${url}/ui/metrics?from=now-15m&q=${COUNTER}`, { width: 1280, colorScheme: 'light' });
  const over = page.locator('.u-over');
  const box = await over.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=\d{13}/);
  await over.dblclick({ position: { x: 200, y: 60 } });
  await page.waitForURL(/from=now-15m/);
  await page.context().close();
}

/** Pages, help, palette, query, time and refresh without a mouse. */
async function keyboardWorks({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/`, { width: 1280, colorScheme: 'light' });
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.waitForURL(/\/ui\/metrics/);
  await page.locator('.cm-content').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('shop_queue_length');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=shop_queue_length/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('[');
  await page.waitForURL(/from=\d{13}/);
  await page.keyboard.press('t');
  await page.getByLabel('From', { exact: true }).fill('now-30m');
  await page.getByLabel('To', { exact: true }).fill('now');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=now-30m/);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Page, service, metric or recent query').fill('orders received');
  await page.getByRole('button', { name: COUNTER }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=shop_orders_received/);
  assert.match(page.url(), /from=now-30m/, 'the range stays');
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** A wrong query says why, and a tenant without data what to do. */
async function statesAreDrawn({ browser, url }: Place): Promise<void> {
  const { page } = await openPage(browser, `${url}/ui/metrics?q=up{`, { width: 1280, colorScheme: 'light' });
  await page.getByRole('alert').getByText('This query failed').waitFor();
  await page.getByRole('button', { name: 'Copy request', exact: true }).waitFor();
  await page.goto(`${url}/ui/?tenant=nobody`);
  await page.getByText('Nothing has arrived yet').waitFor();
  await page.goto(`${url}/ui/metrics?tenant=nobody`);
  await page.getByText('No metrics in this time range').waitFor();
  await page.goto(`${url}/ui/metrics?q=${COUNTER}&from=2020-01-01&to=2020-01-02`);
  await page.getByText('No series match in this time range').waitFor();
  await page.context().close();
}

test('pages', { skip: whyNoPages() }, async (t: TestContext) => {
  await withPages(async (place) => {
    await t.test('every page loads, light and dark, wide and narrow', () => pagesLoad(place));
    await t.test('a metric is found and drawn', () => chartDraws(place));
    await t.test('a drag zooms, a double click goes back', () => chartZooms(place));
    await t.test('the keyboard is enough', () => keyboardWorks(place));
    await t.test('what is wrong or missing is said', () => statesAreDrawn(place));
  });
});
