// What the values of some columns decide is decided once for each combination of values, and looked up for every span.
//
//   { span.http.status_code = 500 && … }   codes of the column ─▶ 0 or 1
//   by (resource.service.name, status)     codes of `source` and `status` ─▶ the number of the group

import type { HeldBlock, HeldColumn } from './held-block.ts';

/** Combinations up to here are a list; more of them are looked up in a map. */
const LIST_MAX = 1 << 20;
/** Combinations that a map knows; beyond, they are decided anew. */
const KNOWN_MAX = 1 << 20;
const UNKNOWN = -1;

export class Combinations {
  readonly #keys: readonly string[];
  readonly #decide: (cells: readonly string[]) => number;
  /** What is decided for the dictionaries of the last block. */
  #known: Known | undefined;

  /** `keys`: the columns, as they are named in blocks. `decide` gives a number that is not negative. */
  constructor(keys: readonly string[], decide: (cells: readonly string[]) => number) {
    this.#keys = keys;
    this.#decide = decide;
  }

  /** Of every span of a block. Hot: once per span. */
  fill(block: HeldBlock, into: Uint8Array | Int32Array): void {
    const columns = this.#columnsOf(block);
    const known = this.#of(columns);
    const [first, second] = columns;
    if (first === undefined) {
      into.fill(this.#decided(known, 0, []));
      return;
    }
    const { codes } = first;
    const { list } = known;
    if (second === undefined && list !== undefined) {
      for (let row = 0; row < codes.length; row++) {
        const code = codes[row] as number;
        if (list[code] === UNKNOWN) this.#decided(known, code, [code]);
        into[row] = list[code] as number;
      }
      return;
    }
    for (let row = 0; row < codes.length; row++) into[row] = this.#at(known, columns, row);
  }

  /** Of one span. */
  at(block: HeldBlock, row: number): number {
    const columns = this.#columnsOf(block);
    return this.#at(this.#of(columns), columns, row);
  }

  #at(known: Known, columns: readonly HeldColumn[], row: number): number {
    const { list, map, sizes, isExact } = known;
    let key: number | string = 0;
    if (isExact)
      for (let i = 0; i < columns.length; i++) key = key * (sizes[i] as number) + ((columns[i] as HeldColumn).codes[row] as number);
    else key = codesAt(columns, row).join(' ');
    const found = list === undefined ? (map.get(key) ?? UNKNOWN) : (list[key as number] as number);
    if (found !== UNKNOWN) return found;
    return this.#decided(known, key, codesAt(columns, row));
  }

  #decided({ list, map, columns }: Known, key: number | string, codes: readonly number[]): number {
    const found = this.#decide(codes.map((code, i) => columns[i]?.dictionary.values[code] ?? ''));
    if (list !== undefined) {
      list[key as number] = found;
      return found;
    }
    if (map.size >= KNOWN_MAX) map.clear();
    map.set(key, found);
    return found;
  }

  #columnsOf(block: HeldBlock): readonly HeldColumn[] {
    return this.#keys.map((key) => {
      const column = block.columns.get(key);
      if (column === undefined) throw new Error(`block ${block.block} of spans has no column ${key}`);
      return column;
    });
  }

  #of(columns: readonly HeldColumn[]): Known {
    const known = this.#known;
    const isSame = known?.columns.every(
      ({ dictionary }, i) => dictionary === columns[i]?.dictionary && dictionary.values.length <= (known.sizes[i] ?? 0),
    );
    if (known !== undefined && isSame === true) return known;
    const sizes = columns.map(({ dictionary }) => dictionary.values.length);
    const product = sizes.reduce((all, size) => all * size, 1);
    const list = product <= LIST_MAX ? new Int32Array(Math.max(1, product)).fill(UNKNOWN) : undefined;
    return (this.#known = { columns, sizes, list, map: new Map(), isExact: Number.isSafeInteger(product) });
  }
}

function codesAt(columns: readonly HeldColumn[], row: number): readonly number[] {
  return columns.map(({ codes }) => codes[row] as number);
}

interface Known {
  readonly columns: readonly HeldColumn[];
  readonly sizes: readonly number[];
  readonly list: Int32Array | undefined;
  readonly map: Map<number | string, number>;
  /** Whether a number is enough to name a combination; else its codes do, as a text. */
  readonly isExact: boolean;
}
