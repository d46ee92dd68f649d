// Waiting for what a page comes to say: asked again and again, because pages settle when they do and forbid code in strings.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

const ASK_EVERY_MS = 50;
const ASKED_MAX = 400;

/** Returns when the answer is the expected one. Throws with the last answer when it does not become so. */
export async function settlesOn<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  for (let asked = 1; asked < ASKED_MAX; asked++) {
    if ((await ask()) === expected) return;
    await setTimeout(ASK_EVERY_MS);
  }
  assert.equal(await ask(), expected);
}
