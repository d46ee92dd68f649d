// What tells series apart: their labels, without the name that a query without `by` gives.

import { compareText } from '../../../query/labels.ts';
import type { TraceSeries } from '../../answers.ts';
import { KIND_NAMES, type Value, type ValueType } from '../value.ts';

export const NAME_LABEL = '__name__';
export const BUCKET_LABEL = '__bucket';
export const QUANTILE_LABEL = 'p';

type Labels = TraceSeries['labels'];

/** One text per value: equal values of one type have equal ones. */
export function valueKey(value: Value): string {
  if (value.type === 'nil') return '';
  if (value.type === 'string') return `string ${value.value}`;
  if (Array.isArray(value.value))
    return `${value.type} ${JSON.stringify(value.value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))}`;
  return `${value.type} ${String(value.value)}`;
}

/** One text per set of labels, in their order; `__name__` is no part of it, so that queries without `by` match one another. */
export function seriesKey(labels: Labels): string {
  let key = '';
  for (const [name, value] of labels) {
    if (name === NAME_LABEL) continue;
    const text = valueKey(value);
    key += `${name.length} ${text.length} ${name}${text}`;
  }
  return key;
}

// The peer's order of types. Source: Tempo `pkg/traceql/enum_statics.go`.
const TYPE_ORDER: readonly ValueType[] = [
  'nil',
  'int',
  'float',
  'string',
  'bool',
  'int[]',
  'float[]',
  'string[]',
  'bool[]',
  'duration',
  'status',
  'kind',
];
// The peer's numbers of statuses and kinds. Source: the same file.
const STATUS_ORDER: readonly string[] = ['error', 'ok', 'unset'];

/**
 * Which of two series with equal values `topk` prefers (a result above 0: the first), and `bottomk` the other way round: the alphabetically
 * earlier one, of numbers the greater. Source: Tempo `pkg/traceql/series_heap.go`, compareSeriesMapKey.
 */
export function compareSeries(a: Labels, b: Labels): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [aName, aValue] = a[i] ?? ABSENT;
    const [bName, bValue] = b[i] ?? ABSENT;
    const byText = compareText(textOf(bValue), textOf(aValue)) || compareText(bName, aName);
    if (byText !== 0) return byText;
    const byType = TYPE_ORDER.indexOf(aValue.type) - TYPE_ORDER.indexOf(bValue.type);
    if (byType !== 0) return byType;
    const [aCode, bCode] = [codeOf(aValue), codeOf(bValue)];
    if (aCode !== bCode) return aCode < bCode ? -1 : 1;
  }
  return 0;
}

const ABSENT: readonly [string, Value] = ['', { type: 'nil' }];

function textOf(value: Value): string {
  return value.type === 'string' ? value.value : value.type.endsWith('[]') ? valueKey(value) : '';
}

/** A value as the 64 bits that the peer compares. */
function codeOf(value: Value): bigint {
  switch (value.type) {
    case 'int':
    case 'duration':
      return BigInt.asUintN(64, value.value);
    case 'float':
      return new BigUint64Array(Float64Array.of(value.value).buffer)[0] ?? 0n;
    case 'bool':
      return value.value ? 1n : 0n;
    case 'status':
      return BigInt(STATUS_ORDER.indexOf(value.value));
    case 'kind':
      return BigInt(KIND_NAMES.indexOf(value.value));
    default:
      return 0n;
  }
}
