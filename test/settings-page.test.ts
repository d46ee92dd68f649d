// The reference of settings is what the program reads.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SETTINGS_PAGE, settingsPage } from '../tools/settings.ts';

test('docs/settings.md is up to date; `node tools/settings.ts` writes it', () => {
  assert.equal(readFileSync(SETTINGS_PAGE, 'utf8'), settingsPage());
});
