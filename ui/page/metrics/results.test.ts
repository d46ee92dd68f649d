// Rows of a result, and why there may be none.

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseExpr } from '../../../src/metrics/promql/parse.ts';
import type { HistogramValue, SampleSeries } from '../../data/query-result.ts';
import { columnsOf, rowHeight, rowsOf, textTable } from './result-rows.ts';
import { whyEmpty } from './why-empty.ts';

const histogram: HistogramValue = { count: 7, sum: 3.5, buckets: [{ rule: 0, lower: 0.5, upper: Infinity, count: 7 }] };
const series: readonly SampleSeries[] = [
  { labels: { __name__: 'm', a: '2' }, times: [1], values: [3] },
  { labels: { a: '10', b: 'x' }, times: [1], values: [histogram] },
  { labels: { a: '1' }, times: [1], values: [NaN] },
];

test('sorted by value, by label, or as given', () => {
  const order = (column: string, descending: boolean): string =>
    rowsOf({ kind: 'vector', series }, { column, descending })
      .map((row) => row.labels['a'])
      .join(' ');
  assert.equal(order('value', true), '10 2 1');
  assert.equal(order('value', false), '1 2 10');
  assert.equal(order('a', false), '1 2 10');
  assert.equal(order('given', false), '2 10 1');
});

test('as text, with every digit', () => {
  const rows = rowsOf({ kind: 'vector', series }, { column: 'given', descending: false });
  const columns = columnsOf(series);
  assert.deepEqual(columns, ['__name__', 'a', 'b']);
  assert.deepEqual(textTable(rows, columns).rows, [
    ['m', '2', '', '3'],
    ['', '10', 'x', 'count:7 sum:3.5 (0.5, +Inf]:7'],
    ['', '1', '', 'NaN'],
  ]);
  const [range] = rowsOf(
    { kind: 'matrix', series: [{ labels: {}, times: [1, 2], values: [5, 6] }] },
    { column: 'given', descending: false },
  );
  assert.equal(range && textTable([range], []).rows[0]?.[0], '5 @1\n6 @2');
  assert.ok(range && rowHeight(range) > 24);
});

test('why a query comes to nothing', () => {
  const names = new Set(['up', 'x_total']);
  const why = (text: string, view: 'chart' | 'table' = 'chart'): string => whyEmpty(parseExpr(text), names, view).join(' | ');
  assert.match(why('nosuch + up'), /^No metric in this time range is called nosuch\.$/);
  assert.match(why('up{a="1"}'), /no series has all of these labels/);
  assert.match(why('up > 5'), /comparison/);
  assert.doesNotMatch(why('up > 5'), /in common/);
  assert.match(why('up / x_total'), /in common/);
  assert.match(why('rate(up[1s])'), /too short/);
  assert.match(why('up'), /widen the range/);
  assert.match(why('up', 'table'), /at most five minutes old/);
});
