// Spans of blocks in memory, one by one: what an answer shows of those that were found.

import type { NsRange } from '../catalogue.ts';
import type { RowSpan } from '../search/span-rows.ts';
import { hexId } from '../span-identity.ts';
import type { Field } from '../traceql/ast.ts';
import { NIL, type Value } from '../traceql/value.ts';
import type { HeldBlock } from './held-block.ts';
import type { HeldFields } from './held-fields.ts';

/** Where a span stands: `trace` is the place of its trace among those of the block. */
export interface HeldPlace {
  readonly block: HeldBlock;
  readonly trace: number;
  readonly row: number;
}

export interface HeldRowsOptions {
  readonly fields: HeldFields;
  /** Spans that start in it are in range. */
  readonly range: NsRange;
}

export class HeldRow implements RowSpan {
  readonly #place: HeldPlace;
  readonly #options: HeldRowsOptions;
  readonly startNs: bigint;

  constructor(place: HeldPlace, options: HeldRowsOptions) {
    this.#place = place;
    this.#options = options;
    this.startNs = place.block.startNs + BigInt(place.block.offsets[place.row] as number);
  }

  get traceHigh(): bigint {
    return this.#place.block.traceHighs[this.#place.trace] as bigint;
  }

  get traceLow(): bigint {
    return this.#place.block.traceLows[this.#place.trace] as bigint;
  }

  get traceId(): string {
    return hexId(this.traceHigh) + hexId(this.traceLow);
  }

  get spanId(): string {
    return hexId(this.#place.block.spanIds[this.#place.row] as bigint);
  }

  get parentId(): string {
    const id = this.#place.block.parentIds[this.#place.row] as bigint;
    return id === 0n ? '' : hexId(id);
  }

  get durationNs(): bigint {
    return BigInt(this.#place.block.durations[this.#place.row] as number);
  }

  get isInRange(): boolean {
    const { fromNs, toNs } = this.#options.range;
    return this.startNs >= fromNs && this.startNs < toNs;
  }

  /** As the columns of a statement would have it. */
  cell(column: string): unknown {
    switch (column) {
      case 'matched':
        return 1;
      case 'source':
        return BigInt(this.text(column));
      case 'kind':
      case 'status':
        return Number(this.text(column));
      default:
        return this.text(column);
    }
  }

  value(field: Field): Value {
    if (field.type === 'intrinsic') {
      switch (field.name) {
        case 'duration':
          return { type: 'duration', value: this.durationNs };
        case 'spanId':
          return { type: 'string', value: this.spanId };
        case 'parentId':
          return { type: 'string', value: this.parentId };
        case 'traceId':
          return { type: 'string', value: this.traceId };
        default:
      }
    }
    const held = this.#options.fields.of(field);
    return held === undefined ? NIL : held.value(held.columns.map(({ source }) => this.text(source)));
  }

  /** A value as it stands in a column. */
  text(column: string): string {
    const { block, row } = this.#place;
    const held = block.columns.get(column);
    return held?.dictionary.values[held.codes[row] as number] ?? '';
  }
}

/** Whether a row can say the value of a field. */
export function isHeld(field: Field, fields: HeldFields): boolean {
  if (field.ofParent) return isHeld({ ...field, ofParent: false }, fields);
  return (field.type === 'intrinsic' && OWN.has(field.name)) || fields.of(field) !== undefined;
}

/** Known of every span, or by the trace as a whole. */
const OWN: ReadonlySet<Field['name']> = new Set<Field['name']>([
  'duration',
  'spanId',
  'parentId',
  'parent',
  'traceId',
  'childCount',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
  'traceDuration',
  'rootName',
  'rootServiceName',
]);
