// Attributes as TraceQL sees them: OTLP's values become those of the language. The one place that says so, for SQL conditions, rows and answers alike.

import { type AnyValue, valueText } from '../../otlp/any-value.ts';
import { NIL, type Value } from '../traceql/value.ts';
import { valueOfTypedText } from '../typed-text.ts';

/** Lists of one type are arrays; bytes, maps and lists of several types are texts, as they are shown. */
export function attributeValue(value: AnyValue | undefined): Value {
  if (value === undefined || value === null) return NIL;
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'bigint') return { type: 'int', value };
  if (typeof value === 'number') return { type: 'float', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  return isList(value) ? listValue(value) : { type: 'string', value: valueText(value) };
}

/** Of a typed text; nil for the empty one. */
export function typedTextValue(text: string): Value {
  // Most attributes are texts.
  return text.startsWith('s') ? { type: 'string', value: text.slice(1) } : attributeValue(valueOfTypedText(text));
}

/** Several values of one attribute, as events and links have them. */
export function valuesTogether(values: readonly Value[]): Value {
  const [first = NIL] = values;
  return values.length < 2 ? first : listValue(values.map((value) => (value.type === 'nil' ? null : plain(value))));
}

function plain(value: Exclude<Value, { type: 'nil' }>): AnyValue {
  return value.value;
}

function isList(value: AnyValue): value is readonly AnyValue[] {
  return Array.isArray(value);
}

function listValue(list: readonly AnyValue[]): Value {
  if (list.every((item) => typeof item === 'string')) return { type: 'string[]', value: list };
  if (list.every((item) => typeof item === 'bigint')) return { type: 'int[]', value: list };
  if (list.every((item) => typeof item === 'boolean')) return { type: 'bool[]', value: list };
  const numbers = list.flatMap((item) => (typeof item === 'number' || typeof item === 'bigint' ? [Number(item)] : []));
  return numbers.length === list.length ? { type: 'float[]', value: numbers } : { type: 'string', value: valueText(list) };
}
