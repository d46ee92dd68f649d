// A query's value as the JSON of Prometheus's HTTP API, in pieces: a large matrix is never one string.
//
//   series ──(points as bytes, the rest as text)──▶ pieces of some 64 KiB ──▶ the answer's stream, as fast as the client reads

import { type Labels } from '../query/labels.ts';
import type { Reply } from '../server/route.ts';
import { histogramJson } from './histogram-json.ts';
import { JsonBytes } from './json-bytes.ts';
import type { Value } from './promql/eval/eval.ts';
import { seriesOfScalar } from './promql/eval/eval.ts';
import type { Steps } from './promql/steps/evaluation.ts';
import type { Series } from './series.ts';
import { printFloat, printTime } from './value.ts';

const PIECE_LENGTH = 64 * 1024;

/** What stands beside the data of an answer. */
export interface Annotations {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export const NO_ANNOTATIONS: Annotations = { warnings: [], infos: [] };

/** JSON that comes bit by bit: text, or bytes that are a piece of their own. */
export type JsonPieces = Iterable<string | Buffer>;

/** A success whose `data` is given as pieces of JSON. */
export function successReply(data: JsonPieces, annotations: Annotations = NO_ANNOTATIONS): Reply {
  return piecesReply(successPieces(data, annotations));
}

/** An answer of JSON in pieces. One that fits into a piece is sent whole, a larger one as a stream. */
export function piecesReply(parts: JsonPieces): Reply {
  const pieces = joined(parts);
  const headers = { 'content-type': 'application/json' };
  const first = pieces.next();
  const second = pieces.next();
  if (first.done === true || second.done === true) return { status: 200, headers, body: first.value ?? '' };
  return { status: 200, headers, body: streamed([first.value, second.value], pieces) };
}

function* successPieces(data: JsonPieces, { warnings, infos }: Annotations): Generator<string | Buffer> {
  yield '{"status":"success","data":';
  yield* data;
  if (warnings.length > 0) yield `,"warnings":${JSON.stringify(warnings)}`;
  if (infos.length > 0) yield `,"infos":${JSON.stringify(infos)}`;
  yield '}';
}

// Small parts become pieces; large ones are pieces already.
function* joined(parts: JsonPieces): Generator<Buffer, undefined> {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (part.length < PIECE_LENGTH) text += part.toString();
    else {
      if (text !== '') yield Buffer.from(text);
      text = '';
      yield part;
    }
    if (text.length < PIECE_LENGTH) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

// Other requests run between two pieces.
async function* streamed(begun: readonly Buffer[], rest: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* begun;
  for (const piece of rest) {
    yield piece;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
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
export function* instantData(value: Value, steps: Steps, stats: string): Generator<string | Buffer> {
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
      yield* listPieces(mapped(value.series, (series) => vectorMember(series, time)));
      break;
    case 'matrix':
      yield '{"resultType":"matrix","result":';
      yield* matrixPieces(value.series);
      break;
  }
  yield `${stats === '' ? '' : `,"stats":${stats}`}}`;
}

/** `data` of a range query. */
export function* rangeData(value: Value, steps: Steps, stats: string): Generator<string | Buffer> {
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

function* matrixPieces(all: readonly Series[]): Generator<Buffer> {
  const out = new JsonBytes();
  out.text('[');
  for (const [index, series] of all.entries()) {
    out.text(`${index === 0 ? '' : ','}{"metric":${labelsJson(series.labels)}`);
    if (series.times.length > 0) yield* floatPieces(series, out);
    if (series.histograms.length > 0) yield* histogramPieces(series, out);
    out.text('}');
    if (out.isFull) yield out.take();
  }
  out.text(']');
  yield out.take();
}

function* floatPieces({ times, values }: Series, out: JsonBytes): Generator<Buffer> {
  out.text(',"values":[');
  for (let next = 0; next < times.length;) {
    next = out.points(times, values, next);
    if (out.isFull) yield out.take();
  }
  out.text(']');
}

function* histogramPieces({ histograms }: Series, out: JsonBytes): Generator<Buffer> {
  let before = ',"histograms":[';
  for (const { ms, histogram } of histograms) {
    out.text(`${before}[${printTime(ms)},${histogramJson(histogram)}]`);
    before = ',';
    if (out.isFull) yield out.take();
  }
  out.text(']');
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
