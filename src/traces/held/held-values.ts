// Which values a column has among spans in memory.

import type { Sql } from '../../base/sql.ts';
import { Turns } from '../../metrics/turns.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import type { SpanReadContext } from '../read.ts';
import type { FieldExpression } from '../traceql/ast.ts';
import type { HeldBlock, HeldColumn } from './held-block.ts';
import { distinctColumns, HeldFields } from './held-fields.ts';
import { heldFilter, type HeldTest } from './held-filter.ts';
import { within } from './within.ts';

export interface HeldValuesOptions {
  readonly catalogue: Catalogue;
  readonly range: NsRange;
  readonly column: Sql;
  /** Only of spans that meet all of them. */
  readonly filters: readonly FieldExpression[];
}

export interface HeldValues {
  readonly values: ReadonlySet<string>;
  /** Spans from here on are not in memory. */
  readonly toNs: bigint;
}

/** Undefined where the store is to be asked for all of it. */
export async function heldValues(context: SpanReadContext, options: HeldValuesOptions): Promise<HeldValues | undefined> {
  const { catalogue, range, column, filters } = options;
  if (context.held === undefined) return undefined;
  const fields = new HeldFields(catalogue);
  const tests = filters.flatMap((filter) => heldFilter(filter, fields) ?? []);
  if (tests.length < filters.length) return undefined;
  const held = await context.held.range(context, range, distinctColumns([column, ...fields.columns]));
  if (held === undefined) return undefined;
  const values = new Set<string>();
  const turns = new Turns(context);
  for (const block of held.blocks) {
    if (turns.isDue) await turns.pass();
    const own = block.columns.get(column.source);
    if (own !== undefined) addValues(own, metOf(block, tests, { fromNs: range.fromNs, toNs: held.toNs }), values);
  }
  return { values, toNs: held.toNs };
}

function metOf(block: HeldBlock, tests: readonly HeldTest[], range: NsRange): Uint8Array | undefined {
  let met: Uint8Array | undefined;
  for (const test of tests) {
    const own = test(block);
    if (met === undefined || own === undefined) met ??= own;
    else for (let row = 0; row < own.length; row++) met[row] = (met[row] as number) & (own[row] as number);
  }
  return within(block, met, range);
}

/** Hot: once per span. */
function addValues({ dictionary, codes }: HeldColumn, met: Uint8Array | undefined, values: Set<string>): void {
  const seen = new Uint8Array(dictionary.values.length);
  for (let row = 0; row < codes.length; row++) {
    if (met === undefined || met[row] === 1) seen[codes[row] as number] = 1;
  }
  dictionary.values.forEach((value, code) => {
    if (seen[code] === 1) values.add(value);
  });
}
