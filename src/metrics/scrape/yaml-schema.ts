// Settings in YAML, read as Prometheus reads its own: a schema per section, strict about unknown and repeated fields, with the line of each mistake.
//
//   text ─▶ yaml nodes ─▶ schema.decode ─▶ plain values;  mistakes of type gather, a section's own check ends the reading at once
//
// Source: go.yaml.in/yaml/v2 `UnmarshalStrict` (YAML 1.1 scalars, null means the zero value) and the `UnmarshalYAML` methods of Prometheus.

import { isAbsolute, join } from 'node:path';

import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, Scalar } from 'yaml';

import { RequestError } from '../../base/request-error.ts';

const DEPTH_MAX = 100;
const NODES_MAX = 1_000_000;
const MISTAKES_MAX = 20;

/** How one value is read. `zero` is what an explicit null or, without a default of its own, an absent field gives. */
export interface Schema<T> {
  readonly zero: () => T;
  readonly decode: (node: Node, reading: Reading) => T;
  /** What an absent field gives; `zero` when undefined. */
  readonly absent?: () => T;
}

export type Fields = Readonly<Record<string, Schema<unknown>>>;
export type ValueOf<S> = S extends Schema<infer T> ? T : never;
export type ValuesOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** One reading of one file. */
export class Reading {
  /** Relative file names are relative to it; empty leaves them as they are. */
  readonly directory: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #mistakes: string[] = [];
  #depth = 0;
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, directory: string) {
    this.#document = document;
    this.#lines = lines;
    this.directory = directory;
  }

  get mistakes(): readonly string[] {
    return this.#mistakes;
  }

  /** Reads a node, or the zero value where there is none. */
  read<T>(schema: Schema<T>, given: unknown): T {
    if (++this.#nodes > NODES_MAX) throw new RequestError('bad_data', `yaml: document contains more than ${NODES_MAX} values`);
    const node = this.resolve(given);
    if (node === undefined || isNull(node)) return schema.zero();
    if (++this.#depth > DEPTH_MAX) throw new RequestError('bad_data', `yaml: document is nested more than ${DEPTH_MAX} deep`);
    const value = schema.decode(node, this);
    this.#depth--;
    return value;
  }

  /** The node itself, behind its aliases. */
  resolve(given: unknown): Node | undefined {
    let node = given;
    for (let i = 0; i < DEPTH_MAX && isAlias(node); i++) node = aliasTarget(node, this.#document);
    return isNode(node) && !isAlias(node) ? node : undefined;
  }

  line(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }

  /** Notes a mistake and goes on, so that one reading finds several. */
  mistake(node: Node, what: string): void {
    if (this.#mistakes.length < MISTAKES_MAX) this.#mistakes.push(`  line ${this.line(node)}: ${what}`);
  }

  mismatch(node: Node, type: string): void {
    this.mistake(node, `cannot unmarshal ${describe(node)} into ${type}`);
  }
}

function aliasTarget(alias: Alias, document: Document): Node | undefined {
  return alias.resolve(document);
}

/** Reads a whole text. Throws `bad_data` with every mistake and its line. */
export function readYaml<T>(text: string, schema: Schema<T>, directory = ''): T {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'silent',
  });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const what = (problem.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    throw new RequestError('bad_data', `yaml: line ${problem.linePos?.[0].line ?? 1}: ${what}`);
  }
  const reading = new Reading(document, lines, directory);
  const value = reading.read(schema, document.contents);
  if (reading.mistakes.length > 0) throw new RequestError('bad_data', `yaml: unmarshal errors:\n${reading.mistakes.join('\n')}`);
  return value;
}

function isNull(node: Node): boolean {
  return isScalar(node) && isPlain(node) && /^(?:~|null|Null|NULL|)$/.test(String(node.value));
}

function isPlain(node: Scalar): boolean {
  return node.type === Scalar.PLAIN && node.tag === undefined;
}

const INTEGER = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE)$/;
const FALSE = /^(?:n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/;

function describe(node: Node): string {
  if (isMap(node)) return '!!map';
  if (!isScalar(node)) return '!!seq';
  const text = String(node.value);
  const shown = text.length > 10 ? `${text.slice(0, 7)}...` : text;
  return `!!${plainTag(node, text)} \`${shown}\``;
}

function plainTag(node: Scalar, text: string): string {
  if (!isPlain(node)) return 'str';
  if (INTEGER.test(text)) return 'int';
  if (FLOAT.test(text)) return 'float';
  return TRUE.test(text) || FALSE.test(text) ? 'bool' : 'str';
}

/** The text of a scalar; `!!binary` decoded, with bytes that are no UTF-8 kept as lone surrogates U+DC80…U+DCFF. */
function scalarText(node: Scalar): string {
  const text = String(node.value);
  if (node.tag !== 'tag:yaml.org,2002:binary') return text;
  const bare = text.replace(/\s/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(bare)) {
    throw new RequestError('bad_data', 'yaml: !!binary value contains invalid base64 data');
  }
  const bytes = Buffer.from(bare, 'base64');
  const decoded = bytes.toString('utf8');
  if (Buffer.from(decoded, 'utf8').equals(bytes)) return decoded;
  return [...bytes].map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}

/** A scalar that `parse` understands; what `parse` throws ends the reading. */
export function scalar<T>(type: string, zero: T, parse: (text: string, reading: Reading) => T): Schema<T> {
  return {
    zero: () => zero,
    decode: (node, reading) => {
      if (isScalar(node)) return positioned(node, reading, () => parse(scalarText(node), reading));
      reading.mismatch(node, type);
      return zero;
    },
  };
}

/** A scalar that must be written plainly, such as a number. */
function plainScalar<T>(type: string, zero: T, parse: (text: string) => T | undefined): Schema<T> {
  return {
    zero: () => zero,
    decode: (node, reading) => {
      const value = isScalar(node) && isPlain(node) ? parse(String(node.value)) : undefined;
      if (value === undefined) reading.mismatch(node, type);
      return value ?? zero;
    },
  };
}

export const text: Schema<string> = scalar('string', '', (value) => value);

/** The name of a file, relative to the directory of the file being read. */
export const fileName: Schema<string> = scalar('string', '', (value, { directory }) =>
  value === '' || directory === '' || isAbsolute(value) ? value : join(directory, value),
);

export const boolean: Schema<boolean> = plainScalar('bool', false, (value) =>
  TRUE.test(value) ? true : FALSE.test(value) ? false : undefined,
);
export const integer: Schema<number> = plainScalar('int', 0, integerOf);
export const unsigned: Schema<number> = plainScalar('uint', 0, (value) => (value.startsWith('-') ? undefined : integerOf(value)));
export const unsigned64: Schema<bigint> = plainScalar('uint64', 0n, (value) => {
  const whole = /^\+?([0-9]+)$/.exec(value.replaceAll('_', ''))?.[1];
  const number = whole === undefined ? undefined : BigInt(whole);
  return number === undefined || number >= 1n << 64n ? undefined : number;
});
export const float: Schema<number> = plainScalar('float64', 0, (value) => {
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(value)) return value.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return FLOAT.test(value) ? Number(value) : integerOf(value);
});

function integerOf(value: string): number | undefined {
  if (!INTEGER.test(value)) return undefined;
  const sign = value.startsWith('-') ? -1 : 1;
  const digits = value.replace(/^[-+]/, '').replaceAll('_', '');
  const number = sign * Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Null or absent is undefined. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return { zero: () => undefined, decode: schema.decode };
}

/** Absent is `value`; an explicit null is still the zero value. */
export function defaulted<T>(schema: Schema<T>, value: T): Schema<T> {
  return { ...schema, absent: () => value };
}

export function list<T>(element: Schema<T>): Schema<readonly T[]> {
  return {
    zero: () => [],
    decode: (node, reading) => {
      if (isSeq(node)) return node.items.map((item) => reading.read(element, item));
      // As in Go, a single scalar is not a list.
      reading.mismatch(node, '[]string');
      return [];
    },
  };
}

/** A mapping with free keys; `checkKey` throws on one that is not allowed. */
export function mapOf<T>(value: Schema<T>, checkKey?: (key: string) => void): Schema<ReadonlyMap<string, T>> {
  return {
    zero: () => new Map(),
    decode: (node, reading) => {
      const out = new Map<string, T>();
      if (!isMap(node)) reading.mismatch(node, 'map[string]string');
      else {
        for (const { key, keyNode, item } of pairsOf(node, reading)) {
          if (checkKey !== undefined) positioned(keyNode, reading, () => checkKey(key));
          if (out.has(key)) reading.mistake(keyNode, `key ${JSON.stringify(key)} already set in map`);
          out.set(key, reading.read(value, item));
        }
      }
      return out;
    },
  };
}

/** A section with named fields. `check` runs when all of it could be read, and throws `bad_data` when its fields contradict one another. */
export function section<F extends Fields>(type: string, fields: F, check?: (values: ValuesOf<F>) => void): Schema<ValuesOf<F>> {
  const known = new Map(Object.entries(fields));
  const build = (value: (name: string, schema: Schema<unknown>) => unknown): ValuesOf<F> =>
    Object.fromEntries([...known].map(([name, schema]) => [name, value(name, schema)])) as ValuesOf<F>;
  return {
    zero: () => build((_, schema) => schema.zero()),
    decode: (node, reading) => {
      const before = reading.mistakes.length;
      const items = readFields(node, reading, type, known);
      const values = build((name, schema) => {
        if (items.has(name)) return items.get(name);
        return schema.absent === undefined ? schema.zero() : schema.absent();
      });
      if (check !== undefined && reading.mistakes.length === before) positioned(node, reading, () => check(values));
      return values;
    },
  };
}

function readFields(node: Node, reading: Reading, type: string, known: ReadonlyMap<string, Schema<unknown>>): ReadonlyMap<string, unknown> {
  const items = new Map<string, unknown>();
  if (!isMap(node)) {
    reading.mismatch(node, type);
    return items;
  }
  for (const { key, keyNode, item } of pairsOf(node, reading)) {
    const schema = known.get(key);
    if (schema === undefined) reading.mistake(keyNode, `field ${key} not found in type ${type}`);
    else if (items.has(key)) reading.mistake(keyNode, `field ${key} already set in type ${type}`);
    else items.set(key, reading.read(schema, item));
  }
  return items;
}

interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly item: unknown;
}

/** The pairs of a mapping, those of merged mappings (`<<`) after its own. */
function pairsOf(map: YAMLMap, reading: Reading, depth = 0): readonly Entry[] {
  const entries: Entry[] = [];
  const merged: Entry[] = [];
  for (const pair of map.items as readonly Pair[]) {
    const keyNode = reading.resolve(pair.key);
    if (keyNode === undefined || !isScalar(keyNode)) {
      reading.mistake(keyNode ?? map, 'a key must be a scalar');
      continue;
    }
    const key = scalarText(keyNode);
    if (key === '<<' && isPlain(keyNode) && depth < DEPTH_MAX) merged.push(...mergedPairs(pair.value, reading, depth));
    else entries.push({ key, keyNode, item: pair.value });
  }
  if (merged.length === 0) return entries;
  const own = new Set(entries.map(({ key }) => key));
  return [...entries, ...new Map(merged.filter(({ key }) => !own.has(key)).map((entry) => [entry.key, entry])).values()];
}

function mergedPairs(given: unknown, reading: Reading, depth: number): readonly Entry[] {
  const node = reading.resolve(given);
  if (isMap(node)) return pairsOf(node, reading, depth + 1);
  if (!isSeq(node)) return [];
  return node.items.toReversed().flatMap((item) => mergedPairs(item, reading, depth + 1));
}

/** Adds the line to a mistake that a check found, the innermost only. */
function positioned<T>(node: Node, reading: Reading, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RequestError) || /\(line \d+\)$/.test(error.message)) throw error;
    throw new RequestError(error.code, `${error.message} (line ${reading.line(node)})`, { cause: error.cause });
  }
}
