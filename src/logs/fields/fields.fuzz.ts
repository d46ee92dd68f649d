// Fields that ClickHouse finds, and those that are found by bytes, are those that the stages find: over lines of logfmt and JSON, well made and not.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { readContextsOf } from '../../metrics/api-context.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import { labelPairs, labelsOfRecord, NO_LABELS } from '../../query/labels.ts';
import { isMetric } from '../logql/ast.ts';
import { compilePipeline } from '../logql/compile-pipeline.ts';
import { LineLabels } from '../logql/line-labels.ts';
import { parseLogql } from '../logql/parse.ts';
import { openLogStore } from '../open-log-store.ts';
import type { ResultSeries } from '../query-result.ts';
import { runLogQuery } from '../run-query.ts';
import { LOG_MIGRATIONS } from '../table.ts';

const START_MS = 1_700_000_000_000;
const STREAMS = [labelsOfRecord({ app: 'x' }), labelsOfRecord({ app: 'x', level: 'of-stream' })] as const;
const NAMES = ['level', 'status', 'trace_id', 'a_b'];

const key = fc.constantFrom(
  ...NAMES,
  'levels',
  'xlevel',
  'trace.id',
  'a-b',
  'a',
  'b',
  'msg',
  ' level',
  'level ',
  'Level',
  '9x',
  'trace',
  'é',
  '',
);
const word = fc.constantFrom(
  'info',
  '500',
  '1.50',
  '-3e2',
  'true',
  'null',
  '',
  'a b',
  'x=y',
  'he said "no"',
  'back\\slash',
  'é',
  '{}',
  'level',
  'level=warn',
  '"level":"z"',
  'x'.repeat(200),
);
const pair = fc
  .tuple(key, word)
  .chain(([name, value]) =>
    fc.constantFrom(
      `${name}=${value}`,
      `${name}=${JSON.stringify(value)}`,
      `${name}="${value}"`,
      `${name}="${value}`,
      name,
      `${name}=`,
      `=${value}`,
    ),
  );
const logfmt = fc
  .array(fc.tuple(pair, fc.constantFrom(' ', '  ', '\t', '\n', '', '\u0001')), { maxLength: 6 })
  .map((parts) => parts.flat().join(''));
const scalar = fc.oneof(word, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));
const value = fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar, { maxLength: 2 }), fc.dictionary(key, scalar, { maxKeys: 3 }));
const object = fc.dictionary(key, value, { maxKeys: 6 });
const json = fc
  .tuple(object, fc.constantFrom(undefined, 1), fc.constantFrom('', ' ', '}', ',', 'x', '\\'), fc.nat(20))
  .map(([fields, indent, end, cut]) => {
    const text = JSON.stringify(fields, undefined, indent) + end;
    return cut === 0 ? text.slice(0, text.length / 2) : cut === 1 ? text.replace('level', 'l\\u0065vel') : text;
  });
const spaced = object.map((fields) => JSON.stringify(fields).replaceAll(':', ': ').replaceAll(',', ', '));
const line = fc.oneof(logfmt, json, spaced);

const FILTERS = ['', '| status >= 400', '| level="info"', '| level!="" or level=~"x.*"', '| a_b="info"', '| trace_id=""'];

test('fields of logfmt and JSON', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logs-fields-'));
  try {
    await compare(directory, fc.sample(line, { numRuns: 1200, seed: 11 }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

async function compare(directory: string, lines: readonly string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { limits } = loadConfig({ file: undefined, flags: [] }, {});
  const clock = { now: () => START_MS + 3_600_000 };
  const store = stack.use(await openTestStore(directory, LOG_MIGRATIONS));
  const open = { store, limitsOf: () => limits, clock, metrics: new SelfMetrics(), indexSeriesMax: () => 1000 };
  const logStore = stack.use(await openLogStore({ ...open, onIndexError: (_tenant, error) => assert.fail(String(error)) }));
  const read = { client: store.client, clock, flush: () => logStore.flush(), index: logStore.index, limitsOf: () => limits };
  const contexts = readContextsOf({ ...read, table: 'streams', retentionMsOf: () => 0 });
  const write = logStore.begin('fuzz');
  lines.forEach((text, i) => {
    const metadata = i % 17 === 0 ? labelsOfRecord({ level: 'of-metadata' }) : NO_LABELS;
    write.entry(STREAMS[i % 3 === 0 ? 1 : 0], { tsNs: BigInt(START_MS + i) * 1_000_000n, line: text, metadata });
  });
  await write.commit();
  const context = await contexts.read({ tenants: ['fuzz'], query: new URLSearchParams(), signal: new AbortController().signal });
  for (const parser of ['logfmt', 'json'])
    for (const filter of FILTERS)
      for (const names of [['level'], ['status', 'level'], ['trace_id'], ['a_b', 'app']]) {
        const log = `{app="x"} | ${parser} ${filter} | __error__=""`;
        const text = `sum by (${names.join(', ')}) (count_over_time(${log} [1h]))`;
        const timeNs = BigInt(START_MS + 600_000) * 1_000_000n;
        const query = { text, startNs: timeNs, endNs: timeNs, stepNs: undefined, limit: 100, direction: 'forward' as const };
        const { value: found } = await runLogQuery(context, parseLogql(text), query);
        assert.equal(found.kind, 'vector');
        assert.deepEqual(sumsOf(found.series), expected(lines, log, names), text);
      }
}

/** Labels without a value are left out: whether a field is empty or absent is not what this is about. */
function sumsOf(series: readonly ResultSeries[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const { labels, values } of series) {
    const key = [...labelPairs(labels)].flatMap(([name, text]) => (text === '' ? [] : [name, text])).join(' ');
    sums.set(key, (sums.get(key) ?? 0) + (values[0] ?? 0));
  }
  return [...sums].map(([key, sum]) => `${key} ${sum}`).toSorted();
}

/** The counts by the stages themselves, which are told what is needed as an evaluation tells them. */
function expected(lines: readonly string[], log: string, names: readonly string[]): readonly string[] {
  const expr = parseLogql(log);
  assert.ok(!isMetric(expr));
  const pipeline = compilePipeline(expr.stages, { needed: new Set(names) });
  const labels = new LineLabels();
  const counts = new Map<string, number>();
  lines.forEach((text, i) => {
    labels.reset(STREAMS[i % 3 === 0 ? 1 : 0], i % 17 === 0 ? labelsOfRecord({ level: 'of-metadata' }) : NO_LABELS);
    if (!pipeline.process({ tsNs: 0n, text, labels })) return;
    const kept = names.toSorted().flatMap((name) => (labels.get(name) ? [name, labels.get(name) ?? ''] : []));
    counts.set(kept.join(' '), (counts.get(kept.join(' ')) ?? 0) + 1);
  });
  return [...counts].map(([key, count]) => `${key} ${count}`).toSorted();
}
