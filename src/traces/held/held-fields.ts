// Fields of a query as columns that are held: which columns say what a field's value is, and how.

import type { Sql } from '../../base/sql.ts';
import { sql } from '../../base/sql.ts';
import type { Catalogue, KnownSource } from '../catalogue.ts';
import { sqlField } from '../metrics/metrics-field.ts';
import type { Field } from '../traceql/ast.ts';
import { fieldKey } from '../traceql/eval/needed-fields.ts';
import type { Value } from '../traceql/value.ts';

export interface HeldField {
  /** The columns that decide. */
  readonly columns: readonly Sql[];
  /** The value of their cells. */
  value(cells: readonly string[]): Value;
}

const SOURCE: Sql = sql`source`;
/** What is held as numbers: it has too many values to be told apart by a dictionary. */
const NUMBERS: ReadonlySet<Field['name']> = new Set<Field['name']>(['duration', 'spanId', 'parentId', 'parent', 'traceId']);

/** The fields of one query. */
export class HeldFields {
  readonly #catalogue: Catalogue;
  readonly #known = new Map<string, HeldField | undefined>();
  readonly #sources = new Map<string, KnownSource | undefined>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Undefined for a field that no column of values decides. */
  of(field: Field): HeldField | undefined {
    const key = fieldKey(field);
    if (!this.#known.has(key)) this.#known.set(key, this.#make(field));
    return this.#known.get(key);
  }

  /** All columns that fields of the query have been asked for. */
  get columns(): readonly Sql[] {
    return distinctColumns([...this.#known.values()].flatMap((field) => field?.columns ?? []));
  }

  #make(field: Field): HeldField | undefined {
    if (field.type === 'intrinsic' && NUMBERS.has(field.name)) return undefined;
    const found = sqlField(field, this.#catalogue);
    if (found === undefined) return undefined;
    const { column, needsSource } = found;
    const value = (cell: string | undefined, source: string | undefined): Value =>
      found.value(cell, source === undefined ? undefined : this.#source(source));
    if (column === undefined) return { columns: [SOURCE], value: ([source]) => value(undefined, source) };
    if (!needsSource) return { columns: [column], value: ([cell]) => value(cell, undefined) };
    return { columns: [column, SOURCE], value: ([cell, source]) => value(cell, source) };
  }

  #source(id: string): KnownSource | undefined {
    if (!this.#sources.has(id)) this.#sources.set(id, this.#catalogue.source(BigInt(id)));
    return this.#sources.get(id);
  }
}

export function distinctColumns(columns: readonly Sql[]): readonly Sql[] {
  return [...new Map(columns.map((column) => [column.source, column])).values()];
}

/** Reads fields out of the cells of a list of columns. */
export function fieldsReader(fields: readonly HeldField[]): {
  readonly keys: readonly string[];
  readonly values: (cells: readonly string[]) => readonly Value[];
} {
  const keys = distinctColumns(fields.flatMap(({ columns }) => columns)).map(({ source }) => source);
  const places = fields.map(({ columns }) => columns.map(({ source }) => keys.indexOf(source)));
  const values = (cells: readonly string[]): readonly Value[] =>
    fields.map((field, i) => field.value((places[i] ?? []).map((place) => cells[place] ?? '')));
  return { keys, values };
}
