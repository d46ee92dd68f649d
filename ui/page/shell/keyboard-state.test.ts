// What keys mean, alone and after `g`.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AT_REST, pressKey } from './keyboard-state.ts';
import type { Key } from './keyboard-state.ts';

const key = (name: string, more: Partial<Key> = {}): Key => ({ key: name, command: false, alt: false, typing: false, ...more });

test('single keys', () => {
  assert.deepEqual(pressKey(AT_REST, key('?')).command, { kind: 'help' });
  assert.deepEqual(pressKey(AT_REST, key('[')).command, { kind: 'shift', direction: -1 });
  assert.equal(pressKey(AT_REST, key('x')).command, undefined);
});

test('g and a letter', () => {
  const going = pressKey(AT_REST, key('g')).state;
  assert.deepEqual(pressKey(going, key('m')), { state: AT_REST, command: { kind: 'go', key: 'm' } });
  assert.deepEqual(pressKey(going, key('Escape')), { state: AT_REST, command: { kind: 'escape' } });
});

test('typing goes into the text, except for the palette and escape', () => {
  for (const name of ['g', 'r', '/', '?', 't']) assert.equal(pressKey(AT_REST, key(name, { typing: true })).command, undefined, name);
  assert.deepEqual(pressKey(AT_REST, key('k', { typing: true, command: true })).command, { kind: 'palette' });
  assert.deepEqual(pressKey(AT_REST, key('Escape', { typing: true })).command, { kind: 'escape' });
});

test("the browser's own shortcuts stay its own", () => {
  assert.equal(pressKey(AT_REST, key('r', { command: true })).command, undefined);
  assert.equal(pressKey(AT_REST, key('t', { alt: true })).command, undefined);
});
