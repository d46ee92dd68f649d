// Label sets, as all signals share them.
//
// A label set is one flat array, names and values in turn, sorted by name: cheap to hash, to compare and to print.

/** `[name, value, name, value, …]`, sorted by name, no name twice, no empty value. */
export type Labels = readonly string[];

export const METRIC_NAME = '__name__';

export const NO_LABELS: Labels = [];

/** Sorts pairs into a label set; an empty value means that the label is absent. Of a name given twice the last wins. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (value === '') byName.delete(name);
    else byName.set(name, value);
  }
  return [...byName].sort(([a], [b]) => compareText(a, b)).flat();
}

/** A label set from an object. */
export function labelsOfRecord(record: Readonly<Record<string, string>>): Labels {
  return labelsOf(Object.entries(record));
}

/** The value of a label, or `''` when the set has none. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1] ?? '';
  return '';
}

/** The set as name-value pairs. */
export function* labelPairs(labels: Labels): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i] ?? '', labels[i + 1] ?? ''];
}

/** The set as an object, for JSON. */
export function labelsRecord(labels: Labels): Record<string, string> {
  return Object.fromEntries(labelPairs(labels));
}

/** One string per label set: equal sets give equal strings and different sets different ones, whatever bytes they hold. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const part of labels) key += `${part.length}:${part}`;
  return key;
}

/** Order of two strings by code point, which is the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others, though their units are smaller than U+E000…U+FFFF.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** The set with a label at its value, in place of the one it had; an empty value takes the label away. */
export function setLabel(labels: Labels, name: string, value: string): Labels {
  const result: string[] = [];
  let placed = value === '';
  for (let i = 0; i < labels.length; i += 2) {
    const other = labels[i] ?? '';
    if (!placed && compareText(other, name) >= 0) {
      result.push(name, value);
      placed = true;
    }
    if (other !== name) result.push(other, labels[i + 1] ?? '');
  }
  if (!placed) result.push(name, value);
  return result;
}

/** Prometheus's order of label sets: name by name, value by value, the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** As Prometheus prints it: `name{a="b", c="d"}`. */
export function printLabels(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME);
  const rest = [...labelPairs(labels)].filter(([label]) => label !== METRIC_NAME);
  const inner = rest.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ');
  return inner === '' && name !== '' ? name : `${name}{${inner}}`;
}
