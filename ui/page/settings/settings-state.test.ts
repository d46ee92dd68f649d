// The settings page without a browser.

import assert from 'node:assert/strict';
import test from 'node:test';
import { factTitle, findFacts, openSection, readSettings, settingsAddress, shares, tellingFacts } from './settings-state.ts';

test('a section has its address', () => {
  assert.deepEqual(readSettings({ section: 'nonsense' }), { section: 'status', find: '' });
  assert.deepEqual(settingsAddress(readSettings({ section: 'flags', find: 'web' })), { section: 'flags', find: 'web' });
  assert.deepEqual(openSection('config'), { section: 'config', find: '' });
});

test('rows are found by name and value', () => {
  const facts = [
    ['web.listen', '0.0.0.0:1'],
    ['log.level', 'info'],
  ] as const;
  assert.deepEqual(findFacts(facts, ' INFO'), [facts[1]]);
  assert.equal(findFacts(facts, '').length, 2);
});

test('facts that say nothing are left out', () => {
  const facts = [
    ['GOGC', ''],
    ['GOMAXPROCS', '0'],
    ['goroutineCount', '35'],
    ['corruptionCount', '0'],
  ] as const;
  assert.deepEqual(
    tellingFacts(facts).map(([name]) => name),
    ['goroutineCount', 'corruptionCount'],
  );
});

test('shares are of the greatest', () => {
  const rows = [
    { name: 'a', value: 1 },
    { name: 'b', value: 4 },
    { name: 'c', value: 2 },
  ];
  assert.deepEqual(
    shares(rows, 2).map((r) => [r.name, r.share]),
    [
      ['b', 1],
      ['c', 0.5],
    ],
  );
  assert.deepEqual(shares([{ name: 'a', value: 0 }], 5)[0]?.share, 0);
});

test('names read like words', () => {
  assert.deepEqual(['startTime', 'goVersion', 'GOMAXPROCS', 'web.listen', 'version', 'reloadConfigSuccess'].map(factTitle), [
    'Start time',
    'Go version',
    'GOMAXPROCS',
    'web.listen',
    'Version',
    'Reload config success',
  ]);
});
