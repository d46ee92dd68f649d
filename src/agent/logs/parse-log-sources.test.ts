// The setting `logSources`: what a list becomes, and what is said of a list that is wrong.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import type { LogSource } from './log-source.ts';
import { parseLogSources } from './parse-log-sources.ts';

const parseText = (text: string): readonly LogSource[] =>
  parseLogSources({ kind: 'inline', configs: parse(text), directory: '/etc/sightline' }, () => assert.fail('no file is read'));

test('a source of files', () => {
  const [source] = parseText(
    '[{kind: file, paths: "logs/**/*.{log,txt}", exclude: [/etc/sightline/logs/old/*], labels: {job: web, n: 1}, stages: [{cri: }]}]',
  );
  assert.ok(source?.kind === 'file');
  assert.deepEqual(source.labels, [
    ['job', 'web'],
    ['n', '1'],
  ]);
  const { name, start, compressed, encoding, filenameLabel } = source;
  assert.deepEqual(
    { name, start, compressed, encoding, filenameLabel },
    { name: 'file-1', start: 'beginning', compressed: false, encoding: 'utf-8', filenameLabel: true },
  );
  const matches = (path: string): boolean => source.include.some((pattern) => pattern.matches(path));
  assert.deepEqual(
    ['/etc/sightline/logs/a.log', '/etc/sightline/logs/x/y/.b.txt', '/etc/sightline/logs/a.gz', '/logs/a.log'].map(matches),
    [true, true, false, false],
  );
});

test('a source of the journal, a list in a file', () => {
  const read = (file: string): string =>
    file === '/x/sources.yaml'
      ? '- kind: journal\n  matches: [_SYSTEMD_UNIT=a.service]\n  max_age: 1h\n- kind: file\n  paths: y.log\n'
      : '';
  const [journal, file] = parseLogSources({ kind: 'file', file: '/x/sources.yaml' }, read);
  assert.ok(journal?.kind === 'journal' && file?.kind === 'file');
  assert.deepEqual([journal.name, journal.matches, journal.maxAgeMs], ['journal-1', ['_SYSTEMD_UNIT=a.service'], 3_600_000]);
  assert.equal(file.include[0]?.text, '/x/y.log');
  assert.deepEqual(parseLogSources({ kind: 'none' }, read), []);
});

test('the example of the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/log-sources.md'), 'utf8');
  const settings: unknown = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '');
  assert.ok(typeof settings === 'object' && settings !== null && 'logSources' in settings);
  const sources = parseLogSources({ kind: 'inline', configs: settings.logSources, directory: '/' }, () => '');
  assert.deepEqual(
    sources.map(({ kind, name }) => [kind, name]),
    [
      ['file', 'nginx'],
      ['journal', 'journal-2'],
    ],
  );
});

/** `[list, what is said]` */
const refused: readonly (readonly [string, RegExp])[] = [
  ['{kind: file}', /^logSources: is not a list of sources$/],
  ['[{kind: files, paths: a}]', /^logSources\[0\]\.kind: /],
  ['[{kind: file}]', /^logSources\[0\]\.paths: is neither a path nor a list of paths$/],
  ['[{kind: file, paths: a, path: b}]', /^logSources\[0\]: Unrecognized key: "path"$/],
  ['[{kind: file, paths: ["a[b"]}]', /^logSources\[0\]\.paths\[0\]: the pattern ".*a\[b" has a \[ without its \]$/],
  ['[{kind: file, paths: ["a{b"]}]', /^logSources\[0\]\.paths\[0\]: .* has a \{ without its \}$/],
  ['[{kind: file, paths: a, start: middle}]', /^logSources\[0\]\.start: is neither beginning nor end$/],
  ['[{kind: file, paths: a, encoding: ebcdic}]', /^logSources\[0\]\.encoding: is not an encoding/],
  ['[{kind: file, paths: a, labels: {a-b: c}}]', /^logSources\[0\]\.labels: "a-b" is not a valid label name$/],
  ['[{kind: file, paths: a, name: "a/b"}]', /^logSources\[0\]\.name: is not a name of letters/],
  ['[{kind: file, paths: a, name: x}, {kind: journal, name: x}]', /^logSources\[1\]\.name: logSources\[0\] is called "x" too$/],
  ['[{kind: journal, matches: [a]}]', /^logSources\[0\]\.matches\[0\]: is not FIELD=value$/],
  ['[{kind: journal, stages: [{json: {}}]}]', /^logSources\[0\]\.stages\[0\]\.json\.expressions: is not a list of names/],
];

test('lists that cannot be', () => {
  for (const [list, said] of refused) assert.throws(() => parseText(list), { name: 'RequestError', message: said }, list);
});
