// A query's value as the JSON of Prometheus's HTTP API, in pieces: a large matrix is never one string.

import { type Labels } from '../query/labels.ts';
import type { Reply } from '../server/route.ts';
import { histogramJson } from './histogram-json.ts';
import type { Value } from './promql/eval.ts';
import { seriesOfScalar } from './promql/eval.ts';
import type { Steps } from './promql/evaluation.ts';
import type { Series } from './series.ts';
import { printFloat, printTime } from './value.ts';

const PIECE_LENGTH = 64 * 1024;

/** What stands beside the data of an answer. */
export interface Annotations {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export const NO_ANNOTATIONS: Annotations = { warnings: [], infos: [] };

/** A success whose `data` is given as pieces of JSON. */
export function successReply(data: Iterable<string>, annotations: Annotations = NO_ANNOTATIONS): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: gathered(successPieces(data, annotations)) };
}

function* successPieces(data: Iterable<string>, { warnings, infos }: Annotations): Generator<string> {
  yield '{"status":"success","data":';
  yield* data;
  if (warnings.length > 0) yield `,"warnings":${JSON.stringify(warnings)}`;
  if (infos.length > 0) yield `,"infos":${JSON.stringify(infos)}`;
  yield '}';
}

// Other requests run between two pieces.
async function* gathered(pieces: Iterable<string>): AsyncGenerator<string> {
  let piece = '';
  for (const part of pieces) {
    piece += part;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  if (piece !== '') yield piece;
}

/** A list, its members being JSON already. */
export function* listPieces(members: Iterable<string>): Generator<string> {
  yield '[';
  let comma = '';
  for (const member of members) {
    yield comma + member;
    comma = ',';
  }
  yield ']';
}

/** `data` of an instant query. `stats` is a JSON object or empty. */
export function* instantData(value: Value, steps: Steps, stats: string): Generator<string> {
  const time = printTime(steps.startMs);
  switch (value.kind) {
    case 'scalar':
      yield `{"resultType":"scalar","result":[${time},"${printFloat(value.values[0] ?? Number.NaN)}"]`;
      break;
    case 'string':
      yield `{"resultType":"string","result":[${time},${JSON.stringify(value.value)}]`;
      break;
    case 'vector':
      yield '{"resultType":"vector","result":';
      yield* listPieces(value.series.map((series) => vectorMember(series, time)));
      break;
    case 'matrix':
      yield '{"resultType":"matrix","result":';
      yield* matrixPieces(value.series);
      break;
  }
  yield `${stats === '' ? '' : `,"stats":${stats}`}}`;
}

/** `data` of a range query. */
export function* rangeData(value: Value, steps: Steps, stats: string): Generator<string> {
  const series = seriesOf(value, steps);
  yield '{"resultType":"matrix","result":';
  yield* matrixPieces(series);
  yield `${stats === '' ? '' : `,"stats":${stats}`}}`;
}

/** The series of a range query's value. */
export function seriesOf(value: Value, steps: Steps): readonly Series[] {
  if (value.kind === 'scalar') return [seriesOfScalar(value.values, steps)];
  return value.kind === 'string' ? [] : value.series;
}

function vectorMember({ labels, values, histograms }: Series, time: string): string {
  const [histogram] = histograms;
  const sample =
    histogram === undefined
      ? `"value":[${time},"${printFloat(values[0] ?? Number.NaN)}"]`
      : `"histogram":[${time},${histogramJson(histogram.histogram)}]`;
  return `{"metric":${labelsJson(labels)},${sample}}`;
}

function* matrixPieces(all: readonly Series[]): Generator<string> {
  yield '[';
  let comma = '';
  for (const series of all) {
    yield `${comma}{"metric":${labelsJson(series.labels)}`;
    if (series.times.length > 0) {
      yield ',"values":';
      yield* floatPieces(series);
    }
    if (series.histograms.length > 0) {
      yield ',"histograms":';
      yield* listPieces(mapped(series.histograms, ({ ms, histogram }) => `[${printTime(ms)},${histogramJson(histogram)}]`));
    }
    yield '}';
    comma = ',';
  }
  yield ']';
}

/** Points per piece: a generator's step for every point would cost more than the point. */
const POINTS_PER_PIECE = 256;

function* floatPieces({ times, values }: Series): Generator<string> {
  let piece = '[';
  for (let i = 0; i < times.length; i++) {
    if (i > 0) piece += ',';
    piece += `[${printTime(times[i] ?? 0)},"${printFloat(values[i] ?? 0)}"]`;
    if (i % POINTS_PER_PIECE !== POINTS_PER_PIECE - 1) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}

export function* mapped<T>(values: Iterable<T>, map: (value: T) => string): Generator<string> {
  for (const value of values) yield map(value);
}

/** A label set as a JSON object, in its own order. */
export function labelsJson(labels: Labels): string {
  let out = '{';
  for (let i = 0; i < labels.length; i += 2) out += `${i > 0 ? ',' : ''}${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`;
  return `${out}}`;
}
