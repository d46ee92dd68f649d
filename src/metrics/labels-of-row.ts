// A row's labels as they are stored: the name in a column, and all labels as a map's keys and values in turn.

import { type Labels, METRIC_NAME, compareText, labelsOf } from '../query/labels.ts';

const NOTHING_MORE: readonly (readonly [string, string])[] = [];

/** The label set of a row of `series`, with `extra` labels in it. */
export function labelsOfRow(name: string, map: unknown, extra: readonly (readonly [string, string])[] = NOTHING_MORE): Labels {
  const flat: readonly unknown[] = Array.isArray(map) ? map : [];
  if (extra.length === 0 && isLabelSet(flat, name)) return flat;
  const pairs: [string, string][] = [[METRIC_NAME, name]];
  for (let i = 0; i < flat.length; i += 2) pairs.push([String(flat[i]), String(flat[i + 1])]);
  return labelsOf([...pairs, ...extra]);
}

/** True for what is a label set already, as this program writes it: sorted, and the name is in it. */
function isLabelSet(flat: readonly unknown[], name: string): flat is readonly string[] {
  let named = name === '';
  for (let i = 0; i < flat.length; i += 2) {
    const label = flat[i];
    const value = flat[i + 1];
    if (typeof label !== 'string' || typeof value !== 'string' || value === '') return false;
    if (label === METRIC_NAME) named = value === name;
    const before = flat[i - 2];
    if (typeof before === 'string' && compareText(before, label) >= 0) return false;
  }
  return named;
}
