// The pictures and tables beside the lines: bars by level, services, values, patterns over time, trees of JSON, and files.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { LogEntry } from '../../data/log-lines.ts';
import { linesAsJson, linesAsText, rfc3339 } from './download.ts';
import { JSON_ROWS_MAX, jsonOf, jsonRows } from './json-tree.ts';
import { barsAsked, countSpan, levelBars } from './level-bars.ts';
import { drawnText, timeText, unreadLines, wrappedHeight } from './line-rows.ts';
import { levelsByService, serviceRows } from './service-rows.ts';
import { barsPath, sparkBars } from './sparkline.ts';
import { valueRows } from './value-rows.ts';

const series = (labels: Readonly<Record<string, string>>, times: readonly number[], values: readonly number[]) => ({
  labels,
  times,
  values,
  histogram: false,
});
const vector = (...rows: readonly (readonly [Readonly<Record<string, string>>, number])[]) =>
  ({ kind: 'vector', series: rows.map(([labels, value]) => ({ labels, times: [0], values: [value] })) }) as const;

test('a count stands at the end of its bar, and is drawn from its beginning', () => {
  const asked = barsAsked({ startMs: 1000, endMs: 61_000 }, 300);
  assert.deepEqual(asked, { span: { startMs: 0, endMs: 62_000 }, stepMs: 2000 });
  assert.deepEqual(countSpan(asked), { startMs: 2000, endMs: 62_000 });
  const { grid, counts } = levelBars(
    [
      series({ detected_level: 'warn' }, [2, 62], [3, 4]),
      series({ detected_level: 'error' }, [4], [5]),
      series({ detected_level: 'err' }, [4], [1]),
    ],
    asked,
  );
  assert.equal(grid.times.length, 31);
  // The gravest is the last series, which is drawn lowest.
  assert.deepEqual(counts, [
    { level: 'warn', words: ['warn'], count: 7 },
    { level: 'error', words: ['error', 'err'], count: 6 },
  ]);
  assert.deepEqual([grid.series[0]?.values[0], grid.series[0]?.values[30], grid.series[1]?.values[1]], [3, 4, 6]);
});

test('services and values, the most first', () => {
  const rows = serviceRows(vector([{ service_name: 'a' }, 50], [{ service_name: 'b' }, 100], [{}, 7]), 'service_name');
  assert.deepEqual(rows, [
    { name: 'b', bytes: 100, share: 1 },
    { name: 'a', bytes: 50, share: 0.5 },
  ]);
  const levels = levelsByService(
    vector([{ s: 'a', detected_level: 'info' }, 5], [{ s: 'a', detected_level: 'error' }, 1], [{ s: 'a' }, 2]),
    's',
  );
  assert.deepEqual(
    levels.get('a')?.map(({ level, lines }) => `${level} ${lines}`),
    ['error 1', 'info 5', 'unknown 2'],
  );
  assert.deepEqual(valueRows(vector([{ x: '1' }, 3], [{ x: '2' }, 6]), 'x'), {
    rows: [
      { value: '2', count: 6, share: 1 },
      { value: '1', count: 3, share: 0.5 },
    ],
    total: 9,
  });
  assert.deepEqual(serviceRows(undefined, 'a'), []);
});

test('a pattern over time', () => {
  assert.deepEqual(
    sparkBars(
      [
        [0, 1],
        [5, 2],
        [9, 3],
        [10, 4],
        [99, 1],
      ],
      0,
      10,
      2,
    ),
    [1, 10],
  );
  assert.equal(barsPath([0, 2, 1], 10), 'M1 10v-10.00h0.8V10zM2 10v-5.00h0.8V10z');
});

test('a line of JSON as a tree, its leaves named as the stage names them', () => {
  const rows = jsonRows(jsonOf(' {"a":{"b-c":1,"d":[{"e":true}]},"1x":"y","n":null,"o":{}} '));
  assert.deepEqual(
    rows.map(({ depth, key, text, field }) => `${' '.repeat(depth)}${key} ${text} ${field ?? '-'}`),
    ['a {2} -', ' b-c 1 a_b_c', ' d [1] -', '  0 {1} -', '   e true -', '1x y _1x', 'n null -', 'o {} -'],
  );
  // Ids beyond what a double holds stay as they were written.
  assert.deepEqual(
    jsonRows(jsonOf('{"id":12345678901234567890,"x":1.50}')).map(({ text, kind }) => `${kind} ${text}`),
    ['number 12345678901234567890', 'number 1.50'],
  );
  for (const line of ['', 'text', '{broken', '12', '"x"']) assert.equal(jsonOf(line), undefined, line);
});

test('any JSON becomes rows, at most so many', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
      const rows = jsonRows(value);
      assert.ok(rows.every(({ text, depth }) => typeof text === 'string' && depth <= 40));
    }),
    { numRuns: 1000, seed: 3 },
  );
  const deep = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`);
  assert.ok(jsonRows(deep).length <= JSON_ROWS_MAX);
  assert.ok(jsonRows(Array.from({ length: 10 * JSON_ROWS_MAX }, () => ({ x: 1 }))).length <= JSON_ROWS_MAX + 2);
});

const entry = (line: string, more: Partial<LogEntry> = {}): LogEntry => ({
  ns: '1700000000123456789',
  line,
  stream: { app: 'a' },
  metadata: {},
  parsed: {},
  ...more,
});

test('lines as rows and as files', () => {
  assert.equal(timeText(entry(''), 'utc', false), '22:13:20.123');
  assert.equal(timeText(entry(''), 'utc', true), '11-14 22:13:20.123');
  assert.equal(drawnText('a\nb\n', false), 'a ↵ b');
  assert.equal(drawnText('a\r\nb\n', true), 'a\r\nb');
  assert.match(drawnText('x'.repeat(5000), false), /^x{500} … 4500 more characters$/);
  assert.deepEqual(
    ['', 'abc', 'abcdef', 'x'.repeat(9000)].map((line) => wrappedHeight(line, 5) / 20),
    [1, 1, 2, 1600],
  );
  assert.deepEqual(unreadLines([entry(''), entry('', { parsed: { __error__: 'JSONParserErr' } })], 10), {
    count: 1,
    error: 'JSONParserErr',
  });
  assert.equal(rfc3339('1700000000123456789'), '2023-11-14T22:13:20.123456789Z');
  assert.equal(linesAsText([entry('\u001b[31mred\u001b[0m')]), '2023-11-14T22:13:20.123456789Z red\n');
  assert.deepEqual(JSON.parse(linesAsJson([entry('x')])), [
    { time: '2023-11-14T22:13:20.123456789Z', line: 'x', stream: { app: 'a' }, metadata: {}, parsed: {} },
  ]);
});
