// Whether two answers of the query API say the same: type, label sets, values but for rounding, or the same error.

import { z } from 'zod';

import { seriesSchema } from '../harness/client.ts';
import type { ApiAnswer, ReadSeries } from '../harness/client.ts';

const RELATIVE_ERROR = 1e-9;

const pointSchema = z.tuple([z.number(), z.string()]);
const dataSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: pointSchema }),
  z.object({ resultType: z.literal('string'), result: pointSchema }),
  z.object({ resultType: z.literal('vector'), result: z.array(seriesSchema) }),
  z.object({ resultType: z.literal('matrix'), result: z.array(seriesSchema) }),
]);

type Data = z.infer<typeof dataSchema>;

interface Strictness {
  readonly ordered?: boolean;
  /** The relative error that two values may have. */
  readonly error?: number;
}

/** What differs first, in words; nothing where the answers agree. `ordered`: the series of a vector must come in the same order of values. */
export function differenceOf(
  ours: ApiAnswer,
  theirs: ApiAnswer,
  { ordered = false, error = RELATIVE_ERROR }: Strictness = {},
): string | undefined {
  if (ours.status !== 'success' || theirs.status !== 'success') return errorDifference(ours, theirs);
  const [a, b] = [dataSchema.parse(ours.data), dataSchema.parse(theirs.data)];
  if (a.resultType !== b.resultType) return `${a.resultType} and ${b.resultType}`;
  if (a.resultType === 'string') return JSON.stringify(a.result) === JSON.stringify(b.result) ? undefined : 'another text';
  if (a.resultType === 'scalar') return pointsDifference('the scalar', pointsOf(a), pointsOf(b), error);
  const [left, right] = [seriesOf(a), seriesOf(b)];
  if (ordered && !sameOrder(left, right)) return 'another order';
  return seriesDifference(byLabels(left), byLabels(right), error);
}

/** Whether an answer holds at least one value. */
export function hasResult({ data }: ApiAnswer): boolean {
  const parsed = dataSchema.safeParse(data);
  return parsed.success && seriesOf(parsed.data).length > 0;
}

/** What differs between an instant query's answer and the same time of a range query's. */
export function stepDifference(range: ApiAnswer, time: number, instant: ApiAnswer): string | undefined {
  const data = dataSchema.parse(range.data);
  if (instant.status !== 'success') return `an error: ${instant.error ?? ''}`;
  const step = seriesOf(data).flatMap((series) => {
    const points = pointsOfSeries(series).filter(([at]) => at === time);
    return points.length === 0 ? [] : [[labelsOf(series), points] as const];
  });
  return seriesDifference(byLabels(seriesOf(dataSchema.parse(instant.data))), new Map(step));
}

/** Equal but for rounding: NaN is NaN, infinities and zero only themselves. */
function sameValue(a: number, b: number, error = RELATIVE_ERROR): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= error * Math.max(Math.abs(a), Math.abs(b)) && Number.isFinite(a) && Number.isFinite(b);
}

/** A time in seconds and a value. */
type Point = readonly [time: number, value: number];

function errorDifference(ours: ApiAnswer, theirs: ApiAnswer): string | undefined {
  if (ours.status === theirs.status) {
    if (ours.errorType !== theirs.errorType) return `errors ${ours.errorType ?? ''} and ${theirs.errorType ?? ''}`;
    return wordingOf(ours) === wordingOf(theirs) ? undefined : 'other words for the error';
  }
  return ours.status === 'success' ? 'an answer and an error' : 'an error and an answer';
}

/** What an error says without the label sets it names: which of several comes first depends on the order of storage. */
function wordingOf({ error = '' }: ApiAnswer): string {
  return error.replaceAll(/\{.*\}/gs, '{}').replace(/^(invalid parameter "query": )?(\d+:\d+: )?/, '');
}

function seriesOf(data: Data): readonly ReadSeries[] {
  return data.resultType === 'vector' || data.resultType === 'matrix' ? data.result : [{ metric: {}, value: data.result }];
}

function pointsOf(data: Data): readonly Point[] {
  return seriesOf(data).flatMap(pointsOfSeries);
}

function pointsOfSeries({ value, values = [] }: ReadSeries): Point[] {
  return [...(value === undefined ? [] : [value]), ...values].map(([time, text]) => [time, numberOf(text)]);
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function byLabels(series: readonly ReadSeries[]): Map<string, readonly Point[]> {
  return new Map(series.map((each) => [labelsOf(each), pointsOfSeries(each)]));
}

/** Labels in one order. A long number is a value that `count_values` made a label of, and equal but for rounding like other values. */
function labelsOf({ metric }: ReadSeries): string {
  const rounded = (text: string): string => (/^-?[\d.]{15,}/.test(text) ? Number(text).toPrecision(10) : text);
  const labels = Object.entries(metric).map(([name, value]) => [name, rounded(value)] as const);
  return JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sameOrder(a: readonly ReadSeries[], b: readonly ReadSeries[]): boolean {
  const [left, right] = [a.flatMap(pointsOfSeries), b.flatMap(pointsOfSeries)];
  return left.every(([, value], i) => sameValue(value, right[i]?.[1] ?? 0));
}

function seriesDifference(
  ours: ReadonlyMap<string, readonly Point[]>,
  theirs: ReadonlyMap<string, readonly Point[]>,
  error = RELATIVE_ERROR,
): string | undefined {
  for (const labels of theirs.keys()) if (!ours.has(labels)) return `without the series ${labels}`;
  for (const [labels, points] of ours) {
    const others = theirs.get(labels);
    if (others === undefined) return `the series ${labels} more`;
    const difference = pointsDifference(labels, points, others, error);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function pointsDifference(labels: string, ours: readonly Point[], theirs: readonly Point[], error: number): string | undefined {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const [a, b] = [ours[i], theirs[i]];
    if (a !== undefined && b !== undefined && a[0] === b[0] && sameValue(a[1], b[1], error)) continue;
    return `${labels}: ${printPoint(a)} and ${printPoint(b)}`;
  }
  return undefined;
}

function printPoint(point: Point | undefined): string {
  return point === undefined ? 'nothing' : `${point[1]} at ${point[0]}`;
}
