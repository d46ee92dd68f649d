// A JSON document as a log line: its message, its time, the labels of its stream, and every other field as structured metadata.
//
//   text ─▶ JSON ─▶ flat fields (a.b.c) ─┬─ message ─▶ line          {"message":"x","host":{"name":"h"},"code":5}
//                                        ├─ time                      ─▶ {host_name="h"} "x"  code="5"
//                                        ├─ stream fields ─▶ labels
//                                        └─ the others ─▶ structured metadata

import { RequestError } from '../../base/request-error.ts';
import { type Labels, labelsOf } from '../../query/labels.ts';
import type { LogEntry } from '../write.ts';
import type { DocumentParams } from './document-params.ts';
import { documentTimeNs } from './document-time.ts';
import { fieldName } from './field-name.ts';

/** Objects nested deeper are one field with JSON as its value. */
const FLATTEN_DEPTH_MAX = 32;
const FIELDS_MAX = 10_000;
/** Label sets that are remembered, so that the store sees the same object for the same stream. */
const STREAMS_MAX = 10_000;
const VALUE_SHOWN_MAX = 60;
/** A bare integer that a double may not hold exactly. */
const LONG_INTEGER = /[:[,]\s*-?\d{16,}\s*[,\]}]/;

type Pair = readonly [string, string];

/** A document's line and the stream that it belongs to. */
export interface DocumentLine {
  readonly labels: Labels;
  readonly entry: LogEntry;
}

export interface DocumentReaderOptions {
  readonly params: DocumentParams;
  /** The stream of a document that has no stream field. */
  readonly otherwise: Pair;
  /** The time of a document that has none. */
  readonly nowNs: bigint;
}

/** Reads the documents of one request. */
export class DocumentReader {
  readonly #options: DocumentReaderOptions;
  readonly #streams = new Map<string, Labels>();

  constructor(options: DocumentReaderOptions) {
    this.#options = options;
  }

  /** The line of a document; `labels` are added to its stream's. Throws `bad_data` with what is wrong. */
  read(text: string, labels: readonly Pair[] = []): DocumentLine {
    const { params, nowNs } = this.#options;
    const fields = new Map(params.extraFields.length === 0 ? flatFields(text) : [...flatFields(text), ...params.extraFields]);
    for (const pattern of params.ignoreFields) ignore(fields, pattern);
    const tsNs = takeTime(fields, params.timeFields) ?? nowNs;
    // A document without a message is its own line: nothing of it is lost.
    const line = take(fields, params.messageFields) ?? text;
    const streamPairs = params.streamFields.map((name): Pair => [name, take(fields, [name]) ?? '']);
    const stream = this.#stream([...labels, ...streamPairs]);
    const metadata = labelsOf([...levelOf(fields), ...[...fields].map(([name, value]): Pair => [fieldName(name), value])]);
    return { labels: stream, entry: { tsNs, line, metadata } };
  }

  #stream(pairs: readonly Pair[]): Labels {
    const key = JSON.stringify(pairs);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const named = labelsOf(pairs.filter(([, value]) => value !== '').map(([name, value]): Pair => [fieldName(name), value]));
    const labels = named.length > 0 ? named : labelsOf([this.#options.otherwise]);
    if (this.#streams.size >= STREAMS_MAX) this.#streams.clear();
    this.#streams.set(key, labels);
    return labels;
  }
}

/** Elastic's field for the level is known by a name that no label can have. */
function levelOf(fields: ReadonlyMap<string, string>): readonly Pair[] {
  const level = fields.get('log.level');
  return level === undefined ? [] : [['detected_level', level]];
}

/** The fields of a JSON object by their paths. Throws `bad_data`. */
function flatFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  try {
    const document: unknown = LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
    if (typeof document !== 'object' || document === null || Array.isArray(document))
      throw new RequestError('bad_data', 'is no JSON object');
    flatten(document, '', { fields, depth: 0 });
    return fields;
  } catch (cause) {
    if (cause instanceof RequestError) throw cause;
    const reason = cause instanceof RangeError ? 'is nested too deeply' : `is no JSON: ${cause instanceof Error ? cause.message : ''}`;
    throw new RequestError('bad_data', reason.toWellFormed(), { cause });
  }
}

/** Integers beyond 2^53 keep their digits. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
}

function flatten(object: object, prefix: string, into: { readonly fields: Map<string, string>; readonly depth: number }): void {
  const { fields, depth } = into;
  for (const [name, value] of Object.entries(object)) {
    const path = prefix + name;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < FLATTEN_DEPTH_MAX)
      flatten(value, `${path}.`, { fields, depth: depth + 1 });
    else if (value !== null && path !== '') fields.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    if (fields.size > FIELDS_MAX) throw new RequestError('bad_data', `has more than ${FIELDS_MAX} fields`);
  }
}

function ignore(fields: Map<string, string>, pattern: string): void {
  if (!pattern.endsWith('*')) fields.delete(pattern);
  else for (const name of fields.keys()) if (name.startsWith(pattern.slice(0, -1))) fields.delete(name);
}

/** Takes the first of the fields out; undefined where none is there, or empty. */
function take(fields: Map<string, string>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields.get(name);
    if (value === undefined || value === '') continue;
    fields.delete(name);
    return value;
  }
  return undefined;
}

function takeTime(fields: Map<string, string>, names: readonly string[]): bigint | undefined {
  const text = take(fields, names);
  if (text === undefined || text === '0' || text === '-') return undefined;
  const ns = documentTimeNs(text);
  if (ns === undefined)
    throw new RequestError(
      'bad_data',
      `${JSON.stringify(text.slice(0, VALUE_SHOWN_MAX)).toWellFormed()} is no time (fields ${names.join(', ')})`,
    );
  return ns;
}

/** The lines of a body with their numbers from 1, without their ends; empty ones are passed over. */
export function* bodyLines(body: Uint8Array): Generator<{ readonly number: number; readonly text: string }> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0, number = 1; at < bytes.length; number++) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', at, end).trim();
    at = end + 1;
    if (text !== '') yield { number, text };
  }
}
