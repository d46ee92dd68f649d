// A headless Chromium for the page tests, and the reason when there is none.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const builtPages = fileURLToPath(new URL('../../dist/ui/index.html', import.meta.url));
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

function executable(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Why pages cannot be tested here; false when they can. */
export function whyNoPages(): string | false {
  if (!existsSync(builtPages)) return 'dist/ui is not built; node tools/prepare.mjs builds it';
  return executable() === undefined ? `none of ${names.join(', ')} is on the PATH` : false;
}

/** Only ends what hangs: each wait is over as soon as what it waits for is there, and a machine that is busy may take long. */
const WAIT_MAX_MS = 60_000;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable() ?? '',
    timeout: WAIT_MAX_MS,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  });
}

export interface Looks {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

export interface Watched {
  readonly page: Page;
  /** What the page complained about: errors of its own and in its console. */
  readonly complaints: readonly string[];
}

/** A page of the given width, whose complaints are kept. */
export async function openPage(browser: Browser, url: string, looks: Looks): Promise<Watched> {
  const { width, colorScheme } = looks;
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, timezoneId: 'Europe/Berlin' });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MAX_MS);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
