// The import table as a test: first that it catches what it is for, then that the project keeps to it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exceptions, layerViolations, rows } from './house/layers.ts';
import { parseSource, projectSources } from './house/source.ts';

/** `[what, path, import, expected message or nothing]` */
const cases: readonly (readonly [string, string, string, RegExp | undefined])[] = [
  ['downwards', 'src/metrics/a.ts', `import { a } from '../storage/client.ts';`, undefined],
  ['far downwards', 'src/main.ts', `import { a } from './base/assert.ts';`, undefined],
  ['within a part', 'src/metrics/promql/a.ts', `import { a } from '../write.ts';`, undefined],
  ['upwards', 'src/base/a.ts', `import { a } from '../storage/client.ts';`, /base does not import storage: imports go downwards/],
  ['upwards, for a type only', 'src/storage/a.ts', `import type { A } from '../metrics/write.ts';`, /storage does not import metrics/],
  ['a stranger of the row', 'src/metrics/a.ts', `import { a } from '../logs/a.ts';`, /parts of one row are strangers/],
  ['an exception', 'src/logs/a.ts', `import { a } from '../metrics/write.ts';`, undefined],
  ['not the exception’s other way', 'src/metrics/a.ts', `import { a } from '../traces/a.ts';`, /strangers/],
  ['a settings file upwards', 'src/config.ts', `import { a } from './storage/client.ts';`, /config does not import storage/],
  ['a part without a row', 'src/things/a.ts', `import { a } from '../base/assert.ts';`, /src\/things has no row/],
  ['out of src', 'src/main.ts', `import { a } from '../test/a.ts';`, /lies outside src/],
  ['without extension', 'src/base/a.ts', `import { a } from './assert';`, /carry their extension/],
  ['as if compiled', 'src/base/a.ts', `import { a } from './assert.js';`, /\.ts file itself/],
  ['re-exports count', 'src/base/a.ts', `export { a } from '../storage/client.ts';`, /base does not import storage/],
  ['dynamic imports count', 'src/base/a.ts', `const a = await import('../storage/client.ts');`, /base does not import storage/],
  ['node in a language', 'src/query/a.ts', `import { a } from 'node:fs';`, /reaches node:fs/],
  ['node in a language’s test', 'src/query/a.test.ts', `import { a } from 'node:test';`, undefined],
  ['node in a page', 'ui/page/a.ts', `import { a } from 'node:path';`, /reaches node:path/],
];

test('the table catches what it is for', () => {
  for (const [what, path, line, expected] of cases) {
    const found = layerViolations([parseSource(path, `// A file with one import.\n${line}\n`)]);
    if (expected === undefined) assert.deepEqual(found, [], what);
    else assert.match(found.join('\n'), expected, what);
  }
});

test('a page that reaches node through the server’s files is caught', () => {
  const page = parseSource('ui/data/a.ts', `import { read } from '../../src/base/read.ts';\n`);
  const between = parseSource('src/base/read.ts', `import { readFileSync } from 'node:fs';\n`);
  assert.match(layerViolations([page, between]).join(), /ui\/data\/a\.ts:1: .*src\/base\/read\.ts → node:fs/);
  const types = parseSource('ui/data/a.ts', `import type { Read } from '../../src/base/read.ts';\n`);
  assert.deepEqual(layerViolations([types, between]), []);
});

test('every part stands in one row, and exceptions name parts', () => {
  const parts = rows.flat();
  assert.equal(new Set(parts).size, parts.length);
  for (const { from, to, reason } of exceptions) {
    assert.ok(parts.includes(from) && parts.includes(to), `${from} → ${to}`);
    assert.match(reason, /\S+ \S+ \S+/);
  }
});

test('the project’s imports keep to the table', () => {
  assert.deepEqual(layerViolations(projectSources()), []);
});
