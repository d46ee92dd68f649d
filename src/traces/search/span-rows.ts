// Rows of `spans` as spans that an evaluation can ask for values: only the columns that the fields of a query stand in are read.
//
//   fields ─▶ columns to select ─▶ blocks ─▶ SpanView per row ─▶ the value of a field, made when it is asked for

import { type Sql, identifier, join, sql, text } from '../../base/sql.ts';
import type { Block, Values } from '../../storage/native.ts';
import { typedTextValue, valuesTogether } from '../api/attribute-value.ts';
import type { Catalogue, KnownSource, NsRange } from '../catalogue.ts';
import { kindValue, statusValue } from '../plan/compile-value.ts';
import { sourceValue } from '../plan/source-value.ts';
import { spanKeyText } from '../plan/span-key.ts';
import { hexId } from '../span-identity.ts';
import type { AttributeField, Field, IntrinsicName } from '../traceql/ast.ts';
import { fieldKey } from '../traceql/eval/needed-fields.ts';
import type { SpanView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';

/** A span of a row, with the numbers of its trace's id. */
export interface RowSpan extends SpanView {
  readonly traceHigh: bigint;
  readonly traceLow: bigint;
  /** What a column of the statement holds. */
  cell(column: string): unknown;
}

export interface SpanRowsOptions {
  readonly fields: readonly Field[];
  readonly catalogue: Catalogue;
  /** Spans that start in it are in range. */
  readonly range: NsRange;
  /** What else is selected, by the name that it gets: for `cell`. */
  readonly extra?: readonly (readonly [name: string, column: Sql])[];
}

/** The value of a field of a row. */
type Getter = (row: number, columns: Block['columns']) => Value;

interface Made {
  readonly sql: Sql;
  readonly name: string;
}

/** What `mapOf` reads. */
export const MAP_COLUMNS = [
  ['attrs', sql`attrs`],
  ['event_attrs', sql`event_attrs`],
  ['link_attrs', sql`link_attrs`],
] as const;

/** Keys and typed texts in turn: those attributes of a row that stand in the map, and those of all its events or links. */
export function mapOf(span: SpanView, scope: 'span' | 'event' | 'link'): readonly unknown[] {
  const cell = span instanceof Row ? span.cell(scope === 'span' ? 'attrs' : `${scope}_attrs`) : undefined;
  return Array.isArray(cell) ? cell : [];
}

const OWN_COLUMNS: readonly string[] = ['trace_high', 'trace_low', 'ts', 'span_id', 'parent_id', 'duration', 'source', 'kind'];

export class SpanRows {
  readonly #catalogue: Catalogue;
  readonly #range: NsRange;
  readonly #getters = new Map<string, Getter>();
  readonly #columns = new Map<string, Made>();

  constructor({ fields, catalogue, range, extra = [] }: SpanRowsOptions) {
    this.#catalogue = catalogue;
    this.#range = range;
    for (const name of OWN_COLUMNS) this.#columns.set(name, { sql: identifier(name), name });
    for (const [name, column] of extra) this.#columns.set(name, { sql: column, name });
    for (const field of fields) this.#add({ ...field, ofParent: false });
  }

  /** What to select. */
  get columns(): Sql {
    return join(
      [...this.#columns.values()].map(({ sql: column, name }) => sql`${column} AS ${identifier(name)}`),
      sql`, `,
    );
  }

  /** The spans of a block that has the columns. */
  spans({ rows, columns }: Block): readonly RowSpan[] {
    const table = new RowTable({ columns, getters: this.#getters, range: this.#range });
    return Array.from({ length: rows }, (_, row) => new Row(table, row));
  }

  #add(field: Field): void {
    const key = fieldKey(field);
    if (this.#getters.has(key)) return;
    this.#getters.set(key, field.type === 'intrinsic' ? this.#intrinsic(field.name, field) : this.#attribute(field));
  }

  /** Adds a column, and says what it is called in the blocks. */
  #select(column: Sql): string {
    const known = this.#columns.get(column.source);
    const name = known?.name ?? `a${this.#columns.size}`;
    this.#columns.set(column.source, { sql: column, name });
    return name;
  }

  #own(name: string): string {
    this.#columns.set(name, { sql: identifier(name), name });
    return name;
  }

  #intrinsic(name: IntrinsicName, field: Field): Getter {
    switch (name) {
      case 'duration':
        return (row, { duration }) => ({ type: 'duration', value: bigintAt(duration, row) });
      case 'name':
        this.#own('name');
        return (row, { name: names }) => ({ type: 'string', value: textAt(names, row) });
      case 'kind':
        return (row, { kind }) => kindValue(Number(kind?.[row]));
      case 'status':
        this.#own('status');
        return (row, { status }) => statusValue(Number(status?.[row]));
      case 'statusMessage':
        this.#own('status_message');
        return (row, { status_message: messages }) => ({ type: 'string', value: textAt(messages, row) });
      case 'spanId':
        return (row, { span_id: ids }) => ({ type: 'string', value: hexId(bigintAt(ids, row)) });
      case 'parentId':
        return (row, { parent_id: ids }) => ({ type: 'string', value: idOrNone(bigintAt(ids, row)) });
      case 'traceId':
        return (row, columns) => ({ type: 'string', value: traceIdAt(columns, row) });
      case 'eventName':
        return this.#texts('event_name');
      case 'linkTraceId':
        return this.#texts('link_trace_id');
      case 'linkSpanId':
        return this.#texts('link_span_id');
      case 'eventTimeSinceStart': {
        this.#own('event_ts');
        return (row, columns) => timesSince(listAt(columns['event_ts'], row), bigintAt(columns['ts'], row));
      }
      case 'instrumentationName':
      case 'instrumentationVersion':
        return this.#ofSource(field);
      default:
        // What other spans of the trace decide is never asked of one.
        return () => NIL;
    }
  }

  #texts(column: string): Getter {
    this.#own(column);
    return (row, columns) => valuesTogether(listAt(columns[column], row).map((value) => ({ type: 'string', value: String(value) })));
  }

  #attribute(field: AttributeField): Getter {
    switch (field.scope) {
      case 'span':
        return this.#ofSpan(field.name);
      case 'event':
      case 'link':
        return this.#nested(field.scope, field.name);
      case 'resource':
      case 'instrumentation':
        return this.#ofSource(field);
      case 'any': {
        const behind = { ofResource: { ...field, scope: 'resource' as const }, ofScope: { ...field, scope: 'instrumentation' as const } };
        return firstOf([
          this.#ofSpan(field.name),
          this.#ofSource(behind.ofResource),
          this.#nested('event', field.name),
          this.#nested('link', field.name),
          this.#ofSource(behind.ofScope),
        ]);
      }
    }
  }

  #ofSpan(key: string): Getter {
    const places = this.#catalogue.spanKey(key);
    if (places === undefined) return NONE;
    const column = this.#select(spanKeyText(key, places));
    const known = valuesOfTexts();
    return (row, columns) => known(textAt(columns[column], row));
  }

  /** Asked once of each source. */
  #ofSource(field: Field): Getter {
    const known = new Map<unknown, Value>();
    return (row, { source: sources }) => {
      const id = sources?.[row];
      let value = known.get(id);
      if (value === undefined) {
        const source: KnownSource | undefined = typeof id === 'bigint' ? this.#catalogue.source(id) : undefined;
        value = source === undefined ? NIL : sourceValue(source, field);
        known.set(id, value);
      }
      return value;
    };
  }

  #nested(scope: 'event' | 'link', key: string): Getter {
    if (this.#catalogue.nestedTypes(scope, key) === undefined) return NONE;
    const map = scope === 'event' ? sql`event_attrs` : sql`link_attrs`;
    const column = this.#select(sql`arrayFilter((v, k) -> k = ${text(key)}, mapValues(${map}), mapKeys(${map}))`);
    return (row, columns) => valuesTogether(listAt(columns[column], row).map((value) => typedTextValue(String(value))));
  }
}

const NONE: Getter = () => NIL;

function firstOf(getters: readonly Getter[]): Getter {
  const possible = getters.filter((getter) => getter !== NONE);
  return (row, columns) => {
    for (const getter of possible) {
      const value = getter(row, columns);
      if (value.type !== 'nil') return value;
    }
    return NIL;
  };
}

const TEXTS_KNOWN_MAX = 10_000;

/** Attributes repeat: the value of a text is made once. */
function valuesOfTexts(): (text: string) => Value {
  const known = new Map<string, Value>();
  return (typed) => {
    let value = known.get(typed);
    if (value === undefined) {
      value = typedTextValue(typed);
      if (known.size >= TEXTS_KNOWN_MAX) known.clear();
      known.set(typed, value);
    }
    return value;
  };
}

function timesSince(times: readonly unknown[], startNs: bigint): Value {
  const since = times.map((time) => BigInt(String(time)) - startNs);
  const [only] = since;
  if (only === undefined) return NIL;
  return since.length === 1 ? { type: 'duration', value: only } : { type: 'int[]', value: since };
}

function bigintAt(values: Values | undefined, row: number): bigint {
  const value = values?.[row];
  return typeof value === 'bigint' ? value : 0n;
}

function textAt(values: Values | undefined, row: number): string {
  const value = values?.[row];
  return typeof value === 'string' ? value : '';
}

function listAt(values: Values | undefined, row: number): readonly unknown[] {
  const value: unknown = values?.[row];
  if (value instanceof BigInt64Array) return [...value];
  return Array.isArray(value) ? value : [];
}

function idOrNone(id: bigint): string {
  return id === 0n ? '' : hexId(id);
}

function traceIdAt({ trace_high: high, trace_low: low }: Block['columns'], row: number): string {
  return hexId(bigintAt(high, row)) + hexId(bigintAt(low, row));
}

interface TableOptions {
  readonly columns: Block['columns'];
  readonly getters: ReadonlyMap<string, Getter>;
  readonly range: NsRange;
}

/** What the rows of a block share. */
class RowTable {
  readonly columns: Block['columns'];
  readonly range: NsRange;
  readonly #getters: ReadonlyMap<string, Getter>;
  // A query asks for the same few objects again and again.
  readonly #byField = new Map<Field, Getter>();

  constructor({ columns, getters, range }: TableOptions) {
    this.columns = columns;
    this.range = range;
    this.#getters = getters;
  }

  value(field: Field, row: number): Value {
    let getter = this.#byField.get(field);
    if (getter === undefined) {
      getter = this.#getters.get(fieldKey(field)) ?? NONE;
      this.#byField.set(field, getter);
    }
    return getter(row, this.columns);
  }
}

class Row implements RowSpan {
  readonly #table: RowTable;
  readonly #row: number;

  constructor(table: RowTable, row: number) {
    this.#table = table;
    this.#row = row;
  }

  get traceHigh(): bigint {
    return bigintAt(this.#table.columns['trace_high'], this.#row);
  }

  get traceLow(): bigint {
    return bigintAt(this.#table.columns['trace_low'], this.#row);
  }

  cell(column: string): unknown {
    return this.#table.columns[column]?.[this.#row];
  }

  get traceId(): string {
    return traceIdAt(this.#table.columns, this.#row);
  }

  get spanId(): string {
    return hexId(bigintAt(this.#table.columns['span_id'], this.#row));
  }

  get parentId(): string {
    return idOrNone(bigintAt(this.#table.columns['parent_id'], this.#row));
  }

  get startNs(): bigint {
    return bigintAt(this.#table.columns['ts'], this.#row);
  }

  get durationNs(): bigint {
    return bigintAt(this.#table.columns['duration'], this.#row);
  }

  get isInRange(): boolean {
    const { fromNs, toNs } = this.#table.range;
    return this.startNs >= fromNs && this.startNs < toNs;
  }

  value(field: Field): Value {
    return this.#table.value(field, this.#row);
  }
}
