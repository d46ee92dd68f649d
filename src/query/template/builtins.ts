// The functions that every template knows. Source: Go `text/template`, funcs.go. (`and` and `or` stop early, so the evaluation has them itself.)

import { compareText } from '../labels.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import { NO_FLAGS } from './fmt-number.ts';
import { formatValue } from './fmt-verb.ts';
import { sprint, sprintf, sprintln } from './fmt.ts';
import {
  goFunction,
  isAssignable,
  printParamType,
  textArg,
  type FunctionTable,
  type TemplateFunction,
  type TemplateLimits,
} from './function.ts';
import { TemplateCallError } from './template-error.ts';
import { isFunction, isList, isMap, isObject, isTrue, typeName, type Value } from './value.ts';

const BAD_COMPARISON = 'incompatible types for comparison';
const BAD_COMPARISON_TYPE = 'invalid type for comparison';

export const BUILTINS: FunctionTable = new Map<string, TemplateFunction>([
  ['and', goFunction('any ...any', (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1))],
  ['or', goFunction('any ...any', (args) => args.find(isTrue) ?? args.at(-1))],
  ['not', goFunction('any', ([value]) => !isTrue(value))],
  ['eq', goFunction('any ...any', equalToAny)],
  ['ne', goFunction('any any', ([a, b]) => !isEqual(a, b))],
  ['lt', goFunction('any any', ([a, b]) => isLess(a, b))],
  ['le', goFunction('any any', ([a, b]) => isLess(a, b) || isEqual(a, b))],
  ['gt', goFunction('any any', ([a, b]) => !(isLess(a, b) || isEqual(a, b)))],
  ['ge', goFunction('any any', ([a, b]) => !isLess(a, b))],
  ['len', goFunction('any', ([value]) => length(value))],
  ['index', goFunction('any ...any', ([value, ...indexes]) => indexes.reduce(indexed, value))],
  ['slice', goFunction('any ...any', ([value, ...indexes]) => sliced(value, indexes))],
  ['print', goFunction('...any', sprint)],
  ['println', goFunction('...any', sprintln)],
  ['printf', goFunction('string ...any', (args, limits) => sprintf(textArg(args, 0), args.slice(1), limits))],
  ['html', goFunction('...any', (args, limits) => escapeHtml(joined(args, limits)))],
  ['js', goFunction('...any', (args, limits) => escapeJs(joined(args, limits)))],
  ['urlquery', goFunction('...any', (args, limits) => escapeQuery(joined(args, limits)))],
  ['call', goFunction('any ...any', ([fn, ...args], limits) => called(fn, args, limits))],
]);

function joined(args: readonly Value[], limits: TemplateLimits): string {
  return args.length === 1 && typeof args[0] === 'string'
    ? args[0]
    : sprint(
        args.map((arg) => arg ?? '<no value>'),
        limits,
      );
}

function equalToAny([first, ...others]: readonly Value[]): boolean {
  if (others.length === 0) throw new TemplateCallError('missing argument for comparison');
  return others.some((other) => isEqual(first, other));
}

function plain(value: Value): Value {
  return isObject(value) ? (value.comparable?.() ?? value) : value;
}

function isEqual(left: Value, right: Value): boolean {
  const a = plain(left);
  const b = plain(right);
  // A nil equals only a nil.
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  for (const value of [a, b]) {
    if (typeof value === 'object')
      throw new TemplateCallError(`non-comparable type ${formatValue(value, 'v', NO_FLAGS)}: ${typeName(value)}`);
  }
  if (typeof a !== typeof b) throw new TemplateCallError(BAD_COMPARISON);
  return a === b;
}

function isLess(left: Value, right: Value): boolean {
  const a = plain(left);
  const b = plain(right);
  for (const value of [a, b]) {
    if (typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'number' && typeof value !== 'boolean')
      throw new TemplateCallError(BAD_COMPARISON_TYPE);
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b) < 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new TemplateCallError(typeof a === typeof b ? BAD_COMPARISON_TYPE : BAD_COMPARISON);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function length(value: Value): bigint {
  if (typeof value === 'string') return BigInt(encoder.encode(value).length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw new TemplateCallError(value === null || value === undefined ? 'len of nil pointer' : `len of type ${typeName(value)}`);
}

function indexed(value: Value, index: Value): Value {
  if (value === null || value === undefined) throw new TemplateCallError('index of untyped nil');
  if (isMap(value)) {
    if (typeof index === 'string') return value.has(index) ? value.get(index) : value.zero;
    throw new TemplateCallError(
      index === null ? 'value is nil; should be of type string' : `value has type ${typeName(index)}; should be string`,
    );
  }
  if (typeof value === 'string') {
    const bytes = encoder.encode(value);
    return BigInt(bytes[position(index, bytes.length, false)] ?? 0);
  }
  if (isList(value)) return value[position(index, value.length, false)];
  throw new TemplateCallError(`can't index item of type ${typeName(value)}`);
}

/** An index into something of a length; `end` where the length itself is one too. */
function position(index: Value, size: number, end: boolean): number {
  if (typeof index !== 'bigint') {
    throw new TemplateCallError(
      index === null ? 'cannot index slice/array with nil' : `cannot index slice/array with type ${typeName(index)}`,
    );
  }
  if (index < 0n || index > BigInt(size) || (!end && index === BigInt(size))) throw new TemplateCallError(`index out of range: ${index}`);
  return Number(index);
}

function sliced(value: Value, indexes: readonly Value[]): Value {
  if (value === null || value === undefined) throw new TemplateCallError('slice of untyped nil');
  if (indexes.length > 3) throw new TemplateCallError(`too many slice indexes: ${indexes.length}`);
  if (typeof value !== 'string' && !isList(value)) throw new TemplateCallError(`can't slice item of type ${typeName(value)}`);
  if (typeof value === 'string' && indexes.length === 3) throw new TemplateCallError('cannot 3-index slice a string');
  const items = typeof value === 'string' ? encoder.encode(value) : value;
  const places = indexes.map((index) => position(index, items.length, true));
  const [from = 0, to = items.length, capacity] = places;
  if (from > to) throw new TemplateCallError(`invalid slice index: ${from} > ${to}`);
  if (capacity !== undefined && to > capacity) throw new TemplateCallError(`invalid slice index: ${to} > ${capacity}`);
  return typeof value === 'string' ? decoder.decode(encoder.encode(value).subarray(from, to)) : value.slice(from, to);
}

function called(fn: Value, args: readonly Value[], limits: TemplateLimits): Value {
  if (fn === null || fn === undefined) throw new TemplateCallError('call of nil');
  if (!isFunction(fn)) throw new TemplateCallError(`non-function of type ${typeName(fn)}`);
  const { params, rest } = fn;
  if (rest === undefined ? args.length !== params.length : args.length < params.length) {
    const wanted = rest === undefined ? String(params.length) : `at least ${params.length}`;
    throw new TemplateCallError(`wrong number of args: got ${args.length} want ${wanted}`);
  }
  for (const [i, arg] of args.entries()) {
    const type = params[i] ?? rest ?? 'any';
    if (!isAssignable(arg, type))
      throw new TemplateCallError(`arg ${i}: value has type ${typeName(arg)}; should be ${printParamType(type)}`);
  }
  return fn.call(args, limits);
}
