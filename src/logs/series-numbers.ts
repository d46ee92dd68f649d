// Numbers of the series of a range aggregation, by the labels that tell their samples apart.

import { deleteLabels } from '../metrics/promql/binary/binary-matching.ts';
import { compareText, type Labels, labelsKey, NO_LABELS } from '../query/labels.ts';
import type { LineLabels } from './logql/line-labels.ts';
import type { SampleGrouping } from './sample-grouping.ts';

export class SeriesNumbers {
  readonly #kind: SampleGrouping['kind'];
  /** Sorted, each once. */
  readonly #names: readonly string[];
  readonly #byKey = new Map<string, number>();
  readonly #labels: Labels[] = [];

  constructor({ kind, labels }: SampleGrouping) {
    this.#kind = kind;
    this.#names = [...new Set(labels)].sort(compareText);
  }

  labels(series: number): Labels {
    return this.#labels[series] ?? NO_LABELS;
  }

  /** The series of a line. One with an error keeps all its labels, so that the error is seen. hot: once per line. */
  of(labels: LineLabels): number {
    if (this.#kind === 'by' && labels.error === '') {
      const key = keptKey(labels, this.#names);
      return this.#byKey.get(key) ?? this.#begin(key, kept(labels, this.#names));
    }
    const all = labels.labels();
    const grouped = labels.error === '' ? deleteLabels(all, this.#names) : all;
    const key = labelsKey(grouped);
    return this.#byKey.get(key) ?? this.#begin(key, grouped);
  }

  #begin(key: string, labels: Labels): number {
    const number = this.#labels.length;
    this.#labels.push(labels);
    this.#byKey.set(key, number);
    return number;
  }
}

/** What `labelsKey` says of the labels that are kept. */
function keptKey(labels: LineLabels, names: readonly string[]): string {
  let key = '';
  for (const name of names) {
    const value = labels.get(name);
    if (value !== undefined) key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

function kept(labels: LineLabels, names: readonly string[]): Labels {
  const found: string[] = [];
  for (const name of names) {
    const value = labels.get(name);
    if (value !== undefined) found.push(name, value);
  }
  return found;
}
