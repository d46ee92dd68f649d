// The figures of services out of series of either language.

import assert from 'node:assert/strict';
import test from 'node:test';
import { callSeries, quantilesOfSpans, quantilesOfVector, requestsOf, withoutEmpty } from './service-calls.ts';
import type { CallSeries } from './service-calls.ts';
import { serviceRows, shownRows, summed } from './service-rows.ts';
import type { Steps } from './service-rows.ts';
import { operationsOf, requestsOver, sortedOperations } from './service-state.ts';
import { slowBound, slowest } from './slow.ts';
import { sparkPath } from './spark-path.ts';

const STEPS: Steps = { startS: 100, stepS: 10, count: 3, endS: 120 };
const TIMES = [100, 110, 120];

function calls(service: string, kind: string, status: string, values: readonly number[]): CallSeries {
  return callSeries({ labels: { service, span_kind: `SPAN_KIND_${kind}`, status_code: `STATUS_CODE_${status}` }, times: TIMES, values });
}

test('labels of both languages say the same', () => {
  const ofMetrics = calls('cart', 'SERVER', 'ERROR', [1]);
  const ofSpans = callSeries({ labels: { 'resource.service.name': 'cart', kind: 'server', status: 'error' }, times: TIMES, values: [1] });
  assert.deepEqual(ofMetrics, ofSpans);
  assert.equal(ofSpans.entry && ofSpans.failed, true);
  const q = { service: 'cart', operation: '', kind: '', q: '0.95', value: 2 };
  assert.deepEqual(quantilesOfVector([{ labels: { service: 'cart', q: '0.95' }, times: [1], values: [2] }]), [q]);
  const labels = [
    { name: 'resource.service.name', value: 'cart', type: 'stringValue' },
    { name: 'p', value: '0.95', type: 'doubleValue' },
  ];
  assert.deepEqual(quantilesOfSpans([{ labels, value: 2 }]), [q]);
  assert.deepEqual(quantilesOfSpans([{ labels, value: Number.NaN }]), []);
});

test('a service is counted by what it answers; one that answers nothing by all its spans', () => {
  const all = [
    calls('cart', 'SERVER', 'UNSET', [1, 1, 1]),
    calls('cart', 'CLIENT', 'UNSET', [9, 9, 9]),
    calls('job', 'INTERNAL', 'UNSET', [2, 2, 2]),
  ];
  assert.deepEqual(
    requestsOf(all).map(({ service, kind }) => `${service} ${kind}`),
    ['cart server', 'job internal'],
  );
  const rows = serviceRows({ calls: all, quantiles: [], p95: [], edges: [], steps: STEPS });
  assert.deepEqual(
    rows.map(({ name, rate, answers }) => [name, rate, answers]),
    [
      ['cart', 1, true],
      ['job', 2, false],
    ],
  );
});

test('a row has the mean rate, the ratio of errors and its quantiles', () => {
  const [row] = serviceRows({
    calls: [calls('cart', 'SERVER', 'UNSET', [3, 3, Number.NaN]), calls('cart', 'SERVER', 'ERROR', [1, Number.NaN, Number.NaN])],
    quantiles: [{ service: 'cart', operation: '', kind: '', q: '0.99', value: 0.5 }],
    p95: [],
    edges: [],
    steps: STEPS,
  });
  assert.ok(row);
  assert.equal(row.rate, 7 / 3);
  assert.equal(row.errorRatio, 1 / 7);
  assert.equal(row.p99, 0.5);
  assert.equal(row.p50, undefined);
  assert.deepEqual(row.rateSpark, [4, 3, null]);
  assert.deepEqual(row.errorSpark, [0.25, 0, null]);
  assert.deepEqual(row.p95Spark, [null, null, null]);
});

test('a step that is still open is not drawn, and one outside of the range is not summed', () => {
  const [row] = serviceRows({
    calls: [calls('cart', 'SERVER', 'UNSET', [1, 1, 1])],
    quantiles: [],
    p95: [],
    edges: [],
    steps: { ...STEPS, endS: 115 },
  });
  assert.deepEqual(row?.rateSpark, [1, 1]);
  assert.deepEqual(summed([{ times: [0, 110, 900], values: [5, 6, 7] }], STEPS), [null, 6, null]);
});

test('rows are found by words and sorted; what is not known comes last', () => {
  const rows = serviceRows({
    calls: [
      calls('b-shop', 'SERVER', 'UNSET', [1, 1, 1]),
      calls('a-shop', 'SERVER', 'UNSET', [2, 2, 2]),
      calls('db', 'SERVER', 'UNSET', [3, 3, 3]),
    ],
    quantiles: [{ service: 'b-shop', operation: '', kind: '', q: '0.95', value: 1 }],
    p95: [],
    edges: [],
    steps: STEPS,
  });
  const names = (find: string, column: 'service' | 'rate' | 'p95', descending: boolean): string =>
    shownRows(rows, find, { column, descending })
      .map(({ name }) => name)
      .join(' ');
  assert.equal(names('SHOP', 'service', false), 'a-shop b-shop');
  assert.equal(names('', 'rate', true), 'db a-shop b-shop');
  assert.equal(names('', 'p95', true), 'b-shop a-shop db');
  assert.equal(names('', 'p95', false), 'b-shop a-shop db');
  assert.equal(names('shop b', 'rate', true), 'b-shop');
});

test('operations join rates and quantiles by name and kind', () => {
  const call = (name: string, kind: string, status: string, value: number): CallSeries =>
    callSeries({ labels: { service: 's', span_name: name, span_kind: kind, status_code: status }, times: [0], values: [value] });
  const operations = operationsOf(
    [
      call('GET', 'SPAN_KIND_SERVER', 'STATUS_CODE_UNSET', 3),
      call('GET', 'SPAN_KIND_SERVER', 'STATUS_CODE_ERROR', 1),
      call('GET', 'SPAN_KIND_CLIENT', '', 9),
    ],
    [{ service: 's', operation: 'GET', kind: 'server', q: '0.95', value: 0.2 }],
  );
  assert.deepEqual(
    sortedOperations(operations, 'errors').map(({ kind, rate, errorRatio, p95 }) => [kind, rate, errorRatio, p95]),
    [
      ['server', 4, 0.25, 0.2],
      ['client', 9, 0, undefined],
    ],
  );
  assert.equal(sortedOperations(operations, 'rate')[0]?.kind, 'client');
  assert.equal(operationsOf([call('idle', '', '', 0)], []).length, 0);
});

test('where something was asked and nothing failed there are no failures', () => {
  const { all, failed, ratio } = requestsOver([calls('cart', 'SERVER', 'UNSET', [2, Number.NaN, 4])], STEPS);
  assert.deepEqual(all, [2, null, 4]);
  assert.deepEqual(failed, [0, null, 0]);
  assert.deepEqual(ratio, [0, null, 0]);
});

test('a slow request lies over most; of exemplars the slowest of each part is shown', () => {
  const series = (q: string, values: readonly number[]) => ({ labels: { q }, times: TIMES, values, histogram: false });
  assert.equal(slowBound([series('0.5', [100]), series('0.95', [1, Number.NaN, 3, 2])]), 2 * 0.9);
  assert.equal(slowBound([]), undefined);
  assert.deepEqual(withoutEmpty(series('0.95', [0, 1])).values, [Number.NaN, 1]);
  const exemplar = (atMs: number, value: number) => ({ series: {}, labels: {}, atMs, value });
  const span = { startMs: 0, endMs: 3200 };
  assert.deepEqual(
    slowest([exemplar(3100, 1), exemplar(10, 1), exemplar(20, 3), exemplar(30, 2)], span).map(({ atMs }) => atMs),
    [20, 3100],
  );
});

test('a small picture has gaps, and a value between two gaps is seen', () => {
  assert.equal(sparkPath([1, 2, null, 2, null], 40, 10, 2), 'M0.0 5.0L10.0 0.0M30.0 0.0h1');
  assert.equal(sparkPath([0, 0], 40, 10, 0), 'M0.0 10.0L40.0 10.0');
  assert.equal(sparkPath([], 40, 10, 0), '');
});
