// Any text is a template or refused with a reason, and any template ends: within its limits, with an output or an error that says where.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { parseTime } from './time-parse.ts';
import { formatTime } from './time-format.ts';
import { sprintf } from './fmt.ts';
import { TemplateCallError, TemplateError, TemplateSyntaxError } from './template-error.ts';
import { compileTemplate } from './template.ts';
import { UTC } from './time-zone.ts';
import { goMap, type Value } from './value.ts';

const limits = { lengthMax: 2000, stepsMax: 300, depthMax: 10 };
const data = goMap(
  new Map<string, Value>([
    ['a', 'x'],
    ['n', 3n],
    ['l', ['p', 1.5, null]],
    ['m', goMap(new Map([['k', 'v']]))],
  ]),
);

const piece = fc.oneof(
  fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '|',
    '(',
    ')',
    '.',
    '.a',
    '.l',
    '.m.k',
    '$',
    '$x',
    ':=',
    '=',
    ',',
    '"a"',
    '`b`',
    "'c'",
    '1',
    '-2.5',
    '0x1p',
    'nil',
    'true',
  ),
  fc.constantFrom('if', 'else', 'end', 'range', 'with', 'define', 'block', 'template', 'break', 'continue', '"T"', '/*', '*/'),
  fc.constantFrom(
    'printf',
    'print',
    'index',
    'slice',
    'len',
    'eq',
    'lt',
    'and',
    'or',
    'not',
    'html',
    'js',
    'call',
    'urlquery',
    '"%*[2]d%v%999s"',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
);
const action = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => `{{${parts.join(' ')}}}`);
const block = fc.constantFrom(
  '{{range .l}}{{.}}{{end}}',
  '{{range $i, $e := .l}}{{printf "%5v" $e}}{{end}}',
  '{{with .m}}{{.k}}{{else}}n{{end}}',
  '{{define "T"}}{{template "T" .}}{{end}}{{template "T" .l}}',
  '{{$x := .n}}{{range $x}}{{$x = .}}{{end}}{{$x}}',
  '{{if and .a (not .b)}}{{break}}{{end}}',
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.array(fc.oneof(action, block), { maxLength: 6 }).map((parts) => parts.join('')),
);

test('templates end', () => {
  fc.assert(
    fc.property(text, (source) => {
      try {
        const output = compileTemplate(source, { name: 'f', functions: new Map(), missingKey: 'zero', limits }).execute(data);
        assert.ok(output.length <= limits.lengthMax);
      } catch (error) {
        assert.ok(error instanceof TemplateSyntaxError || error instanceof TemplateError, String(error));
        assert.match(error.message, /^template: f:\d+:/);
      }
    }),
    { numRuns: 4000, seed: 11 },
  );
});

const value = fc.oneof(
  fc.constantFrom<Value>(null, true, 1n, -5n, 1.5, Number.NaN, 'ü', ['a', 1n], data),
  fc.double(),
  fc.string(),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
);
const format = fc.array(
  fc.oneof(
    fc.constantFrom(
      '%',
      '%-',
      '%+',
      '% ',
      '%#',
      '%0',
      '*',
      '.',
      '[1]',
      '[2]',
      '5',
      'd',
      's',
      'v',
      'q',
      'x',
      'f',
      'g',
      'e',
      'T',
      'c',
      'U',
      '%%',
    ),
    fc.string({ maxLength: 2 }),
  ),
  { maxLength: 12 },
);

test('formats end', () => {
  fc.assert(
    fc.property(format, fc.array(value, { maxLength: 4 }), (parts, values) => {
      try {
        assert.ok(sprintf(parts.join(''), values, limits).length < 20_000);
      } catch (error) {
        assert.ok(error instanceof TemplateCallError, String(error));
      }
    }),
    { numRuns: 3000, seed: 12 },
  );
});

const layout = fc.array(
  fc.constantFrom(
    '2006',
    '01',
    'Jan',
    '02',
    '_2',
    '15',
    '04',
    '05',
    '.000',
    '.999',
    'PM',
    '3',
    'MST',
    '-0700',
    'Z07:00',
    ' ',
    '-',
    'T',
    '002',
    'x',
  ),
  { maxLength: 10 },
);

test('what a full layout writes, it reads again', () => {
  fc.assert(
    fc.property(fc.integer({ min: -30_000_000_000, max: 200_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanos) => {
      const full = '2006-01-02T15:04:05.999999999Z07:00';
      assert.deepEqual(parseTime(full, formatTime({ seconds, nanos, zone: UTC }, full), UTC), { seconds, nanos, zone: UTC });
    }),
    { numRuns: 1000, seed: 13 },
  );
  fc.assert(
    fc.property(layout, fc.string(), (parts, other) => {
      const written = formatTime({ seconds: 1_700_000_000, nanos: 5, zone: UTC }, parts.join(''));
      parseTime(parts.join(''), written, UTC);
      parseTime(parts.join(''), other, UTC);
    }),
    { numRuns: 1000, seed: 14 },
  );
});
