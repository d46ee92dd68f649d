// Taking what an editor offers, as a person does who looks before the next key.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Locator } from 'playwright-core';

const TRY_EVERY_MS = 50;
const TRIES_MAX = 400;

/** Tab does nothing while the editor finds out what it offers: it is pressed until the text is another. */
export async function takeOffered(editor: Locator): Promise<void> {
  const before = await editor.innerText();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await editor.page().keyboard.press('Tab');
    if ((await editor.innerText()) !== before) return;
    await setTimeout(TRY_EVERY_MS);
  }
  assert.fail(`nothing was taken: ${before}`);
}
