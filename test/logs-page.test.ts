// The logs page in a real browser over the real program: lines are found, narrowed by clicks, opened, followed as they come, and counted.

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
import { settlesOn } from './harness/settles.ts';

const LINES = 360;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const LEVELS = ['info', 'info', 'warn', 'error'];

interface Place {
  readonly browser: Browser;
  readonly url: string;
}

type Value = readonly [string, string] | readonly [string, string, Readonly<Record<string, string>>];

async function push(
  url: string,
  streams: readonly { readonly stream: Readonly<Record<string, string>>; readonly values: readonly Value[] }[],
) {
  const { status, text } = await post({ url }, '/loki/api/v1/push', {
    body: JSON.stringify({ streams }),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(status, 204, text);
}

/** JSON lines of a bakery, one stack trace, and coloured lines of its oven, over the last six minutes. */
async function sendLines(url: string, nowMs: number): Promise<void> {
  const at = (i: number): string => `${nowMs - (LINES - i) * 1000}000000`;
  const orders = Array.from({ length: LINES }, (_, i): Value => {
    const line = JSON.stringify({ level: LEVELS[i % 4], msg: `loaf ${i} sold`, buyer: { id: i % 5 }, took_ms: i });
    return [at(i), line, { trace_id: TRACE, counter: `c${i % 3}` }];
  });
  const trace = 'ERROR could not bake\njava.lang.IllegalStateException: cold\n\tat bakery.Oven.bake(Oven.java:42)';
  const oven = Array.from({ length: 20 }, (_, i): Value => [at(i * 10), `\u001b[32mheat\u001b[0m level=info degrees=${i} state=hot`]);
  await push(url, [
    { stream: { service_name: 'bakery', env: 'prod' }, values: orders },
    { stream: { service_name: 'oven', env: 'prod' }, values: [...oven, [at(205), trace]] },
  ]);
}

async function withPages(run: (place: Place) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-logs-page-'));
  const program = await startProgram({ dataDir });
  try {
    await sendLines(program.url, Date.now());
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
const listOf = (page: Page): Locator => page.getByRole('listbox', { name: 'Lines', exact: true });
const rowsOf = (page: Page): Locator => listOf(page).getByRole('option');
const detailOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Line', exact: true });
const addressOf = (url: string, query: string, more = ''): string => `${url}/ui/logs?q=${encodeURIComponent(query)}${more}`;

async function write(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** Drags over the last tenth of a picture, where the lines are. */
async function dragOver(picture: Locator): Promise<void> {
  const { x, y, width } = (await picture.boundingBox()) ?? assert.fail('no picture');
  const { mouse } = picture.page();
  await mouse.move(x + width * 0.88, y + 20);
  await mouse.down();
  await mouse.move(x + width * 0.98, y + 20, { steps: 4 });
  await mouse.up();
}

/** From the services that there are to the lines of one, and to those of one level, by clicks alone. */
async function fromServicesToLines({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, `${url}/ui/`, { width: 1280, colorScheme: 'light' });
  await page.getByRole('main').click();
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.waitForURL(/\/ui\/logs/);
  await page.getByRole('button', { name: 'bakery', exact: true }).click();
  await rowsOf(page).first().waitFor();
  assert.equal(await editorOf(page).innerText(), '{service_name="bakery"}');
  await page.locator('canvas').waitFor();
  const levels = page.getByRole('group', { name: 'Lines by level' });
  await levels.getByText(`${LINES} lines`).waitFor();
  await levels.getByRole('button', { name: 'error' }).click();
  await levels.getByText('90 lines').waitFor();
  assert.match(await editorOf(page).innerText(), /\| detected_level="error"$/);
  assert.match((await rowsOf(page).first().innerText()).replaceAll('\n', ' '), /error.*loaf 359 sold/);
  await page.getByRole('button', { name: 'Newest first', exact: true }).click();
  await rowsOf(page).first().getByText('loaf 3 sold').waitFor();
  await page.goBack();
  await levels.getByText(`${LINES} lines`).waitFor();
  await dragOver(page.locator('.u-over'));
  await page.waitForURL(/from=\d+&to=\d+|to=\d+/);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** A line opens beside the list by the keyboard, with its tree, its fields, its trace and what is around it; the address brings it back. */
async function aLineIsOpened({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, addressOf(url, '{service_name="bakery"} |= "loaf"'), {
    width: 1280,
    colorScheme: 'dark',
  });
  await rowsOf(page).first().waitFor();
  assert.equal(await rowsOf(page).first().locator('mark').innerText(), 'loaf');
  await listOf(page).focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  const detail = detailOf(page);
  await detail.getByText('loaf 357 sold').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await detail.getByText('loaf 356 sold').first().waitFor();
  await detail.getByRole('button', { name: 'Show lines around it', exact: true }).click();
  await detail.getByText('loaf 358 sold').waitFor();
  await detail.getByText('loaf 351 sold').waitFor();
  const trace = detail.getByRole('link', { name: TRACE }).first();
  assert.match((await trace.getAttribute('href')) ?? '', new RegExp(`^/ui/traces/${TRACE}`));
  await detail.getByRole('button', { name: 'Show counter as a column', exact: true }).click();
  await page.getByRole('button', { name: 'Without the column counter', exact: true }).first().waitFor();
  const second = await openPage(browser, page.url(), { width: 1280, colorScheme: 'dark' });
  await detailOf(second.page).getByText('loaf 356 sold').first().waitFor();
  await second.page.getByRole('button', { name: 'Without the column counter', exact: true }).first().waitFor();
  await second.page.context().close();
  await detail.getByRole('button', { name: 'Only buyer_id=1', exact: true }).click();
  await page.waitForURL(/buyer_id/);
  await page.getByText('72 lines').first().waitFor();
  assert.equal(await editorOf(page).innerText(), '{service_name="bakery"} |= "loaf" | json | buyer_id="1"');
  await rowsOf(page).first().click();
  await detail.waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'hidden' });
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** More lines come when the end is reached, while only those in sight are in the document; wrapped lines are as high as their text. */
async function theListIsVirtual({ browser, url }: Place): Promise<void> {
  const query = '{service_name=~"bakery|oven"}';
  const { page, complaints } = await openPage(browser, addressOf(url, query, '&limit=100'), { width: 1280, colorScheme: 'light' });
  await rowsOf(page).first().waitFor();
  await listOf(page).focus();
  const all = page.getByText(`${LINES + 21} lines: all that the query finds`);
  for (let i = 0; i < 200 && !(await all.isVisible()); i++) {
    await page.keyboard.press('End');
    await page.waitForTimeout(150);
  }
  await all.waitFor();
  await page.keyboard.press('End');
  await rowsOf(page).getByText('loaf 0 sold').waitFor();
  assert.ok((await rowsOf(page).count()) < 100);
  // What is read stays where it is, whatever is asked for meanwhile.
  await push(url, [{ stream: { service_name: 'oven' }, values: [[`${Date.now()}000000`, 'fresh rolls']] }]);
  await page.keyboard.press('r');
  await page.getByText('The list stands still').waitFor();
  await rowsOf(page).getByText('loaf 0 sold').waitFor();
  await page.getByRole('button', { name: /^Back to its beginning/ }).click();
  await rowsOf(page).getByText('fresh rolls').waitFor();
  await page.getByText('The list stands still').waitFor({ state: 'hidden' });
  await page.goto(addressOf(url, '{service_name="oven"} |= "bake"', '&wrap=1'));
  await rowsOf(page).first().waitFor();
  await settlesOn(async () => (await rowsOf(page).first().boundingBox())?.height, 60);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Recurring texts and fields narrow the query by a click. */
async function patternsAndFields({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, addressOf(url, '{service_name="oven"} |= "heat"', '&tab=patterns'), {
    width: 1280,
    colorScheme: 'light',
  });
  await page.getByRole('button', { name: 'Only lines of this pattern' }).first().click();
  await rowsOf(page).first().waitFor();
  assert.match(await editorOf(page).innerText(), /\|> ".*<_>.*" \|= "heat"$/);
  await page.goto(addressOf(url, '{service_name="bakery"}', '&tab=fields'));
  await page.getByRole('button', { name: 'buyer_id', exact: true }).click();
  await page.getByRole('button', { name: 'Without buyer_id=0', exact: true }).click();
  await page.getByText('288 lines').first().waitFor();
  assert.equal(await editorOf(page).innerText(), '{service_name="bakery"} | json | buyer_id!="0"');
  await page.getByRole('button', { name: 'Labels', exact: true }).click();
  const labels = page.getByRole('complementary', { name: 'Labels' });
  await labels.getByRole('button', { name: /^env\b/ }).click();
  await labels.getByRole('button', { name: /^prod\b/ }).click();
  await page.waitForURL(/env=/);
  assert.match(await editorOf(page).innerText(), /^\{service_name="bakery", env="prod"\}/);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Lines appear as they are sent, wait while it is paused, and are there when it goes on. */
async function linesAsTheyCome({ browser, url }: Place): Promise<void> {
  const { page, complaints } = await openPage(browser, addressOf(url, '{service_name="till"}', '&live=1'), {
    width: 1280,
    colorScheme: 'dark',
  });
  await page.getByText('Waiting for lines').waitFor();
  await page.locator('[data-kind=open]').getByText('Live', { exact: true }).waitFor();
  const send = (line: string): Promise<void> => push(url, [{ stream: { service_name: 'till' }, values: [[`${Date.now()}000000`, line]] }]);
  await send('one euro');
  const list = page.getByRole('listbox', { name: 'Lines as they come' });
  await list.getByText('one euro').waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await send('two euros');
  await page.getByText('1 waiting').waitFor();
  assert.equal(await list.getByText('two euros').count(), 0);
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await list.getByText('two euros').waitFor();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByText('Waiting for lines').waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Numbers are drawn and laid out; what is wrong is underlined and not run; what is not there says what to do. */
async function numbersAndStates({ browser, url }: Place): Promise<void> {
  const query = 'sum by (detected_level) (count_over_time({service_name="bakery"}[1h]))';
  const { page, complaints } = await openPage(browser, addressOf(url, query), { width: 390, colorScheme: 'dark' });
  await page.locator('canvas').waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('region', { name: 'Series', exact: true }).getByRole('cell', { name: '180', exact: true }).waitFor();
  await write(page, '{service_name="bakery"} | jsn');
  await page.locator('.cm-lintRange-error').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('#query-problem[data-level=error]').waitFor();
  assert.doesNotMatch(page.url(), /jsn/);
  await page.goto(addressOf(url, '{service_name="bakery", env="moon"}'));
  await page.getByText('No stream has all of').waitFor();
  await page.goto(addressOf(url, '{service_name="bakery"} |= "croissant"'));
  await page.getByRole('button', { name: 'Without the stages', exact: true }).click();
  await rowsOf(page).first().waitFor();
  await page.goto(`${url}/ui/logs?tenant=nobody`);
  await page.getByText('From Fluent Bit').waitFor();
  const width = await page.evaluate('document.documentElement.scrollWidth');
  assert.ok(Number(width) <= 390);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

test('the logs page', { skip: whyNoPages() }, async (t: TestContext) => {
  await withPages(async (place) => {
    await t.test('services lead to lines', () => fromServicesToLines(place));
    await t.test('a line is opened', () => aLineIsOpened(place));
    await t.test('the list is virtual', () => theListIsVirtual(place));
    await t.test('patterns and fields narrow', () => patternsAndFields(place));
    await t.test('lines as they come', () => linesAsTheyCome(place));
    await t.test('numbers and states', () => numbersAndStates(place));
  });
});
