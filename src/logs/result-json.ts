// A query's value as the JSON of Loki's HTTP API, in pieces: five thousand long lines are never one string.
//
//   entries ─(grouped by labels)─▶ streams ─┐
//   series ─────────────────────────────────┴─▶ pieces of some 64 KiB ─▶ the answer's stream, as fast as the client reads
//
// Source: Loki `pkg/util/marshal/query.go`; the legacy form `pkg/util/marshal/legacy`.

import { JsonBytes } from '../metrics/json-bytes.ts';
import { type JsonPieces, labelsJson, listPieces, mapped } from '../metrics/result-json.ts';
import { printFloat, printTime } from '../metrics/value.ts';
import { type Labels, labelPairs } from '../query/labels.ts';
import { quote } from '../query/scanner.ts';
import type { CategorizedLabels } from './logql/line-labels.ts';
import type { QueryValue, ResultEntry, ResultSeries } from './query-result.ts';

/** Makes an answer tell apart where the labels of each line come from. */
export const CATEGORIZE_LABELS = 'categorize-labels';

/** The flags of `X-Loki-Response-Encoding-Flags` that mean anything. */
export function encodingFlags(header: string | undefined): readonly string[] {
  const flags = (header ?? '').split(',').map((flag) => flag.trim());
  return flags.includes(CATEGORIZE_LABELS) ? [CATEGORIZE_LABELS] : [];
}

/** `data` of a query's answer. `stats` is a JSON object. */
export function* queryData(value: QueryValue, flags: readonly string[], stats: string): JsonPieces {
  yield `{"resultType":"${value.kind}",`;
  if (flags.length > 0) yield `"encodingFlags":${JSON.stringify(flags)},`;
  yield '"result":';
  yield* resultPieces(value, flags.includes(CATEGORIZE_LABELS));
  yield `,"stats":${stats}}`;
}

function resultPieces(value: QueryValue, categorize: boolean): JsonPieces {
  switch (value.kind) {
    case 'streams':
      return streamsPieces(value.entries, categorize);
    case 'matrix':
      return matrixPieces(value.series);
    case 'vector':
      return listPieces(mapped(value.series, vectorMember));
    case 'scalar':
      return [pointJson(value.tsMs, value.value)];
  }
}

/** Lines and series of a value. */
export function entriesIn(value: QueryValue): number {
  switch (value.kind) {
    case 'streams':
      return value.entries.length;
    case 'scalar':
      return 1;
    case 'matrix':
    case 'vector':
      return value.series.length;
  }
}

interface Stream {
  readonly labels: Labels;
  /** The labels as JSON: what tells streams apart, orders and shows them. */
  readonly text: string;
  readonly entries: ResultEntry[];
}

/** Entries by their labels, streams in the order of these, entries in theirs. */
export function streamsOf(entries: readonly ResultEntry[], labelsOf: (entry: ResultEntry) => Labels): readonly Stream[] {
  // Lines that come from one stream often share one label set: its text is made once.
  const bySet = new Map<Labels, Stream>();
  const byText = new Map<string, Stream>();
  for (const entry of entries) {
    const labels = labelsOf(entry);
    const stream = bySet.get(labels) ?? streamAmong(byText, labels);
    bySet.set(labels, stream);
    stream.entries.push(entry);
  }
  return [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function streamAmong(byText: Map<string, Stream>, labels: Labels): Stream {
  const text = labelsJson(labels);
  const known = byText.get(text);
  if (known !== undefined) return known;
  const stream: Stream = { labels, text, entries: [] };
  byText.set(text, stream);
  return stream;
}

/** The list of streams: `{"stream":{…},"values":[["<ns>","<line>"]]}`. */
export function* streamsPieces(entries: readonly ResultEntry[], categorize: boolean): Generator<string> {
  const streams = streamsOf(entries, categorize ? (entry) => entry.categories.stream : (entry) => entry.labels);
  yield '[';
  for (const [index, stream] of streams.entries()) {
    yield `${index === 0 ? '' : ','}{"stream":${stream.text},"values":`;
    yield* listPieces(mapped(stream.entries, categorize ? categorizedEntry : plainEntry));
    yield '}';
  }
  yield ']';
}

function plainEntry({ tsNs, line }: ResultEntry): string {
  return `["${tsNs}",${JSON.stringify(line)}]`;
}

function categorizedEntry({ tsNs, line, categories }: ResultEntry): string {
  return `["${tsNs}",${JSON.stringify(line)},${categoriesJson(categories)}]`;
}

function categoriesJson({ structuredMetadata, parsed }: CategorizedLabels): string {
  const metadata = structuredMetadata.length === 0 ? [] : [`"structuredMetadata":${labelsJson(structuredMetadata)}`];
  return `{${[...metadata, ...(parsed.length === 0 ? [] : [`"parsed":${labelsJson(parsed)}`])].join(',')}}`;
}

function vectorMember({ labels, times, values }: ResultSeries): string {
  return `{"metric":${labelsJson(labels)},"value":${pointJson(times[0] ?? 0, values[0] ?? Number.NaN)}}`;
}

function pointJson(ms: number, value: number): string {
  return `[${printTime(ms)},"${printFloat(value)}"]`;
}

function* matrixPieces(all: readonly ResultSeries[]): Generator<Buffer> {
  const out = new JsonBytes();
  out.text('[');
  for (const [index, { labels, times, values }] of all.entries()) {
    out.text(`${index === 0 ? '' : ','}{"metric":${labelsJson(labels)},"values":[`);
    for (let next = 0; next < times.length;) {
      next = out.points(times, values, next);
      if (out.isFull) yield out.take();
    }
    out.text(']}');
    if (out.isFull) yield out.take();
  }
  out.text(']');
  yield out.take();
}

/** The answer of `/api/prom/query`: labels as a selector's text, times as RFC 3339. */
export function* legacyStreams(entries: readonly ResultEntry[], stats: string): JsonPieces {
  const streams = streamsOf(entries, (entry) => entry.labels);
  yield '{"streams":[';
  for (const [index, stream] of streams.entries()) {
    yield `${index === 0 ? '' : ','}{"labels":${JSON.stringify(selectorText(stream.labels))},"entries":`;
    yield* listPieces(mapped(stream.entries, ({ tsNs, line }) => `{"ts":"${printRfc3339(tsNs)}","line":${JSON.stringify(line)}}`));
    yield '}';
  }
  yield `],"stats":${stats}}`;
}

/** A label set as Loki prints it: `{a="b", c="d"}`. */
export function selectorText(labels: Labels): string {
  return `{${[...labelPairs(labels)].map(([name, value]) => `${name}=${quote(value)}`).join(', ')}}`;
}

/** A time with as many digits behind the point as it needs, in UTC. Source: Go `time.RFC3339Nano`. */
export function printRfc3339(ns: bigint): string {
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((ns - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  return `${seconds}${digits === '' ? '' : `.${digits}`}Z`;
}
