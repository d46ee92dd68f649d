// Runs a script against a started program, from outside: loads through remote write, asks through the HTTP API.
//
//   script ─▶ load ─▶ /api/v1/push            eval ─▶ query, query_range ─▶ compare.ts ─▶ one outcome per command
//
// An instant query is also asked with its selectors pinned and at other times, and as the middle step of a range query; all must agree.
// Where a script clears, it goes on in a tenant of its own.

import { z } from 'zod';

import type { NativeHistogram } from '../../src/metrics/native-histogram.ts';
import { labelsKey, labelsOfRecord, labelsRecord } from '../../src/query/labels.ts';
import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { STALE_NAN_BITS, encodeRemoteWrite2 } from '../harness/remote-write.ts';
import type { SentHistogram, SentSample, SentSeries } from '../harness/remote-write.ts';
import { atVariants } from './at-variants.ts';
import type { InstantQuery } from './at-variants.ts';
import { annotationsProblem, failureProblem, resultProblem, orderProblem, wantsFailure, wantsOrder } from './compare.ts';
import type { Annotated, Point, ReadSeries, Result } from './compare.ts';
import { customBucketSeries } from './custom-buckets.ts';
import type { ReadHistogram } from './histogram.ts';
import type { Load, LoadedSeries } from './load.ts';
import type { Command, Eval } from './script.ts';

/** What became of one command: a load's only when it was refused. */
export interface CommandOutcome {
  readonly line: number;
  readonly expr: string;
  readonly problem: string | undefined;
}

/** Commands that are asked at the same time. */
const CONCURRENCY = 6;
const MINUTE_MS = 60_000;
/** Calls whose value depends on the range of the query. */
const SEES_RANGE = /(start|end|range|step)\(\)/;

/** Runs the commands in order. `tenant` begins the names of the tenants used. */
export async function runScript(commands: readonly Command[], { url, tenant }: Required<Target>): Promise<readonly CommandOutcome[]> {
  const outcomes: CommandOutcome[] = [];
  let clears = 0;
  let evals: Eval[] = [];
  const target = (): Required<Target> => ({ url, tenant: `${tenant}-${clears}` });
  const finishEvals = async (): Promise<void> => {
    const asked = evals;
    evals = [];
    outcomes.push(...(await inParallel(asked, (each) => runEval(each, target()))));
  };
  for (const command of commands) {
    if (command.kind === 'eval') {
      evals.push(command);
      continue;
    }
    await finishEvals();
    if (command.kind === 'clear') clears++;
    else {
      const problem = await runLoad(command, target());
      if (problem !== undefined) outcomes.push({ line: command.line, expr: 'load', problem });
    }
  }
  await finishEvals();
  return outcomes;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) results[i] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

// ── load ──

/** Sends the series; gives what was wrong with the answer. */
async function runLoad({ series, withCustomBuckets }: Load, target: Required<Target>): Promise<string | undefined> {
  let sent: SentSeries[];
  try {
    const converted = withCustomBuckets ? customBucketSeries(series) : [];
    sent = [...series, ...converted].map(sentSeries).filter((each) => (each.samples?.length ?? 0) + (each.histograms?.length ?? 0) > 0);
  } catch (error) {
    return String(error);
  }
  if (sent.length === 0) return undefined;
  const { status, text } = await post(target, '/api/v1/push', encodeRemoteWrite2(sent));
  return status < 300 ? undefined : `the load was refused: ${status} ${text}`;
}

/** A series as a sender of remote write sends it. */
export function sentSeries({ labels, samples }: LoadedSeries): SentSeries {
  const numbers: SentSample[] = [];
  const histograms: SentHistogram[] = [];
  for (const { ts, value, startTs } of samples) {
    const start = startTs === undefined ? {} : { startTs };
    if (value.kind === 'histogram') histograms.push({ ...sentHistogram(value.histogram), ts, ...start });
    else numbers.push({ ts, value: value.kind === 'stale' ? STALE_NAN_BITS : value.value, ...start });
  }
  return { labels: labelsRecord(labels), samples: numbers, histograms };
}

const HINT_NUMBER = { unknown: 0, yes: 1, no: 2, gauge: 3 } as const;

function sentHistogram(histogram: NativeHistogram): Omit<SentHistogram, 'ts'> {
  const { positiveBuckets, negativeBuckets, counterResetHint, ...rest } = histogram;
  return { ...rest, kind: 'float', positive: positiveBuckets, negative: negativeBuckets, resetHint: HINT_NUMBER[counterResetHint] };
}

// ── eval ──

async function runEval(command: Eval, target: Required<Target>): Promise<CommandOutcome> {
  const { line, expr } = command;
  try {
    return { line, expr, problem: await evalProblem(command, target) };
  } catch (error) {
    return { line, expr, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function evalProblem(command: Eval, target: Required<Target>): Promise<string | undefined> {
  const { expr, tree, time, rangeVector } = command;
  if (time.kind === 'range') return answerProblem(command, await askRange(target, { expr, ...time }), expr);
  const atMs = rangeVector?.endMs ?? time.atMs;
  const [before, after] = atVariants(tree, atMs);
  return (
    (await instantProblem(command, { expr, atMs }, target)) ??
    (await inRangeProblem(command, { expr, atMs }, target)) ??
    (before && (await instantProblem(command, before, target))) ??
    (after && (await inRangeProblem(command, after, target)))
  );
}

/** What is wrong with the answer to `expr`, which may be a variant of the command's own expression. */
function answerProblem(command: Eval, answer: Answer, expr: string): string | undefined {
  const settled = failure(command, answer, expr);
  if (settled !== undefined || answer.kind === 'failed') return settled;
  const annotations = annotationsProblem(command, expr, answer);
  if (annotations !== undefined) return annotations;
  const problem = resultProblem(command, answer.result);
  return problem === undefined ? undefined : `error in eval ${expr} (line ${command.line}): ${problem}`;
}

/** What is wrong when a query failed, or did not though it had to. */
function failure(command: Eval, answer: Answer, expr: string): string | undefined {
  const query = `evaluating query ${JSON.stringify(expr)} (line ${command.line})`;
  if (answer.kind === 'result') return wantsFailure(command) ? `expected error ${query} but got none` : undefined;
  return wantsFailure(command) ? failureProblem(command, answer.message) : `error ${query}: ${answer.message}`;
}

async function instantProblem(command: Eval, query: InstantQuery, target: Required<Target>): Promise<string | undefined> {
  return answerProblem(command, await askInstant(target, query), query.expr);
}

/** The same query as the middle step of a range query. */
async function inRangeProblem(command: Eval, { expr, atMs }: InstantQuery, target: Required<Target>): Promise<string | undefined> {
  // A range vector and a string have no range query, and these calls give another value in one.
  if (command.rangeVector !== undefined || command.expected.text !== undefined || SEES_RANGE.test(expr)) return undefined;
  const answer = await askRange(target, { expr, startMs: atMs - MINUTE_MS, endMs: atMs + MINUTE_MS, stepMs: MINUTE_MS });
  const query = `evaluating query ${JSON.stringify(expr)} (line ${command.line}) in range mode`;
  if (answer.kind === 'failed') return wantsFailure(command) ? undefined : `error ${query}: ${answer.message}`;
  if (answer.result.kind !== 'matrix') return `error ${query}: a ${answer.result.kind} instead of a matrix`;
  // The series of a range query are sorted by their labels, whatever the query.
  if (wantsOrder(command)) return undefined;
  const unsorted = orderProblem(answer.result.series);
  if (unsorted !== undefined) return unsorted;
  const series = answer.result.series.flatMap(({ labels, points }): ReadSeries[] => {
    const point = points.find(({ ts }) => ts === atMs);
    return point === undefined ? [] : [{ labels, points: [point] }];
  });
  const value = series[0]?.points[0]?.value;
  const result: Result =
    command.expected.scalar !== undefined
      ? { kind: 'scalar', ts: atMs, value: value?.kind === 'number' ? value.value : Number.NaN }
      : { kind: 'vector', series };
  const problem = resultProblem(command, result);
  return problem === undefined ? undefined : `error in eval ${expr} (line ${command.line}) range mode: ${problem}`;
}

// ── the HTTP API ──

type Answer = { readonly kind: 'failed'; readonly message: string } | ({ readonly kind: 'result'; readonly result: Result } & Annotated);

async function askInstant(target: Target, { expr, atMs }: InstantQuery): Promise<Answer> {
  return ask(target, 'query', { query: expr, time: String(atMs / 1000) });
}

interface RangeQuery {
  readonly expr: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

async function askRange(target: Target, { expr, startMs, endMs, stepMs }: RangeQuery): Promise<Answer> {
  return ask(target, 'query_range', {
    query: expr,
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: String(stepMs / 1000),
  });
}

async function ask(target: Target, path: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
  const { status, text } = await post(target, `/prom/api/v1/${path}`, {
    body: new URLSearchParams(parameters).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`);
  // The API says which parameter an unreadable expression stood in; the original's runner has no parameters.
  if (answer.data.status === 'error') return { kind: 'failed', message: answer.data.error.replace(/^invalid parameter "query": /, '') };
  const { data, warnings, infos } = answer.data;
  return { kind: 'result', result: resultOf(data), warnings, infos };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const value = z.string().transform((text) => {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
});
const seconds = z.number().transform((s) => Math.round(s * 1000));
const bucket = z.tuple([z.number(), value, value, value]).transform(([, lower, upper, count]) => ({ lower, upper, count }));
const histogram = z.object({ count: value, sum: value, buckets: z.array(bucket).default([]) }).transform((read): ReadHistogram => read);
const numberPoint = z.tuple([seconds, value]).transform(([ts, number]): Point => ({ ts, value: { kind: 'number', value: number } }));
const histogramPoint = z
  .tuple([seconds, histogram])
  .transform(([ts, read]): Point => ({ ts, value: { kind: 'histogram', histogram: read } }));
const metric = z.record(z.string(), z.string()).transform(labelsOfRecord);
const vectorSeries = z
  .object({ metric, value: numberPoint.optional(), histogram: histogramPoint.optional() })
  .transform((read): ReadSeries => ({ labels: read.metric, points: [read.value, read.histogram].filter((point) => point !== undefined) }));
const matrixSeries = z
  .object({ metric, values: z.array(numberPoint).default([]), histograms: z.array(histogramPoint).default([]) })
  .transform((read): ReadSeries => ({ labels: read.metric, points: [...read.values, ...read.histograms] }));

const dataSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: z.tuple([seconds, value]) }),
  z.object({ resultType: z.literal('string'), result: z.tuple([seconds, z.string()]) }),
  z.object({ resultType: z.literal('vector'), result: z.array(vectorSeries) }),
  z.object({ resultType: z.literal('matrix'), result: z.array(matrixSeries) }),
]);

const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: dataSchema,
    warnings: z.array(z.string()).default([]),
    infos: z.array(z.string()).default([]),
  }),
]);

function resultOf(data: z.infer<typeof dataSchema>): Result {
  switch (data.resultType) {
    case 'scalar':
      return { kind: 'scalar', ts: data.result[0], value: data.result[1] };
    case 'string':
      return { kind: 'string', value: data.result[1] };
    case 'vector':
    case 'matrix': {
      requireOnce(data.result);
      return { kind: data.resultType, series: data.result };
    }
  }
}

/** No label set may stand twice in an answer. */
function requireOnce(series: readonly ReadSeries[]): void {
  const seen = new Set<string>();
  for (const { labels } of series) {
    const key = labelsKey(labels);
    if (seen.has(key)) throw new Error(`the answer has two series ${JSON.stringify(labelsRecord(labels))}`);
    seen.add(key);
  }
}
