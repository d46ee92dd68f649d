// `compare({ … })`: how often each attribute has each value in the selected spans and in all others, so that one sees what tells them apart.
//
//   { __meta_type = "selection", resource.service.name = "cart" }            counts by step, of the most frequent values
//   { __meta_type = "selection_total", resource.service.name = nil }         of all spans that have the attribute
//   { __meta_error = "__too_many_values__", span.http.url = nil }            there are more values than were asked for
//
// Source: Tempo `pkg/traceql/engine_metrics_compare.go`.

import { RequestError } from '../../../base/request-error.ts';
import { compareText } from '../../../query/labels.ts';
import type { Exemplar, TraceSeries } from '../../answers.ts';
import { NIL, type Value } from '../value.ts';
import { valueKey } from './series-key.ts';

export const META_TYPE_LABEL = '__meta_type';
export const META_ERROR_LABEL = '__meta_error';
const TOO_MANY_VALUES = '__too_many_values__';

export type Side = 'baseline' | 'selection';
const SIDES: readonly Side[] = ['baseline', 'selection'];

interface Counted {
  readonly value: Value;
  /** By step: most values are of few steps. */
  readonly counts: Map<number, number>;
  total: number;
}

/** Counts of values by step that are kept: some 100 bytes each. Further values are not looked at, and their attributes have too many. */
const COUNTS_MAX = 500_000;
/** Values of all series of an answer together: 8 bytes each. */
const VALUES_MAX = 20_000_000;
/** Attributes that are compared: what is kept of each is some 100 bytes, and 8 for each step. */
const ATTRIBUTES_MAX = 10_000;

interface Attribute {
  readonly values: Map<string, Counted>;
  readonly totals: Float64Array;
  readonly exemplars: Exemplar[];
  /** More values were seen than are in `values`. */
  hasMore: boolean;
}

/** `topN` values are shown of each attribute and side, `steps` is the number of counts of each. */
export class Comparison {
  readonly #topN: number;
  readonly #steps: number;
  #counts = 0;
  readonly #sides: Readonly<Record<Side, Map<string, Attribute>>> = { baseline: new Map(), selection: new Map() };

  constructor(topN: number, steps: number) {
    this.#topN = topN;
    this.#steps = steps;
  }

  /** Spans of a step that have a value; they count to the attribute's total too. Values that are nil or durations are not compared. */
  count(side: Side, name: string, cell: { readonly value: Value; readonly step: number; readonly count: number }): void {
    if (cell.value.type === 'nil' || cell.value.type === 'duration') return;
    this.value(side, name, cell);
    this.total(side, name, cell);
  }

  /** The same without the total. */
  value(side: Side, name: string, { value, step, count }: { readonly value: Value; readonly step: number; readonly count: number }): void {
    const attribute = this.#attribute(side, name);
    const key = valueKey(value);
    const counted = attribute.values.get(key) ?? { value, counts: new Map<number, number>(), total: 0 };
    const before = counted.counts.get(step);
    if (before === undefined && ++this.#counts > COUNTS_MAX) {
      attribute.hasMore = true;
      return;
    }
    counted.counts.set(step, (before ?? 0) + count);
    counted.total += count;
    attribute.values.set(key, counted);
  }

  /** Spans of a step that have the attribute, whatever its value. */
  total(side: Side, name: string, { step, count }: { readonly step: number; readonly count: number }): void {
    const { totals } = this.#attribute(side, name);
    totals[step] = (totals[step] ?? 0) + count;
  }

  /** Says that an attribute has more values than were counted. */
  more(side: Side, name: string): void {
    this.#attribute(side, name).hasMore = true;
  }

  /** An exemplar stands with the totals of the attributes that it has. */
  exemplar(side: Side, exemplar: Exemplar): void {
    for (const [name] of exemplar.attributes) this.#sides[side].get(name)?.exemplars.push({ ...exemplar, value: NaN });
  }

  series(): readonly TraceSeries[] {
    this.#checkSize();
    const tooMany = new Set(
      SIDES.flatMap((side) =>
        [...this.#sides[side]].filter(([, { values, hasMore }]) => hasMore || values.size > this.#topN).map(([name]) => name),
      ),
    );
    return [
      ...SIDES.flatMap((side) => [...this.#sides[side]].flatMap(([name, attribute]) => this.#values(side, name, attribute))),
      ...SIDES.flatMap((side) => [...this.#sides[side]].map(([name, attribute]) => totalOf(side, name, attribute))),
      ...[...tooMany].map((name) => tooManyOf(name, this.#steps)),
    ];
  }

  #checkSize(): void {
    const attributes = SIDES.flatMap((side) => [...this.#sides[side].values()]);
    const series = attributes.reduce((sum, { values }) => sum + Math.min(values.size, this.#topN) + 1, 0);
    if (series * this.#steps > VALUES_MAX)
      throw new RequestError(
        'execution',
        `compare() has ${series} series of ${this.#steps} steps, which is more than can be kept: ask for fewer values of an attribute, or for a longer step`,
      );
  }

  #values(side: Side, name: string, { values }: Attribute): readonly TraceSeries[] {
    const ranked = [...values].sort(([aKey, a], [bKey, b]) => b.total - a.total || compareText(aKey, bKey));
    return ranked.slice(0, this.#topN).map(([, { value, counts }]) => ({
      labels: [
        [META_TYPE_LABEL, { type: 'string', value: side }],
        [name, value],
      ],
      values: Float64Array.from({ length: this.#steps }, (_, step) => counts.get(step) ?? 0),
      exemplars: [],
    }));
  }

  #attribute(side: Side, name: string): Attribute {
    const attributes = this.#sides[side];
    let attribute = attributes.get(name);
    if (attribute === undefined) {
      if (attributes.size >= ATTRIBUTES_MAX || attributes.size * this.#steps > VALUES_MAX)
        throw new RequestError(
          'execution',
          `compare() has more than ${attributes.size} attributes of ${this.#steps} steps, which is more than can be kept: ask about fewer spans, or for a longer step`,
        );
      attributes.set(name, (attribute = { values: new Map(), totals: new Float64Array(this.#steps), exemplars: [], hasMore: false }));
    }
    return attribute;
  }
}

function totalOf(side: Side, name: string, { totals, exemplars }: Attribute): TraceSeries {
  const labels = [[META_TYPE_LABEL, { type: 'string', value: `${side}_total` }] as const, [name, NIL] as const];
  return { labels, values: totals, exemplars };
}

// The peer gives it no values and so never shows it; with zeros a reader sees it.
function tooManyOf(name: string, steps: number): TraceSeries {
  const labels = [[META_ERROR_LABEL, { type: 'string', value: TOO_MANY_VALUES }] as const, [name, NIL] as const];
  return { labels, values: new Float64Array(steps), exemplars: [] };
}
