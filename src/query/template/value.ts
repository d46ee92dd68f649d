// What a template computes with: Go's values as far as templates meet them.
//
//   Go               here            Go                     here
//   string           string          nil                    null
//   int, int64       bigint          no value at all        undefined
//   float64          number          slice                  array
//   bool             boolean         map, struct, function  the interfaces below

import { compareText } from '../labels.ts';
import type { TemplateFunction } from './function.ts';

export type Value = string | bigint | number | boolean | null | undefined | ValueList | GoMap | GoObject | TemplateFunction;

export type ValueList = readonly Value[];

/** A map with keys of type string. */
export interface GoMap {
  readonly kind: 'map';
  /** As `%T` prints it: `map[string]string`. */
  readonly typeName: string;
  /** What a key that is not there stands for where it may not be missing. */
  readonly zero: Value;
  readonly size: number;
  /** Undefined where the key is not there. */
  get(key: string): Value;
  has(key: string): boolean;
  keys(): Iterable<string>;
  /** Functions that are called as fields; they come before keys. */
  readonly methods?: ReadonlyMap<string, TemplateFunction>;
}

/** A value with fields and methods that is printed in its own way: a struct. */
export interface GoObject {
  readonly kind: 'object';
  readonly typeName: string;
  print(): string;
  /** A field's value, or a method, which is called; undefined for neither. */
  member(name: string): Value;
  /** Where two of its type are compared by `eq`, `lt` and the like: its value as a plain one. */
  comparable?(): Value;
}

const MAP_OF_ANY = 'map[string]interface {}';

/** A Go map over a Map; `map[string]interface {}` unless told otherwise. */
export function goMap(values: ReadonlyMap<string, Value>, typeName = MAP_OF_ANY, zero?: Value): GoMap {
  return {
    kind: 'map',
    typeName,
    zero,
    size: values.size,
    get: (key) => values.get(key),
    has: (key) => values.has(key),
    keys: () => values.keys(),
  };
}

export function isList(value: Value): value is ValueList {
  return Array.isArray(value);
}

export function isMap(value: Value): value is GoMap {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'map';
}

export function isObject(value: Value): value is GoObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}

export function isFunction(value: Value): value is TemplateFunction {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'function';
}

/** The type as Go's messages name it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      if (value === null || value === undefined) return '<nil>';
      if (isMap(value) || isObject(value)) return value.typeName;
      return isList(value) ? '[]interface {}' : 'func';
  }
}

/** Go's truth of a value: not the zero of its type. */
export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  if (Number.isNaN(value)) return true;
  return Boolean(value);
}

/** The keys of a map in the order in which Go prints and walks them. */
export function sortedKeys(map: GoMap): readonly string[] {
  return [...map.keys()].sort(compareText);
}

/** A JSON document's value as Go's `json.Unmarshal` into an empty interface gives it: every number a float. */
export function fromJsonValue(json: unknown, depth = 0): Value {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json;
  if (typeof json !== 'object' || json === null) return null;
  if (depth > JSON_DEPTH_MAX) return null;
  if (Array.isArray(json)) return json.map((item) => fromJsonValue(item, depth + 1));
  return goMap(new Map(Object.entries(json).map(([key, value]) => [key, fromJsonValue(value, depth + 1)])));
}

const JSON_DEPTH_MAX = 500;
