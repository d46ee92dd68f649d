// The questions that the logs page asks, each as data; useAnswer puts them to the server.

import type { Params, Question } from './api.ts';
import { isRecord } from './api.ts';
import { decodeStrings } from './decode.ts';
import type { Direction, LogEntry } from './log-lines.ts';
import { decodeLines } from './log-lines.ts';
import { decodeInstant, decodeRange } from './query-result.ts';
import type { InstantResult, RangeResult } from './query-result.ts';
import type { Span } from './time-range.ts';

/** Tells apart the labels of a stream, what came with a line, and what the query read out of it. */
const CATEGORIZED = { 'x-loki-response-encoding-flags': 'categorize-labels' } as const;

/** A part of time in nanoseconds, as digits; the end is not part of it. */
export interface NsSpan {
  readonly startNs: string;
  readonly endNs: string;
}

export function nsOf(ms: number): string {
  return `${Math.round(ms)}000000`;
}

function spanParams(span: Span): Params {
  return [
    ['start', nsOf(span.startMs)],
    ['end', nsOf(span.endMs)],
  ];
}

export interface LinesAsked extends NsSpan {
  readonly query: string;
  readonly limit: number;
  readonly direction: Direction;
}

/** Lines in the order of the direction. */
export function lines({ query, startNs, endNs, limit, direction }: LinesAsked): Question<readonly LogEntry[]> {
  return {
    path: '/loki/api/v1/query_range',
    params: [
      ['query', query],
      ['start', startNs],
      ['end', endNs],
      ['limit', String(limit)],
      ['direction', direction],
    ],
    headers: CATEGORIZED,
    decode: (data) => decodeLines(data, direction),
  };
}

/** A metric query over time. */
export function logRange(query: string, span: Span, stepMs: number): Question<RangeResult> {
  return {
    path: '/loki/api/v1/query_range',
    params: [['query', query], ...spanParams(span), ['step', String(stepMs / 1000)]],
    decode: decodeRange,
  };
}

/** A metric query at one time. */
export function logInstant(query: string, atMs: number): Question<InstantResult> {
  return {
    path: '/loki/api/v1/query',
    params: [
      ['query', query],
      ['time', nsOf(atMs)],
    ],
    decode: decodeInstant,
  };
}

/** How many bytes the streams hold by the values of a label, the largest first. */
export function volumes(selector: string, label: string, span: Span, most: number): Question<InstantResult> {
  return {
    path: '/loki/api/v1/index/volume',
    params: [['query', selector], ...spanParams(span), ['targetLabels', label], ['limit', String(most)]],
    decode: decodeInstant,
  };
}

export interface LabelCount {
  readonly name: string;
  readonly values: number;
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The labels of streams with how many values each has. */
export function labelCounts(selector: string, span: Span): Question<readonly LabelCount[]> {
  return {
    path: '/loki/api/v1/detected_labels',
    params: [['query', selector], ...spanParams(span)],
    decode: (data) =>
      listOf(isRecord(data) ? data['detectedLabels'] : undefined).map((row) => ({
        name: String(row['label']),
        values: Number(row['cardinality']),
      })),
  };
}

export function streamLabels(selector: string, span: Span): Question<readonly string[]> {
  return { path: '/loki/api/v1/labels', params: [['query', selector], ...spanParams(span)], decode: (data) => decodeStrings(data ?? []) };
}

export function streamLabelValues(label: string, selector: string, span: Span): Question<readonly string[]> {
  const path = `/loki/api/v1/label/${encodeURIComponent(label)}/values`;
  return { path, params: [['query', selector], ...spanParams(span)], decode: (data) => decodeStrings(data ?? []) };
}

export interface DetectedField {
  readonly name: string;
  readonly type: string;
  /** Different values among the lines that were looked at. */
  readonly cardinality: number;
  /** What has to read the line for the field to be there; none where it came with the line. */
  readonly parsers: readonly string[];
}

/** The fields of a query's newest lines, of at most so many. */
export function detectedFields(query: string, span: Span, linesMax: number): Question<readonly DetectedField[]> {
  return {
    path: '/loki/api/v1/detected_fields',
    params: [['query', query], ...spanParams(span), ['line_limit', String(linesMax)]],
    decode: (data) =>
      listOf(isRecord(data) ? data['fields'] : undefined).map((row) => ({
        name: String(row['label']),
        type: String(row['type']),
        cardinality: Number(row['cardinality']),
        parsers: Array.isArray(row['parsers']) ? row['parsers'].map(String) : [],
      })),
  };
}

export interface Pattern {
  readonly pattern: string;
  readonly level: string;
  readonly count: number;
  /** Seconds since the epoch, and lines. */
  readonly samples: readonly (readonly [number, number])[];
}

/** The texts that recur in a query's lines, the most frequent first. */
export function patterns(query: string, span: Span, stepMs: number): Question<readonly Pattern[]> {
  return {
    path: '/loki/api/v1/patterns',
    params: [['query', query], ...spanParams(span), ['step', String(stepMs / 1000)]],
    decode: (data) =>
      listOf(data)
        .map(patternOf)
        .sort((a, b) => b.count - a.count),
  };
}

function patternOf(row: Readonly<Record<string, unknown>>): Pattern {
  const samples = (Array.isArray(row['samples']) ? row['samples'] : []).map((pair): readonly [number, number] =>
    Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [0, 0],
  );
  const count = samples.reduce((sum, [, lineCount]) => sum + lineCount, 0);
  return { pattern: String(row['pattern']), level: typeof row['level'] === 'string' ? row['level'] : '', count, samples };
}
