// A search: the newest traces of a range that a pipeline selects.
//
//   pipeline ─▶ plan/compile-search.ts ─┬─ spans     the newest traces with such spans ─▶ those spans, and what the traces are
//                                       └─ traces    the newest traces that may match ─▶ their spans ─▶ the pipeline decides
//
// The range is looked at from its end, piece by piece, until the limit is reached: what is read depends on how many traces match and not on how long
// the range is. As far as its spans are in memory (held/held-search.ts), the store is not asked.

import { type Sql, and, int, NOTHING, sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { FoundSpanset, FoundTrace } from '../answers.ts';
import type { SearchAnswer, SearchQuestion } from '../api/context.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { foundSpan, foundTrace, NAME, shownFields } from './found-trace.ts';
import { type HeldSearch, heldSearch } from '../held/held-search.ts';
import { FALSE } from '../plan/bounds.ts';
import { compileSearch, type SearchPlan } from '../plan/compile-search.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import { pieces, rangeWithSpans } from './search-windows.ts';
import { type RowSpan, SpanRows } from './span-rows.ts';
import { NO_ROOT, readTraceFacts, type TraceFacts } from './trace-facts.ts';
import { spansOf, type TraceKey, traceIdText } from './trace-ids.ts';
import { addByTrace, isMatched, readWholeTraces, type WholeTraces } from './whole-traces.ts';
import type { Field, Pipeline, Query } from '../traceql/ast.ts';
import { compileExpression } from '../traceql/eval/expression.ts';
import { type NeededFields, neededFields } from '../traceql/eval/needed-fields.ts';
import { compilePipeline } from '../traceql/eval/pipeline.ts';
import type { Spanset } from '../traceql/eval/spanset.ts';
import { NIL } from '../traceql/value.ts';

/** Around a range traces go on: what is known of the day before and of the day after serves them too. */
const DAY_NS = 86_400_000_000_000n;
/** Traces that are evaluated together, at least and at most. */
const BATCH_MIN = 20;
const BATCH_MAX = 2000;
const BATCH_GROWTH = 4;
const CANDIDATES_PER_TRACE = 3;
/** Traces that may match are asked for so many at a time: their ids are small, and finding them is most of the work. */
const CANDIDATES_MAX = 20_000;
/** Spans of the traces of a batch that are read whole. */
const WHOLE_SPANS_MAX = 20_000;

interface Search {
  readonly context: SpanReadContext;
  readonly pipeline: Pipeline;
  readonly question: SearchQuestion;
  readonly range: NsRange;
  readonly catalogue: Catalogue;
  readonly needed: NeededFields;
  /** Fields that the answer shows of spans. */
  readonly shown: readonly Field[];
  /** What of the range is in memory. */
  readonly held: HeldSearch | undefined;
  readonly found: Map<string, FoundTrace>;
  readonly stats: { inspectedTraces: number; inspectedBytes: number; inspectedSpans: number };
}

/** The answer as it grows: every part holds what has been found so far, newest first; the last holds all, and says whether the search stopped before its end. */
export async function* runSearch(context: SpanReadContext, query: Query, question: SearchQuestion): AsyncGenerator<SearchAnswer> {
  const range = await rangeWithSpans(context, question.range);
  const { root } = query;
  if (range.fromNs >= range.toNs || root.type !== 'pipeline' || question.limit <= 0) {
    yield { traces: [], stats: { inspectedTraces: 0, inspectedBytes: 0, inspectedSpans: 0 }, stopped: undefined };
    return;
  }
  const catalogue = await context.catalogue({ fromNs: range.fromNs - DAY_NS, toNs: range.toNs + DAY_NS });
  const needed = neededFields(query);
  const plan = compileSearch(root, catalogue);
  // What other spans of a trace say is read with them, also where it is only shown.
  const isOfSpans = plan.kind === 'spans' && !needed.usesStructure && !needed.usesTrace;
  const search: Search = {
    context,
    pipeline: root,
    question,
    range,
    catalogue,
    needed,
    shown: shownFields(needed.fields),
    held: await heldSearch({ context, catalogue, range, pipeline: root, fields: needed.fields, isOfSpans }),
    found: new Map(),
    stats: { inspectedTraces: 0, inspectedBytes: 0, inspectedSpans: 0 },
  };
  let stopped: string | undefined;
  const isHopeless = plan.condition === FALSE || (plan.kind === 'traces' && plan.having === FALSE);
  const steps = isHopeless ? [] : isOfSpans ? findBySpans(search, plan.condition) : findByTraces(search, plan);
  for await (const why of steps) {
    stopped = why;
    yield answerOf(search, stopped);
  }
  yield answerOf(search, stopped);
}

function answerOf({ found, stats }: Search, stopped: string | undefined): SearchAnswer {
  const traces = [...found.values()].sort((a, b) => (a.startNs > b.startNs ? -1 : Number(a.startNs < b.startNs)));
  return { traces, stats: { ...stats }, stopped };
}

function atLimit({ question: { limit } }: Search): string {
  return `the search stopped at ${limit} traces (limit): there may be more`;
}

/** Newest first. */
async function newestTraces({ context }: Search, range: NsRange, conditions: readonly Sql[], rest: Sql): Promise<readonly TraceKey[]> {
  const where = sql`${context.within(range)}${and(conditions)}`;
  const statement = sql`SELECT trace_high, trace_low, max(ts) AS last FROM spans WHERE ${where} GROUP BY trace_high, trace_low ${rest}`;
  const traces: TraceKey[] = [];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, plainOptions(context))) {
      const { trace_high: highs, trace_low: lows } = columns;
      if (!(highs instanceof BigUint64Array) || !(lows instanceof BigUint64Array)) continue;
      for (let row = 0; row < rows; row++) traces.push({ high: highs[row] ?? 0n, low: lows[row] ?? 0n });
    }
  });
  return traces;
}

// Spans that decide by themselves.

/** Adds what it finds; yields after each step why the search stopped, if it did. */
async function* findBySpans(search: Search, condition: Sql): AsyncGenerator<string | undefined> {
  const { question, found, range } = search;
  for await (const { newest, fromNs } of newestBySpans(search, condition)) {
    const traces = newest.filter((trace) => !found.has(traceIdText(trace)));
    const taken = traces.slice(0, question.limit - found.size);
    await addWithSpans(search, taken, condition);
    if (found.size < question.limit) {
      if (taken.length > 0) yield undefined;
      continue;
    }
    yield traces.length > taken.length || fromNs > range.fromNs ? atLimit(search) : undefined;
    return;
  }
}

interface Newest {
  readonly newest: readonly TraceKey[];
  /** As far as was looked. */
  readonly fromNs: bigint;
}

/** From the end: what is not in memory piece by piece, and the rest at once. */
async function* newestBySpans(search: Search, condition: Sql): AsyncGenerator<Newest> {
  const { question, found, range, held } = search;
  const most = question.limit + 1;
  for (const piece of pieces({ fromNs: held?.toNs ?? range.fromNs, toNs: range.toNs }, () => found.size > 0)) {
    const rest = sql`ORDER BY last DESC LIMIT ${int(most)}`;
    yield { newest: await newestTraces(search, piece, [condition], rest), fromNs: piece.fromNs };
  }
  if (held !== undefined) yield { newest: await held.newest(most + found.size), fromNs: range.fromNs };
}

async function addWithSpans(search: Search, traces: readonly TraceKey[], condition: Sql): Promise<void> {
  if (traces.length === 0) return;
  const { context, catalogue, range, shown, question, stats, found } = search;
  const inRange = sql`(${condition}) AND ts >= ${int(range.fromNs)} AND ts < ${int(range.toNs)}`;
  const whole = await readWhole(search, traces, inRange);
  const [facts, spans] =
    whole === undefined
      ? await Promise.all([readTraceFacts(context, traces, { catalogue, matched: inRange }), matchingSpans(search, traces, condition)])
      : [whole.facts, whole.spans];
  for (const trace of traces) {
    const traceId = traceIdText(trace);
    const known = facts.get(traceId);
    if (known === undefined) continue;
    stats.inspectedTraces++;
    stats.inspectedSpans += known.spans;
    const own = spans.get(traceId) ?? [];
    const matching = whole === undefined ? own : own.filter(isMatched).slice(0, question.spansPerSpanset);
    const shownSpans = matching.map((span) => foundSpan(span, shown, (field) => span.value(field)));
    found.set(traceId, foundTrace(traceId, known, [{ spans: shownSpans, matched: known.matched, attributes: [] }]));
  }
}

/** Undefined for traces of very many spans. */
async function readWhole(search: Search, traces: readonly TraceKey[], matched: Sql): Promise<WholeTraces | undefined> {
  const { context, needed, catalogue, range, stats, question } = search;
  const extra = [
    ['status', sql`status`],
    ['matched', sql`toUInt8(${matched})`],
  ] as const;
  const reader = new SpanRows({ fields: [...needed.fields, NAME], catalogue, range, extra });
  const spansMax = Math.min(WHOLE_SPANS_MAX, Math.max(0, context.limits.spansMax - stats.inspectedSpans));
  const held = await search.held?.whole(traces, { spansMax, shownMax: question.spansPerSpanset });
  if (held === undefined) return readWholeTraces(context, traces, { reader, catalogue, spansMax });
  if (held.others.length === 0) return held;
  const stored = await readWholeTraces(context, held.others, { reader, catalogue, spansMax: spansMax - held.count });
  return stored && { spans: new Map([...held.spans, ...stored.spans]), facts: new Map([...held.facts, ...stored.facts]) };
}

/** The first spans of each trace that meet a condition, by time. */
async function matchingSpans(
  search: Search,
  traces: readonly TraceKey[],
  condition: Sql,
): Promise<ReadonlyMap<string, readonly RowSpan[]>> {
  const { context, question, range } = search;
  const count = question.spansPerSpanset;
  const first = Number.isSafeInteger(count) ? sql` LIMIT ${int(count)} BY trace_high, trace_low` : NOTHING;
  const where = sql`${spansOf(context, traces, range)} AND (${condition}) ORDER BY ts, span_id${first}`;
  return (await readRows(search, where)).byTrace;
}

interface Rows {
  readonly byTrace: ReadonlyMap<string, RowSpan[]>;
  /** Not all were read: there are more than may be. */
  readonly isPartial: boolean;
}

/** The rows of a condition with the columns that the query needs, by trace and time. */
async function readRows({ context, needed, catalogue, range, stats }: Search, where: Sql): Promise<Rows> {
  const reader = new SpanRows({ fields: [...needed.fields, NAME], catalogue, range });
  const left = Math.max(0, context.limits.spansMax - stats.inspectedSpans);
  const byTrace = new Map<string, RowSpan[]>();
  const spans: RowSpan[] = [];
  await guarded(context, async () => {
    const statement = sql`SELECT ${reader.columns} FROM spans WHERE ${where} LIMIT ${int(left + 1)}`;
    for await (const block of context.client.stream(statement, plainOptions(context))) {
      for (const span of reader.spans(block)) spans.push(span);
    }
  });
  addByTrace(byTrace, spans);
  return { byTrace, isPartial: spans.length > left };
}

// Traces of which the pipeline decides.

/**
 * Every window reaches from its begin to the end of the range, so that a trace that goes over the begin of one is found in the next.
 * Adds what it finds; yields after each step why the search stopped, if it did.
 */
async function* findByTraces(search: Search, plan: SearchPlan): AsyncGenerator<string | undefined> {
  const { question, found, range } = search;
  const seen = new Set<string>();
  const evaluate = compilePipeline(search.pipeline);
  for (const fromNs of search.held === undefined ? beginsOf(search) : [range.fromNs]) {
    for await (const batch of candidates(search, plan, { fromNs, toNs: range.toNs })) {
      const traces = batch.filter((trace) => !seen.has(traceIdText(trace)));
      for (const trace of traces) seen.add(traceIdText(trace));
      const before = found.size;
      const tooMany = await addEvaluated(search, traces, { plan, evaluate });
      if (tooMany !== undefined) {
        yield tooMany;
        return;
      }
      if (found.size >= question.limit) {
        yield atLimit(search);
        return;
      }
      if (found.size > before) yield undefined;
    }
  }
}

function* beginsOf({ range, found }: Search): Generator<bigint> {
  for (const { fromNs } of pieces(range, () => found.size > 0)) yield fromNs;
}

/** Traces of a window that may match, newest first, in batches that grow. */
async function* candidates(search: Search, plan: SearchPlan, window: NsRange): AsyncGenerator<readonly TraceKey[]> {
  // Some of those that may match do not: with more of them at once one batch is mostly enough.
  const first = search.question.limit * (plan.kind === 'traces' ? CANDIDATES_PER_TRACE : 1);
  let size = Math.min(Math.max(first, BATCH_MIN), BATCH_MAX);
  for await (const traces of search.held?.byBlock() ?? storedCandidates(search, plan, window)) {
    for (let at = 0; at < traces.length; size = Math.min(size * BATCH_GROWTH, BATCH_MAX)) {
      yield traces.slice(at, at + size);
      at += size;
    }
  }
}

async function* storedCandidates(search: Search, plan: SearchPlan, window: NsRange): AsyncGenerator<readonly TraceKey[]> {
  const having = plan.kind === 'traces' ? sql`HAVING ${plan.having}` : NOTHING;
  for (let offset = 0; ; offset += CANDIDATES_MAX) {
    const rest = sql`${having} ORDER BY last DESC, trace_high, trace_low LIMIT ${int(CANDIDATES_MAX)} OFFSET ${int(offset)}`;
    const traces = await newestTraces(search, window, [plan.condition], rest);
    yield traces;
    if (traces.length < CANDIDATES_MAX) return;
  }
}

interface Evaluation {
  readonly plan: SearchPlan;
  readonly evaluate: ReturnType<typeof compilePipeline>;
}

/** Adds those traces that match, up to the limit; why the search must stop, where more spans would have to be read than may be. */
async function addEvaluated(search: Search, traces: readonly TraceKey[], evaluation: Evaluation): Promise<string | undefined> {
  const { context, catalogue, question, found, stats } = search;
  if (traces.length === 0) return undefined;
  const { spans, facts } = (await readWhole(search, traces, FALSE)) ?? (await readLess(search, traces, evaluation));
  if (spans === undefined)
    return `the search stopped after ${context.limits.spansMax} spans (limits.query.rowsMax): ask for less, or about less time`;
  const matching: { readonly trace: TraceKey; readonly sets: readonly Spanset[] }[] = [];
  for (const trace of traces) {
    const own = spans.get(traceIdText(trace)) ?? [];
    stats.inspectedTraces++;
    stats.inspectedSpans += own.length;
    if (found.size + matching.length >= question.limit) continue;
    const sets = evaluation.evaluate({ traceId: traceIdText(trace), ...(facts.get(traceIdText(trace)) ?? UNKNOWN_TRACE), spans: own });
    if (sets.length > 0) matching.push({ trace, sets });
  }
  const missing = matching.flatMap(({ trace }) => (facts.has(traceIdText(trace)) ? [] : [trace]));
  const known = new Map([...facts, ...(await readTraceFacts(context, missing, { catalogue, matched: FALSE }))]);
  for (const { trace, sets } of matching) {
    const traceId = traceIdText(trace);
    const of = known.get(traceId);
    if (of !== undefined) found.set(traceId, foundTrace(traceId, of, sets.map(spansetOf(search))));
  }
  return undefined;
}

interface Read {
  /** Undefined where there are more than may be read. */
  readonly spans: ReadonlyMap<string, readonly RowSpan[]> | undefined;
  /** Of the traces, where the query asks for them. */
  readonly facts: ReadonlyMap<string, TraceFacts>;
}

/** Of traces with very many spans only what the pipeline looks at. */
async function readLess(search: Search, traces: readonly TraceKey[], { plan }: Evaluation): Promise<Read> {
  const { context, needed, catalogue, range } = search;
  const facts = needed.usesTrace ? await readTraceFacts(context, traces, { catalogue, matched: FALSE }) : new Map<string, TraceFacts>();
  const where = needed.usesStructure ? spansOf(context, traces) : sql`${spansOf(context, traces, range)} AND (${plan.condition})`;
  const { byTrace, isPartial } = await readRows(search, where);
  return { spans: isPartial ? undefined : byTrace, facts };
}

function spansetOf({ question, shown }: Search): (set: Spanset) => FoundSpanset {
  const values = new Map(shown.map((field) => [field, compileExpression(field)]));
  return ({ spans, attributes }) => ({
    spans: spans.slice(0, question.spansPerSpanset).map((span) => foundSpan(span.view, shown, (field) => values.get(field)?.(span) ?? NIL)),
    matched: spans.length,
    attributes: attributes.map(({ name, value }) => [name, value]),
  });
}

/** Of a trace whose facts no part of the query asks for. */
const UNKNOWN_TRACE = { rootName: NO_ROOT, rootServiceName: NO_ROOT, startNs: 0n, durationNs: 0n } as const;
