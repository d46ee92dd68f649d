// Which fields the lines of a query have: of JSON, of logfmt, of structured metadata, of the query's own parsing stages; what type, how many values.
//
//   newest lines ─▶ structured metadata, labels found by the query ─┐
//        └─▶ json, else logfmt, as stages would find them ──────────┴─▶ fields by name ─▶ type, cardinality, parsers, path
//
// Source: Loki `pkg/querier/queryrange/detected_fields.go`. Other than there, a field whose values have several types is a string (or a float).

import { parseBool } from '../metrics/api-params.ts';
import { Slices } from '../metrics/slices.ts';
import { NO_LABELS, type Labels, labelPairs } from '../query/labels.ts';
import { parseFloatStrict } from '../query/durations.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { convertBytes, convertDuration } from './logql/convert-value.ts';
import { DUPLICATE_SUFFIX, ERROR_DETAILS_LABEL, ERROR_LABEL, LineLabels, PRESERVE_ERROR_LABEL } from './logql/line-labels.ts';
import type { Stage } from './logql/ast.ts';
import type { Line, Pipeline } from './logql/pipeline.ts';
import { joinLabelName } from './logql/stage/label-names.ts';
import type { ResultEntry } from './query-result.ts';

/** Values of one field that are told apart; more count no further. */
const VALUES_MAX = 10_000;
/** Levels of nested objects of a JSON line that are looked into for paths. */
const DEPTH_MAX = 64;
const NOWHERE = { from: 0, to: 0 };
const HIDDEN: ReadonlySet<string> = new Set([ERROR_LABEL, ERROR_DETAILS_LABEL, PRESERVE_ERROR_LABEL]);
const INT64 = 2n ** 63n;

export type FieldType = 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';
type Parser = 'json' | 'logfmt';

export interface DetectedField {
  readonly label: string;
  readonly type: FieldType;
  readonly cardinality: number;
  /** What has to parse lines for the field to be there; null where nothing has to. */
  readonly parsers: readonly Parser[] | null;
  /** The keys that lead to it in a line of JSON. */
  readonly jsonPath?: readonly string[];
}

interface Field {
  readonly values: Set<string>;
  readonly parsers: Set<Parser>;
  type: FieldType | undefined;
  /** Undefined until a line of JSON has it; empty where none shows the way. */
  path: readonly string[] | undefined;
}

/** Lines of a query, and how many fields or values of theirs are wanted. */
export interface LineSample {
  readonly entries: readonly ResultEntry[];
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The fields of some lines, by name: the first `limit` that come. */
export async function detectFields({ entries, limit, signal }: LineSample): Promise<readonly DetectedField[]> {
  const fields = new Map<string, Field>();
  const reader = new LineReader();
  const slices = new Slices(signal);
  for (const entry of entries) {
    if (slices.isOver()) await slices.pause();
    addFields(fields, entry.line, reader.read(entry), limit);
  }
  return [...fields].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, field]) => detected(label, field));
}

function addFields(fields: Map<string, Field>, line: string, { values, parser, parsed }: Found, limit: number): void {
  let paths: ReturnType<typeof jsonPaths> | undefined;
  for (const [name, value] of values) {
    const field = fields.get(name) ?? newField(fields, name, limit);
    if (field === undefined) continue;
    addValue(field, value);
    if (parser === undefined || !parsed.has(name)) continue;
    field.parsers.add(parser);
    if (parser !== 'json' || field.path !== undefined) continue;
    paths ??= jsonPaths(line);
    field.path = paths.get(name.endsWith(DUPLICATE_SUFFIX) ? name.slice(0, -DUPLICATE_SUFFIX.length) : name) ?? paths.get(name) ?? [];
  }
}

/** The values of one field, sorted: the first `limit` that come. Sizes are written as a query takes them, without a space. */
export async function fieldValues({ entries, limit, signal }: LineSample, name: string): Promise<readonly string[]> {
  const values = new Set<string>();
  const reader = new LineReader();
  const slices = new Slices(signal);
  for (const entry of entries) {
    if (slices.isOver()) await slices.pause();
    for (const [found, value] of reader.read(entry).values)
      if (found === name) values.add(typeOf(value) === 'bytes' ? value.replace(' ', '') : value);
    if (values.size >= limit) break;
  }
  return [...values].slice(0, limit).sort();
}

function newField(fields: Map<string, Field>, name: string, limit: number): Field | undefined {
  if (fields.size >= limit) return undefined;
  const field: Field = { values: new Set(), parsers: new Set(), type: undefined, path: undefined };
  fields.set(name, field);
  return field;
}

function addValue(field: Field, value: string): void {
  if (field.values.has(value) || field.values.size >= VALUES_MAX) return;
  field.values.add(value);
  field.type = commonType(field.type, typeOf(value));
}

function detected(label: string, { values, parsers, type, path }: Field): DetectedField {
  const common = { label, type: type ?? 'string', cardinality: values.size, parsers: parsers.size === 0 ? null : [...parsers] } as const;
  return path === undefined || path.length === 0 ? common : { ...common, jsonPath: path };
}

function commonType(known: FieldType | undefined, type: FieldType): FieldType {
  if (known === undefined || known === type) return type;
  const isNumber = (each: FieldType): boolean => each === 'int' || each === 'float';
  return isNumber(known) && isNumber(type) ? 'float' : 'string';
}

/** What a value looks like. */
export function typeOf(value: string): FieldType {
  if (/^[+-]?\d{1,19}$/.test(value)) {
    const number = BigInt(value.replace('+', ''));
    if (number < INT64 && number >= -INT64) return 'int';
  }
  if (parseFloatStrict(value) !== undefined) return 'float';
  if (parseBool(value) !== undefined) return 'boolean';
  if (typeof convertDuration(value) === 'number') return 'duration';
  return typeof convertBytes(value) === 'number' ? 'bytes' : 'string';
}

interface Found {
  readonly values: readonly (readonly [string, string])[];
  /** What could parse the line, and the names of what it found. */
  readonly parser: Parser | undefined;
  readonly parsed: ReadonlySet<string>;
}

/** Reads lines as the stages `json` and `logfmt` do. */
class LineReader {
  readonly #json = pipelineOf({ kind: 'json', extractions: [], ...NOWHERE });
  readonly #logfmt = pipelineOf({ kind: 'logfmt', strict: false, keepEmpty: false, extractions: [], ...NOWHERE });
  readonly #labels = new LineLabels();

  read({ tsNs, line, categories }: ResultEntry): Found {
    const given = [...labelPairs(categories.structuredMetadata), ...labelPairs(categories.parsed)].filter(([name]) => !HIDDEN.has(name));
    const begin = (): Line => {
      this.#labels.reset(categories.stream, NO_LABELS);
      return { tsNs, text: line, labels: this.#labels };
    };
    const json = this.#parsed(this.#json, begin());
    const found = json ?? this.#parsed(this.#logfmt, begin());
    if (found === undefined) return { values: given, parser: undefined, parsed: new Set() };
    const parsed = [...labelPairs(found)];
    const names = new Set(parsed.map(([name]) => name));
    return { values: [...given, ...parsed], parser: json === undefined ? 'logfmt' : 'json', parsed: names };
  }

  #parsed(pipeline: Pipeline, line: Line): Labels | undefined {
    return pipeline.process(line) && line.labels.error === '' ? this.#labels.categorized().parsed : undefined;
  }
}

function pipelineOf(stage: Stage): Pipeline {
  return compilePipeline([stage]);
}

/** The keys that lead to each value of a line of JSON, by the name that the stage `json` gives it. */
function jsonPaths(line: string): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  addPaths(paths, parsedJson(line), '', []);
  return paths;
}

function addPaths(paths: Map<string, readonly string[]>, value: unknown, name: string, path: readonly string[]): void {
  if (typeof value !== 'object' || value === null) {
    if (!paths.has(name)) paths.set(name, path);
  } else if (!Array.isArray(value) && path.length < DEPTH_MAX) {
    for (const [key, member] of Object.entries(value)) addPaths(paths, member, joinLabelName(name, key), [...path, key]);
  }
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The stage is more lenient than JSON; such a line has no paths to show.
    return undefined;
  }
}
