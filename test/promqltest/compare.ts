// Answers against what a script expects: values, series, order, annotations, failures. Problems are worded as the original's runner words them.

import type { NativeHistogram } from '../../src/metrics/native-histogram.ts';
import type { StepValue } from '../../src/metrics/promql/series-notation.ts';
import { compareText, labelsKey } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { almostEqual } from './almost-equal.ts';
import { histogramOf, sameHistogram } from './histogram.ts';
import type { ReadHistogram } from './histogram.ts';
import { printHistogram, printNumber, printSeries, printStep } from './print.ts';
import { matches } from './script.ts';
import type { Eval, ExpectedSeries, Span, Wanted } from './script.ts';

export type ReadValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'histogram'; readonly histogram: ReadHistogram };

export interface Point {
  readonly ts: number;
  readonly value: ReadValue;
}

export interface ReadSeries {
  readonly labels: Labels;
  /** One in an instant vector, at least one in a matrix. */
  readonly points: readonly Point[];
}

export type Result =
  | { readonly kind: 'scalar'; readonly ts: number; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly series: readonly ReadSeries[] }
  | { readonly kind: 'matrix'; readonly series: readonly ReadSeries[] };

export interface Annotated {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** Whether the command wants the query to fail. */
export function wantsFailure({ older, expect }: Eval): boolean {
  return older === 'fail' || expect.fail.length > 0;
}

export function wantsOrder({ older, expect }: Eval): boolean {
  return older === 'ordered' || expect.ordered.length > 0;
}

/** What is wrong with the failure of a query that was to fail. */
export function failureProblem({ expr, line, olderFailure, expect }: Eval, message: string): string | undefined {
  const where = `evaluating query ${JSON.stringify(expr)} (line ${line}), but got: ${message}`;
  if (olderFailure.kind !== 'any' && !matches(olderFailure, message)) {
    const how = olderFailure.kind === 'message' ? '' : ' matching pattern';
    return `expected error${how} ${JSON.stringify(olderFailure.text)} ${where}`;
  }
  const [wanted] = expect.fail;
  if (wanted !== undefined && !matches(wanted, message)) return `expected error matching ${JSON.stringify(textOf(wanted))} ${where}`;
  return undefined;
}

function textOf(wanted: Wanted): string {
  return wanted.kind === 'any' ? '^.*$' : wanted.text;
}

// ── annotations ──

/** What is wrong with the annotations of an answer to `expr`, which may be a variant of the command's own expression. */
export function annotationsProblem({ older, line, expect }: Eval, expr: string, found: Annotated): string | undefined {
  const { warnings, infos } = found;
  const query = `${JSON.stringify(expr)} (line ${line})`;
  if (older === 'warn' && warnings.length === 0) return `expected warnings evaluating query ${query} but got none`;
  if (older === 'info' && infos.length === 0) return `expected info annotations evaluating query ${query} but got none`;
  const all = `[${[...warnings, ...infos].join(' ')}]`;
  const kinds = [
    ['warn', expect.warn, warnings],
    ['info', expect.info, infos],
  ] as const;
  for (const [kind, wanted, got] of kinds) {
    if (wanted.length === 0) continue;
    if (got.length === 0) return `expected ${kind} annotations but none were found for query ${query}`;
    const missing = wanted.find((each) => !got.some((message) => matches(each, message)));
    if (missing !== undefined) {
      const how = missing.kind === 'message' ? 'message' : 'pattern';
      return `expected ${kind} annotation matching ${how} ${JSON.stringify(textOf(missing))} but no matching annotation was found for query ${query}, found: ${all}`;
    }
    const extra = got.find((message) => !wanted.some((each) => matches(each, message)));
    if (extra !== undefined) return `unexpected ${kind} annotation ${JSON.stringify(extra)} found for query ${expr} (line ${line})`;
  }
  if (expect.no_warn.length > 0 && warnings.length > 0) return `unexpected warning annotations evaluating query ${query}: ${all}`;
  if (expect.no_info.length > 0 && infos.length > 0) return `unexpected info annotations evaluating query ${query}: ${all}`;
  return undefined;
}

// ── results ──

/** What is wrong with a result. */
export function resultProblem(command: Eval, result: Result): string | undefined {
  const { scalar, text } = command.expected;
  switch (result.kind) {
    case 'matrix':
      if (wantsOrder(command)) return 'expected ordered result, but query returned a matrix';
      if (scalar !== undefined) return `expected scalar result, but got matrix ${printMatrix(result.series)}`;
      return matrixProblem(command, result.series);
    case 'vector':
      if (scalar !== undefined) return `expected scalar result, but got vector ${printVector(result.series)}`;
      return vectorProblem(command, result.series);
    case 'scalar':
      if (scalar === undefined) {
        return `expected vector or matrix result, but got scalar: ${printNumber(result.value)} @[${result.ts}]`;
      }
      return almostEqual(scalar, result.value) ? undefined : `expected scalar ${printNumber(scalar)} but got ${printNumber(result.value)}`;
    case 'string':
      return (text ?? '') === result.value ? undefined : `expected string "${text ?? ''}" but got "${result.value}"`;
  }
}

function vectorProblem(command: Eval, series: readonly ReadSeries[]): string | undefined {
  const { expected } = command;
  const seen = new Set<string>();
  for (const [i, each] of series.entries()) {
    const key = labelsKey(each.labels);
    const value = each.points[0]?.value;
    const wanted = expected.series.get(key);
    if (value === undefined) return `a series without a value: ${printSeries(each.labels)}`;
    if (wanted === undefined) return `unexpected metric ${printSeries(each.labels)} in result, has value ${printValue(value)}`;
    if (wantsOrder(command) && wanted.position !== i + 1) {
      const values = `[${wanted.values.map(printStep).join(' ')}]`;
      return `expected metric ${printSeries(each.labels)} with ${values} at position ${wanted.position} but was at ${i + 1}`;
    }
    const problem = valueProblem(wanted, value);
    if (problem !== undefined) return problem;
    seen.add(key);
  }
  const missing = missingSeries(expected.series, seen);
  if (missing === undefined) return undefined;
  return `expected metric ${printSeries(missing.labels)} with ${missing.position}: [${missing.values.map(printStep).join(' ')}] not found`;
}

function valueProblem({ labels, values }: ExpectedSeries, got: ReadValue): string | undefined {
  const wanted: StepValue = values[0] ?? { kind: 'gap' };
  const metric = printSeries(labels);
  if (wanted.kind === 'histogram') {
    if (got.kind === 'number') {
      return `expected histogram ${printHistogram(wanted.histogram)} for ${metric} but got float value ${printNumber(got.value)}`;
    }
    return sameHistogram(wanted.histogram, got.histogram)
      ? undefined
      : `expected ${printHistogram(wanted.histogram)} for ${metric} but got ${printValue(got, wanted.histogram)}`;
  }
  if (got.kind === 'histogram') return `expected float value ${printStep(wanted)} for ${metric} but got histogram ${printValue(got)}`;
  const number = wanted.kind === 'number' ? wanted.value : wanted.kind === 'stale' ? Number.NaN : 0;
  return almostEqual(number, got.value) ? undefined : `expected ${printNumber(number)} for ${metric} but got ${printNumber(got.value)}`;
}

function missingSeries(expected: ReadonlyMap<string, ExpectedSeries>, seen: ReadonlySet<string>): ExpectedSeries | undefined {
  for (const [key, series] of expected) if (!seen.has(key)) return series;
  return undefined;
}

function matrixProblem(command: Eval, series: readonly ReadSeries[]): string | undefined {
  const unsorted = orderProblem(series);
  if (unsorted !== undefined) return unsorted;
  const seen = new Set<string>();
  for (const each of series) {
    const key = labelsKey(each.labels);
    const wanted = command.expected.series.get(key);
    if (wanted === undefined) return `unexpected metric ${printSeries(each.labels)} in result, has ${printPoints(each.points)}`;
    seen.add(key);
    const problem = pointsProblem(wanted, command.rangeVector ?? spanOf(command), each.points);
    if (problem !== undefined) return problem;
  }
  const missing = missingSeries(command.expected.series, seen);
  return missing === undefined ? undefined : `expected metric ${printSeries(missing.labels)} not found`;
}

function spanOf({ time }: Eval): Span {
  return time.kind === 'range' ? time : { startMs: time.atMs, endMs: time.atMs, stepMs: 0 };
}

interface ExpectedPoints {
  readonly numbers: readonly { readonly ts: number; readonly value: number }[];
  readonly histograms: readonly { readonly ts: number; readonly histogram: NativeHistogram }[];
}

function pointsProblem(wanted: ExpectedSeries, span: Span, points: readonly Point[]): string | undefined {
  const metric = printSeries(wanted.labels);
  if (wanted.values.length > 0 && span.startMs + (wanted.values.length - 1) * span.stepMs > span.endMs) {
    return `expected ${wanted.values.length} points for ${metric}, but query time range cannot return this many points`;
  }
  const { numbers, histograms } = expectedPoints(wanted, span);
  const gotNumbers = points.flatMap(({ ts, value }) => (value.kind === 'number' ? [{ ts, value: value.value }] : []));
  const gotHistograms = points.flatMap(({ ts, value }) => (value.kind === 'histogram' ? [{ ts, histogram: value.histogram }] : []));
  if (numbers.length !== gotNumbers.length || histograms.length !== gotHistograms.length) {
    return `expected ${numbers.length} float points and ${histograms.length} histogram points for ${metric}, but got ${printPoints(points)}`;
  }
  const shown = (): string => `(result has ${printPoints(points)})`;
  for (const [i, { ts, value }] of numbers.entries()) {
    const got = gotNumbers[i];
    if (got?.ts !== ts) {
      return `expected float value at index ${i} for ${metric} to have timestamp ${ts}, but it had timestamp ${got?.ts} ${shown()}`;
    }
    if (!almostEqual(value, got.value)) {
      return `expected float value at index ${i} (t=${ts}) for ${metric} to be ${printNumber(value)}, but got ${printNumber(got.value)} ${shown()}`;
    }
  }
  for (const [i, { ts, histogram }] of histograms.entries()) {
    const got = gotHistograms[i];
    if (got?.ts !== ts) {
      return `expected histogram value at index ${i} for ${metric} to have timestamp ${ts}, but it had timestamp ${got?.ts} ${shown()}`;
    }
    if (!sameHistogram(histogram, got.histogram)) {
      const found = printHistogram(histogramOf(got.histogram, histogram));
      return `expected histogram value at index ${i} (t=${ts}) for ${metric} to be ${printHistogram(histogram)}, but got ${found} ${shown()}`;
    }
  }
  return undefined;
}

function expectedPoints({ values }: ExpectedSeries, { startMs, stepMs }: Span): ExpectedPoints {
  const numbers: { ts: number; value: number }[] = [];
  const histograms: { ts: number; histogram: NativeHistogram }[] = [];
  for (const [i, value] of values.entries()) {
    const ts = startMs + i * stepMs;
    if (value.kind === 'histogram') histograms.push({ ts, histogram: value.histogram });
    else if (value.kind !== 'gap') numbers.push({ ts, value: value.kind === 'stale' ? Number.NaN : value.value });
  }
  return { numbers, histograms };
}

/** A matrix is sorted by its labels, whatever the query. */
export function orderProblem(series: readonly ReadSeries[]): string | undefined {
  for (let i = 1; i < series.length; i++) {
    const [before, after] = [series[i - 1]?.labels ?? [], series[i]?.labels ?? []];
    if (compareLabels(before, after) > 0) {
      return `matrix results should always be sorted by labels, but matrix is not sorted: series at index ${i} with labels ${printSeries(after)} sorts before series at index ${i - 1} with labels ${printSeries(before)}`;
    }
  }
  return undefined;
}

function compareLabels(a: Labels, b: Labels): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareText(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

// ── printing ──

function printValue(value: ReadValue, like?: NativeHistogram): string {
  return value.kind === 'number' ? printNumber(value.value) : printHistogram(histogramOf(value.histogram, like));
}

function printPoint({ ts, value }: Point): string {
  return `${printValue(value)} @[${ts}]`;
}

function printPoints(points: readonly Point[]): string {
  const numbers = points.filter(({ value }) => value.kind === 'number');
  const histograms = points.filter(({ value }) => value.kind === 'histogram');
  const plural = (count: number): string => (count === 1 ? '' : 's');
  const list = (some: readonly Point[]): string => `[${some.map(printPoint).join(' ')}]`;
  return `${numbers.length} float point${plural(numbers.length)} ${list(numbers)} and ${histograms.length} histogram point${plural(histograms.length)} ${list(histograms)}`;
}

function printVector(series: readonly ReadSeries[]): string {
  return series.map(({ labels, points }) => `${printSeries(labels)} => ${points.map(printPoint).join(' ')}`).join('\n');
}

function printMatrix(series: readonly ReadSeries[]): string {
  return series.map(({ labels, points }) => `${printSeries(labels)} =>\n${points.map(printPoint).join('\n')}`).join('\n');
}
