// The LogQL editor in a real browser over the real program: a query is written with help, explained, laid out and run; what is wrong is underlined.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { openBrowser, openPage, whyNoPages } from './harness/browser.ts';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';
import { settlesOn } from './harness/settles.ts';
import { takeOffered } from './harness/take-offered.ts';

const LINES = 20;

function pushed(nowMs: number): string {
  const values = (line: (i: number) => string): string[][] =>
    Array.from({ length: LINES }, (_, i) => [`${nowMs - i * 1000}000000`, line(i)]);
  const json = values((i) => JSON.stringify({ level: i % 2 === 0 ? 'info' : 'error', msg: `order ${i}`, took: `${i}ms`, status: 200 + i }));
  return JSON.stringify({
    streams: [
      { stream: { app: 'shop', env: 'prod' }, values: json },
      { stream: { app: 'mill', env: 'dev' }, values: values((i) => `level=info turn=${i}`) },
    ],
  });
}

async function withPage(run: (page: Page) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-logql-editor-'));
  const program = await startProgram({ dataDir, set: ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'] });
  const browser = await openBrowser();
  try {
    const headers = { 'content-type': 'application/json' };
    const { status, text } = await post({ url: program.url }, '/loki/api/v1/push', { headers, body: pushed(Date.now()) });
    assert.equal(status, 204, text);
    const { page, complaints } = await openPage(browser, `${program.url}/ui/logs`, { width: 1280, colorScheme: 'dark' });
    await page.locator('.cm-content').waitFor();
    await run(page);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The editor itself, and not the plain field that stands there until it is loaded. */
const editorOf = (page: Page): Locator => page.locator('.cm-content');
const optionOf = (page: Page, name: string): Locator =>
  page.locator('.cm-tooltip-autocomplete [role=option]').filter({ has: page.getByText(name, { exact: true }) });

/** Types, waits until the choice is offered, and takes it: it is the first, or the only one that is left. */
async function choose(page: Page, typed: string, offered: string): Promise<void> {
  await page.keyboard.type(typed);
  await optionOf(page, offered).waitFor();
  await takeOffered(editorOf(page));
}

async function write(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** Names and values come from the store, narrowed by what is written; a field brings the stage that finds it. */
async function checkHelp(page: Page): Promise<void> {
  await write(page, '');
  await choose(page, '{ap', 'app');
  await choose(page, 'sh', 'shop');
  await page.keyboard.press('End');
  await choose(page, ' |=', '|=');
  await page.keyboard.type('order');
  await page.keyboard.press('End');
  await choose(page, ' | sta', 'status');
  await choose(page, '210 | line_form', 'line_format');
  await choose(page, '{{.ms', 'msg');
  await choose(page, ' | upp', 'upper');
  await page.keyboard.type('}}');
  const expected = '{app="shop"} |= "order" | json | status > 210 | line_format "{{.msg | upper}}"';
  assert.equal(await editorOf(page).innerText(), expected);
  await page.keyboard.press('Control+Enter');
  await page.getByText('ORDER 11', { exact: true }).waitFor();
}

/** What is pointed at is explained. */
async function checkExplained(page: Page): Promise<void> {
  await page.locator('.code-keyword', { hasText: 'line_format' }).hover();
  await page.locator('.cm-explanation').getByText('Writes the line anew, with a template over its labels.').waitFor();
  await page.mouse.move(0, 400);
}

/** A template that names no function is underlined where it stands, with the message beside it. */
async function checkUnderlined(page: Page): Promise<void> {
  await write(page, '{app="shop"} | line_format "{{nosuch}}" | json');
  const underlined = page.locator('.cm-lintRange-error');
  // While it is typed other places are wrong.
  await settlesOn(async () => (await underlined.allInnerTexts()).join(''), '| line_format "{{nosuch}}"');
  await underlined.last().hover();
  await page.locator('.cm-tooltip').getByText('function "nosuch" not defined').waitFor();
  await page.mouse.move(0, 400);
}

async function checkLayout(page: Page): Promise<void> {
  await write(page, 'sum( rate({app="shop"}[5m]) )by(env)');
  await page.keyboard.press('Shift+Alt+F');
  await editorOf(page).getByText('sum by (env)(rate({app="shop"}[5m]))', { exact: true }).waitFor();
}

test('the LogQL editor', { skip: whyNoPages() }, async (t) => {
  await withPage(async (page) => {
    await t.test('help while a query is written', () => checkHelp(page));
    await t.test('what is pointed at is explained', () => checkExplained(page));
    await t.test('what is wrong is underlined', () => checkUnderlined(page));
    await t.test('a query is laid out', () => checkLayout(page));
  });
});
