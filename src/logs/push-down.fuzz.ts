// Both ways agree: what ClickHouse decides of a query, and the same stages over all lines in this process, come to the same answers.
//
//   generated lines ─▶ store ─┬─▶ plan.ts, needle/: conditions in ClickHouse, sums where they serve ─▶ answer
//                             └─▶ every line, without conditions ─▶ compilePipeline, lineSamples ─▶ the same answer

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../base/request-error.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { readContextsOf } from '../metrics/api-context.ts';
import type { ReadContext } from '../metrics/read.ts';
import { openTestStore } from '../metrics/test-store.ts';
import { labelsOfRecord, NO_LABELS, printLabels } from '../query/labels.ts';
import { TENANTS, generatedLines, logQueries, metricQueries, needleTexts, SEED, START_NS, type WrittenLine } from './push-down-data.ts';
import { type LateLines, type LogReadContext, withLateLines } from './late-lines.ts';
import { type LineBlock, textAt } from './line-block.ts';
import { lineSamples } from './line-samples.ts';
import { type Expr, isMetric } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { evaluateMetric } from './logql/eval/eval.ts';
import { LineLabels } from './logql/line-labels.ts';
import { parseLogql } from './logql/parse.ts';
import { openLogStore } from './open-log-store.ts';
import type { QueryValue, ResultSeries } from './query-result.ts';
import { readLines } from './read-lines.ts';
import { runLogQuery } from './run-query.ts';
import { selectStreams } from './select-streams.ts';
import { LOG_MIGRATIONS } from './table.ts';

const directory = await mkdtemp(join(tmpdir(), 'logs-push-down-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const MINUTE_NS = 60_000_000_000n;
const clock = { now: () => Number(START_NS / 1_000_000n) + 3_600_000 };
let contexts: ReturnType<typeof readContextsOf>;
let late: LateLines;
let written: readonly WrittenLine[];

before(async () => {
  const store = stack.use(await openTestStore(directory, LOG_MIGRATIONS));
  const open = { store, limitsOf: () => limits, clock, metrics: new SelfMetrics(), indexSeriesMax: () => 1000 };
  const logStore = stack.use(await openLogStore({ ...open, onIndexError: (_tenant, error) => assert.fail(String(error)) }));
  contexts = readContextsOf({
    client: store.client,
    clock,
    flush: () => logStore.flush(),
    index: logStore.index,
    table: 'streams',
    limitsOf: () => limits,
    retentionMsOf: () => 0,
  });
  written = generatedLines();
  late = logStore.options.late;
  // Every seventh line comes once more in a later request, and every eleventh in the same one.
  for (const again of [false, true])
    for (const tenant of TENANTS) {
      const write = logStore.begin(tenant);
      written.forEach(({ tenant: own, labels, entry }, i) => {
        const times = own !== tenant ? 0 : again ? Number(i % 7 === 0) : 1 + Number(i % 11 === 0);
        for (let time = 0; time < times; time++) assert.ok(write.entry(labelsOfRecord(labels), entry));
      });
      await write.commit();
    }
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

function context(tenants: readonly string[]): Promise<LogReadContext> {
  return withLateLines(late, () => contexts.read({ tenants, query: new URLSearchParams(), signal: new AbortController().signal }));
}

interface Times {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: bigint | undefined;
}

/** The answer as the program gives it, in words that can be compared; a refusal as its code. */
async function asked(tenants: readonly string[], text: string, times: Times): Promise<string[]> {
  return answer(async () => {
    const query = { ...times, text, limit: 100_000, direction: 'forward' as const };
    return (await runLogQuery(await context(tenants), parseLogql(text), query)).value;
  });
}

/** The answer from all lines of the streams, each sent through the stages here. */
async function expected(tenants: readonly string[], text: string, times: Times): Promise<string[]> {
  const read = await context(tenants);
  return answer(async () => {
    const expr = parseLogql(text);
    return isMetric(expr) ? evaluateMetric(expr, metricContext(read, times)) : entriesOf(read, expr, times);
  });
}

function metricContext(read: ReadContext, times: Times): Parameters<typeof evaluateMetric>[1] {
  const source = lineSamples({
    read: async function* (matchers, range) {
      const seen = new Set<string>();
      const streams = await selectStreams(read, matchers, range);
      for await (const block of readLines(read, streams, { range, conditions: [], withLevel: true })) yield eachOnce(block, seen);
    },
  });
  return { source, ...times, seriesMax: 100_000, samplesMax: 10_000_000 };
}

/** The rows that were not seen before. */
function eachOnce(block: LineBlock, seen: Set<string>): LineBlock {
  const rows = Array.from({ length: block.rows }, (_, row) => row).filter((row) => {
    const key = `${block.stream[row]} ${block.ts[row]} ${textAt(block.lines, row)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const { stream, ts, lines, metadata } = block;
  return {
    ...block,
    rows: rows.length,
    stream: Uint32Array.from(rows, (row) => stream[row] ?? 0),
    ts: BigInt64Array.from(rows, (row) => ts[row] ?? 0n),
    lines: {
      ...lines,
      starts: Uint32Array.from(rows, (row) => lines.starts[row] ?? 0),
      ends: Uint32Array.from(rows, (row) => lines.ends[row] ?? 0),
    },
    metadata: metadata && rows.map((row) => metadata[row] ?? NO_LABELS),
  };
}

async function entriesOf(read: ReadContext, expr: Exclude<Expr, { kind: 'number' }>, { startNs, endNs }: Times): Promise<QueryValue> {
  assert.ok(!isMetric(expr));
  const range = { fromNs: startNs, toNs: endNs };
  const pipeline = compilePipeline(expr.stages);
  const entries = [];
  const seen = new Set<string>();
  for await (const block of readLines(read, await selectStreams(read, expr.matchers, range), {
    range,
    conditions: [],
    withLevel: true,
  })) {
    const labels = new LineLabels();
    for (let row = 0; row < block.rows; row++) {
      const text = textAt(block.lines, row);
      const key = `${block.stream[row]} ${block.ts[row]} ${text}`;
      labels.reset(block.streams.labels(block.stream[row] ?? 0), block.metadata?.[row] ?? NO_LABELS);
      const line = { tsNs: block.ts[row] ?? 0n, text, labels };
      if (!pipeline.process(line) || seen.has(key)) continue;
      seen.add(key);
      entries.push({ tsNs: line.tsNs, line: line.text, labels: labels.labels(), categories: labels.categorized() });
    }
  }
  return { kind: 'streams', entries };
}

async function answer(run: () => Promise<QueryValue>): Promise<string[]> {
  try {
    const value = await run();
    switch (value.kind) {
      case 'streams':
        return value.entries.map(({ tsNs, line, labels }) => `${tsNs} ${printLabels(labels)} ${JSON.stringify(line)}`).toSorted();
      case 'matrix':
      case 'vector':
        return value.series.flatMap(pointsOf).toSorted();
      case 'scalar':
        return [`${value.tsMs} ${value.value}`];
    }
  } catch (error) {
    // Which of the lines that fail is named first depends on the order in which they come.
    if (error instanceof RequestError) return [`${error.code}: ${error.message.replace(/'.*/s, '')}`];
    throw error;
  }
}

/** Sums of fractions may differ in their last digits by the order in which they were added up. */
function pointsOf({ labels, times, values }: ResultSeries): string[] {
  return Array.from(times, (time, i) => `${printLabels(labels)} ${time} ${Number((values[i] ?? 0).toPrecision(12))}`);
}

/** Shows a few of the differences: whole answers are long. */
function agree(text: string, found: readonly string[], wanted: readonly string[]): void {
  const [more, less] = [found.filter((one) => !wanted.includes(one)), wanted.filter((one) => !found.includes(one))];
  assert.equal(found.length, wanted.length, `${text}: more ${brief(more)}, less ${brief(less)}`);
  assert.deepEqual({ more: brief(more), less: brief(less) }, { more: '', less: '' }, text);
}

function brief(lines: readonly string[]): string {
  return lines
    .slice(0, 3)
    .map((line) => line.slice(0, 300))
    .join('\n');
}

const tenantsAsked = fc.constantFrom<readonly string[]>(['a'], ['b'], ['a', 'b']);
const RANGE: Times = { startNs: START_NS, endNs: START_NS + 20n * MINUTE_NS, stepNs: undefined };

test('what was written is read', async () => {
  for (const tenant of TENANTS) {
    const found = await asked([tenant], '{app=~".+"}', RANGE);
    const lines = new Set(
      written
        .filter((line) => line.tenant === tenant)
        .map(({ labels, entry }) => `${printLabels(labelsOfRecord(labels))} ${entry.tsNs} ${String(entry.line)}`),
    );
    assert.equal(found.length, lines.size);
  }
});

test('queries for lines', async () => {
  await fc.assert(
    fc.asyncProperty(tenantsAsked, logQueries, async (tenants, text) => {
      agree(text, await asked(tenants, text, RANGE), await expected(tenants, text, RANGE));
    }),
    { numRuns: 60, seed: SEED },
  );
});

test('metric queries', async () => {
  const times = fc.record({
    startNs: fc.bigInt({ min: 0n, max: 10n * MINUTE_NS }).map((after) => START_NS + after),
    stepNs: fc.constantFrom(undefined, 7_000_000_000n, MINUTE_NS, 90_500_000_000n),
    lengthNs: fc.bigInt({ min: 0n, max: 10n * MINUTE_NS }),
  });
  await fc.assert(
    fc.asyncProperty(tenantsAsked, metricQueries, times, async (tenants, text, { startNs, stepNs, lengthNs }) => {
      const range = { startNs, endNs: stepNs === undefined ? startNs : startNs + lengthNs, stepNs };
      agree(text, await asked(tenants, text, range), await expected(tenants, text, range));
    }),
    { numRuns: 70, seed: SEED },
  );
});

test('needles: parts of ids, found through the index or by a scan', async () => {
  let narrowed = 0;
  await fc.assert(
    fc.asyncProperty(tenantsAsked, needleTexts(written), async (tenants, texts) => {
      const text = `{app=~".+"} |= ${texts.map((each) => JSON.stringify(each)).join(' or ')}`;
      const found = await asked(tenants, text, RANGE);
      agree(text, found, await expected(tenants, text, RANGE));
      narrowed += found.length;
      const count = `sum(count_over_time(${text} [20m]))`;
      const at = { ...RANGE, startNs: RANGE.endNs };
      agree(count, await asked(tenants, count, at), await expected(tenants, count, at));
    }),
    { numRuns: 20, seed: SEED },
  );
  assert.ok(narrowed > 0);
});
