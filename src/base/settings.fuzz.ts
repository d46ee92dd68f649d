// Whatever text stands in a settings file: values, or one clear refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from './request-error.ts';
import { readSettingsFile } from './settings-file.ts';
import { address, boolean, duration, integer, list, NamedSettings, parseAddress, parseEntries, raw, size, text } from './settings.ts';

const TREE = {
  name: text('a', ''),
  group: { wait: duration('1s', ''), bytes: size('1MiB', ''), count: integer(1, '', { min: 1, max: 9 }), on: boolean(true, '') },
  listen: address(':1', ''),
  items: list(''),
  other: raw('', { type: 'other' }),
  each: new NamedSettings({ count: integer(1, '') }, ''),
};

function read(yaml: string): void {
  try {
    parseEntries(TREE, readSettingsFile(yaml, 'file', TREE));
  } catch (error) {
    assert.ok(error instanceof RequestError, `${JSON.stringify(yaml)}: ${String(error)}`);
    assert.match(error.message, /^file:\d+:\d+: /);
  }
}

const PIECES = [
  'name',
  'group',
  'wait',
  'bytes',
  'on',
  'listen',
  'items',
  'other',
  'each',
  ': ',
  ':',
  '\n',
  '  ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '1',
  '1s',
  '&a ',
  '*a',
  '<<',
  '"',
  "'",
  '#',
  '!!binary ',
  '|',
  '~',
  '? ',
];

test('pieces of YAML in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }), (pieces) => read(pieces.join(''))),
    { numRuns: 3000, seed: 7 },
  );
});

test('any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (yaml) => read(yaml)),
    { numRuns: 1000, seed: 7 },
  );
});

test('an address is one or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('[]:.0123456789abz ')), maxLength: 20 }), (given) => {
      const parsed = parseAddress(given);
      assert.ok(parsed === undefined || (parsed.port >= 0 && parsed.port <= 65_535 && parsed.host !== ''));
    }),
    { numRuns: 2000, seed: 7 },
  );
});
