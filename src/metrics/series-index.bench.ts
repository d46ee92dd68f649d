// What the label index costs: `node src/metrics/series-index.bench.ts [series …]` builds one for each number and asks it as dashboards do.
//
// Ten labels a series, as a cluster's exporters send: 100 names, 20 jobs, 1 pod for every 100 series, 500 hosts and the rest.

import { hash } from 'node:crypto';

import { type Labels, labelsKey, labelsOfRecord } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { selectNumbers } from './index-select.ts';
import { IndexSelection } from './index-selection.ts';
import { cardinalityOf, namesOf, valuesOf } from './label-lists.ts';
import { metricId } from './series-registry.ts';
import type { IndexView } from './series-index.ts';
import { TenantIndex } from './tenant-index.ts';
import { sql } from '../base/sql.ts';

const DAY = 20_000;
const RUNS = 21;
/** The ids of the series, as a query's rows bring them. */
let low = new Uint32Array();
let high = new Uint32Array();

function labelsAt(i: number): Labels {
  return labelsOfRecord({
    __name__: `metric_${i % 100}_seconds_total`,
    job: `job-${i % 20}`,
    instance: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${Math.floor(i / 2000) & 255}:9100`,
    pod: `service-${Math.floor(i / 1000) % 50}-7d9f8b6c5-${Math.floor(i / 100).toString(36)}`,
    namespace: `team-${i % 30}`,
    container: `main-${i % 7}`,
    node: `node-${Math.floor(i / 200) % 500}`,
    cluster: 'eu-1',
    code: String(200 + (i % 5)),
    le: String((i % 11) / 10),
  });
}

interface Given {
  readonly low: number;
  readonly high: number;
  readonly metric: number;
  readonly labels: Labels;
}

/** As they come off the wire: no string is shared. */
function* given(series: number): Generator<Given> {
  for (let i = 0; i < series; i++) {
    const labels = labelsAt(i);
    const id = hash('md5', labelsKey(labels), 'buffer');
    yield { low: id.readUInt32LE(0), high: id.readUInt32LE(4), metric: metricId(labels[1] ?? ''), labels };
  }
}

const QUESTIONS: readonly (readonly [string, readonly Matcher[]])[] = [
  ['one name', [{ name: '__name__', op: '=', value: 'metric_7_seconds_total' }]],
  [
    'name and job',
    [
      { name: '__name__', op: '=', value: 'metric_7_seconds_total' },
      { name: 'job', op: '=', value: 'job-7' },
    ],
  ],
  ['one pod', [{ name: 'pod', op: '=', value: 'service-1-7d9f8b6c5-a' }]],
  [
    'name and not a code',
    [
      { name: '__name__', op: '=', value: 'metric_7_seconds_total' },
      { name: 'code', op: '!=', value: '202' },
    ],
  ],
  ['8 of 20 jobs (40 %)', [{ name: 'job', op: '=~', value: 'job-(0|1|2|3|4|5|6|7)' }]],
  ['8 of 20 jobs, as a set', [{ name: 'job', op: '=~', value: 'job-0|job-1|job-2|job-3|job-4|job-5|job-6|job-7' }]],
  [
    'name and regex on pods',
    [
      { name: '__name__', op: '=', value: 'metric_7_seconds_total' },
      { name: 'pod', op: '=~', value: '.*-7d9f.*a.*' },
    ],
  ],
  ['no code 200', [{ name: 'code', op: '!=', value: '200' }]],
];

async function measure(series: number): Promise<void> {
  low = new Uint32Array(series);
  high = new Uint32Array(series);
  const before = heap();
  const index = new TenantIndex('bench');
  const { active } = index.day(DAY, true);
  const started = performance.now();
  let making = 0;
  for (
    let all = given(series), from = performance.now(), next = all.next();
    next.done !== true;
    from = performance.now(), next = all.next()
  ) {
    const one = next.value;
    making += performance.now() - from;
    const number = index.add(one.low, one.high, one.metric, one.labels);
    active.add(number);
    low[number] = one.low;
    high[number] = one.high;
  }
  const ms = performance.now() - started - making;
  const bytes = heap() - before;
  process.stdout.write(`\n${series} series: built in ${ms.toFixed(0)} ms, ${(bytes / series).toFixed(0)} bytes per series\n`);
  const view = { index, active };
  for (const [what, matchers] of QUESTIONS) await time(`select ${what}`, () => select(view, matchers));
  const chosen = await selectNumbers(view, QUESTIONS[0]?.[1] ?? [], new AbortController().signal);
  await time('names of all', () => [...namesOf({ view, numbers: undefined })].length);
  await time('names of one metric', () => [...namesOf({ view, numbers: chosen })].length);
  await time('values of job', () => valuesOf({ view, numbers: undefined }, 'job', 1e6).length);
  await time('values of pod', () => valuesOf({ view, numbers: undefined }, 'pod', 1e6).length);
  await time('values of pod of one metric', () => valuesOf({ view, numbers: chosen }, 'pod', 1e6).length);
  await time('status', () => cardinalityOf({ view, numbers: undefined }, ['__name__'], 10).series);
}

/** The selection, and a look-up of each of its series as reading samples does. */
async function select(view: IndexView, matchers: readonly Matcher[]): Promise<string> {
  const selected = performance.now();
  const numbers = await selectNumbers(view, matchers, new AbortController().signal);
  const selection = new IndexSelection(view.index, numbers, { extra: [], condition: () => sql`1` });
  const found = performance.now();
  let hits = 0;
  for (const number of numbers) if (selection.find(low[number] ?? 0, high[number] ?? 0) >= 0) hits++;
  const micros = ((found - selected) * 1000).toFixed(0);
  return `${hits} series, selected in ${micros} µs, found in ${((performance.now() - found) * 1000).toFixed(0)} µs`;
}

async function time(what: string, run: () => unknown): Promise<void> {
  const times: number[] = [];
  let answer: unknown;
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    answer = await run();
    times.push(performance.now() - started);
  }
  const [first = 0] = times;
  times.sort((a, b) => a - b);
  process.stdout.write(
    `  ${what.padEnd(36)} median ${(times[RUNS >> 1] ?? 0).toFixed(3)} ms, first ${first.toFixed(3)} ms (${String(answer)})\n`,
  );
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const asked = process.argv.slice(2).map(Number);
for (const series of asked.length === 0 ? [10_000, 100_000, 1_000_000] : asked) await measure(series);
