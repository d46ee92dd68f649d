// Answers against what a logqltest script expects.

import { labelsKey, printLabels } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import type { Eval, EvalTime, ExpectedSeries, Wanted } from './script.ts';

export interface ReadSeries {
  readonly labels: Labels;
  /** Milliseconds since the epoch, and the value. */
  readonly points: readonly (readonly [ms: number, value: number])[];
}

export type Answer =
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'vector' | 'matrix'; readonly series: readonly ReadSeries[] };

const RELATIVE_ERROR = 1e-9;

/** What is wrong with an answer. */
export function problemOf({ expected, time }: Eval, answer: Answer): string | undefined {
  if (expected.kind === 'fail') {
    if (answer.kind !== 'failed') return `expected a failure, got ${printAnswer(answer)}`;
    return holds(expected.wanted, answer.message)
      ? undefined
      : `expected a failure with ${printWanted(expected.wanted)}, got ${answer.message}`;
  }
  if (answer.kind === 'failed') return `failed: ${answer.message}`;
  if (expected.kind === 'scalar') {
    const isSame = answer.kind === 'scalar' && isClose(expected.value, answer.value);
    return isSame ? undefined : `expected the scalar ${expected.value}, got ${printAnswer(answer)}`;
  }
  const kind = time.stepNs === undefined ? 'vector' : 'matrix';
  if (answer.kind !== kind) return `expected a ${kind}, got ${printAnswer(answer)}`;
  return seriesProblem(expected.series, answer.series, expected.isOrdered, stepTimes(time));
}

function holds(wanted: Wanted, message: string): boolean {
  if (wanted.kind === 'any') return true;
  return wanted.kind === 'text' ? message.includes(wanted.text) : wanted.regex.matcher(message).find();
}

function printWanted(wanted: Wanted): string {
  return wanted.kind === 'any' ? 'any message' : wanted.text;
}

function stepTimes({ startNs, endNs, stepNs = 1n }: EvalTime): readonly number[] {
  const times: number[] = [];
  for (let ns = startNs; ns <= endNs; ns += stepNs) times.push(Number(ns / 1_000_000n));
  return times;
}

function seriesProblem(
  expected: readonly ExpectedSeries[],
  got: readonly ReadSeries[],
  isOrdered: boolean,
  times: readonly number[],
): string | undefined {
  const all = `\n    expected ${expected.map(printExpected).join('\n             ')}\n    got      ${got.map(printRead).join('\n             ')}`;
  if (expected.length !== got.length) return `expected ${expected.length} series, got ${got.length}${all}`;
  const byLabels = new Map(got.map((series) => [labelsKey(series.labels), series]));
  if (byLabels.size !== got.length) return `the same labels twice${all}`;
  for (const [position, { labels, values }] of expected.entries()) {
    const found = isOrdered ? got[position] : byLabels.get(labelsKey(labels));
    if (found === undefined || labelsKey(found.labels) !== labelsKey(labels))
      return `no ${printLabels(labels)}${isOrdered ? ' at its place' : ''}${all}`;
    if (values.length > times.length) return `more values than steps for ${printLabels(labels)}`;
    const wanted = values.flatMap((value, step) => (value === undefined ? [] : [[times[step] ?? 0, value] as const]));
    const isSame = wanted.length === found.points.length && wanted.every(([ms, value], i) => isPoint(found.points[i], ms, value));
    if (!isSame) return `other values for ${printLabels(labels)}${all}`;
  }
  return undefined;
}

function isPoint(point: ReadSeries['points'][number] | undefined, ms: number, value: number): boolean {
  return point !== undefined && point[0] === ms && isClose(value, point[1]);
}

function isClose(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= RELATIVE_ERROR * Math.max(Math.abs(a), Math.abs(b)) && Number.isFinite(a) && Number.isFinite(b);
}

function printAnswer(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message;
  return answer.kind === 'scalar' ? `the scalar ${answer.value}` : `a ${answer.kind}: ${answer.series.map(printRead).join('; ')}`;
}

function printExpected({ labels, values }: ExpectedSeries): string {
  return `${printLabels(labels)} ${values.map((value) => value ?? '_').join(' ')}`;
}

function printRead({ labels, points }: ReadSeries): string {
  return `${printLabels(labels)} ${points.map(([ms, value]) => `${value}@${ms}`).join(' ')}`;
}
