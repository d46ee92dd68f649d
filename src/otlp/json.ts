// OTLP/JSON: the protobuf JSON mapping, with OTLP's own exceptions (ids in hex, enums as numbers), into the same shapes as the protobuf readers.
//
// Names are accepted in lowerCamelCase and snake_case, 64-bit numbers as strings or numbers, `null` as absent; unknown fields are passed over.
//
// Source: OTLP specification, "JSON Protobuf Encoding"; protobuf language guide, "ProtoJSON".

import { Buffer } from 'node:buffer';
import { RequestError } from '../base/request-error.ts';
import type { AnyValue, KeyValue, Resource, Scope } from './any-value.ts';
import { NO_TIME, timestampOfDigits } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** How deep attribute values may nest; the protobuf reader has the same bound. */
const DEPTH_MAX = 100;
const UINT64_MAX = 18_446_744_073_709_551_615n;
const INT64_MAX = 9_223_372_036_854_775_807n;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
/** A bare integer that a double may not hold exactly. */
const LONG_INTEGER = /[:[,]\s*-?\d{16,}\s*[,\]}]/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The message of a request's body. Throws `bad_data` with the position when it is not JSON, or not an object. */
export function parseOtlpJson(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    const text = strictUtf8.decode(body);
    // Integers beyond 2^53 keep their digits; the reviver costs, so it runs only where there may be one.
    value = LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (cause) {
    throw new RequestError('bad_data', `malformed OTLP/JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return object(value, 'body');
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
}

/** A field by its lowerCamelCase name, or by the snake_case one; undefined when it is absent or null. */
export function field(message: JsonObject, name: string): unknown {
  const value = message[name] ?? message[snakeCase(name)];
  return value === null ? undefined : value;
}

const snakeNames = new Map<string, string>();

/** The names come from our own decoders, so the memory of them is bounded. */
function snakeCase(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}

function wrong(name: string, expected: string, value: unknown): never {
  const shown = JSON.stringify(value) ?? String(value);
  throw new RequestError('bad_data', `malformed OTLP/JSON: ${name}: expected ${expected}, got ${shown.slice(0, 80)}`);
}

function object(value: unknown, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(name, 'an object', value);
  return value as JsonObject;
}

/** A message field, or undefined when it is absent. */
export function messageField(message: JsonObject, name: string): JsonObject | undefined {
  const value = field(message, name);
  return value === undefined ? undefined : object(value, name);
}

/** A repeated field. */
export function listField(message: JsonObject, name: string): readonly unknown[] {
  const value = field(message, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : wrong(name, 'an array', value);
}

/** A repeated field of messages. */
export function messagesField(message: JsonObject, name: string): readonly JsonObject[] {
  return listField(message, name).map((item) => object(item, name));
}

export function textField(message: JsonObject, name: string): string {
  return textOf(field(message, name) ?? '', name);
}

/** A string that UTF-8 can carry: a lone half of a surrogate pair is refused, as it is in protobuf. */
function textOf(value: unknown, name: string): string {
  return typeof value === 'string' && value.isWellFormed() ? value : wrong(name, 'a string of whole characters', value);
}

export function boolField(message: JsonObject, name: string): boolean {
  const value = field(message, name) ?? false;
  return typeof value === 'boolean' ? value : wrong(name, 'a boolean', value);
}

/** A double: a number, a numeric string, `NaN`, `Infinity` or `-Infinity`; undefined when it is absent. */
export function doubleField(message: JsonObject, name: string): number | undefined {
  const value = field(message, name);
  return value === undefined ? undefined : doubleOf(value, name);
}

export function doubleOf(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return wrong(name, 'a number', value);
  const parsed = Number(value);
  return Number.isNaN(parsed) && value !== 'NaN' ? wrong(name, 'a number', value) : parsed;
}

/** An int32, or a 64-bit integer that need not be exact beyond 2^53; undefined when it is absent. */
export function intField(message: JsonObject, name: string): number | undefined {
  const value = field(message, name);
  return value === undefined ? undefined : intOf(value, name);
}

export function intOf(value: unknown, name: string): number {
  const parsed = doubleOf(value, name);
  return Number.isInteger(parsed) ? parsed : wrong(name, 'an integer', value);
}

/** An unsigned 64-bit integer that need not be exact beyond 2^53. */
export function uintOf(value: unknown, name: string): number {
  const parsed = intOf(value, name);
  return parsed < 0 || parsed > Number(UINT64_MAX) ? wrong(name, 'an unsigned 64-bit integer', value) : parsed;
}

export function uintField(message: JsonObject, name: string): number {
  const value = field(message, name);
  return value === undefined ? 0 : uintOf(value, name);
}

/** An enum, as its number or as the name of one of `names`; numbers that are not known stay as they are. */
export function enumField(message: JsonObject, name: string, names: Readonly<Record<string, number>>): number {
  const value = field(message, name) ?? 0;
  if (typeof value === 'string' && Object.hasOwn(names, value)) return names[value] ?? 0;
  return intOf(value, name);
}

/** Nanoseconds since the epoch. */
export function timestampField(message: JsonObject, name: string): Timestamp {
  const value = field(message, name);
  if (value === undefined) return NO_TIME;
  const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof digits !== 'string' || !/^\d{1,20}$/.test(digits)) return wrong(name, 'nanoseconds since the epoch', value);
  return timestampOfDigits(digits);
}

/** A trace or span id of `bytes` bytes in hex, as lower case; empty when it is absent or all zero. */
export function idField(message: JsonObject, name: string, bytes: number): string {
  const id = textField(message, name).toLowerCase();
  if (id === '') return '';
  if (id.length !== bytes * 2 || !/^[0-9a-f]*$/.test(id)) return wrong(name, `${bytes * 2} hexadecimal digits`, id);
  return /^0*$/.test(id) ? '' : id;
}

/** The attributes in a repeated `KeyValue` field. */
export function attributesField(message: JsonObject, name = 'attributes'): KeyValue[] {
  return messagesField(message, name).map((item) => keyValue(item, 0));
}

function keyValue(item: JsonObject, depth: number): KeyValue {
  const value = messageField(item, 'value');
  return { key: textField(item, 'key'), value: value === undefined ? null : anyValue(value, depth) };
}

/** An `AnyValue` message. */
export function anyValue(message: JsonObject, depth = 0): AnyValue {
  if (depth > DEPTH_MAX) return wrong('value', `at most ${DEPTH_MAX} nested values`, '…');
  const text = field(message, 'stringValue');
  if (text !== undefined) return textOf(text, 'stringValue');
  const int = field(message, 'intValue');
  if (int !== undefined) return int64(int, 'intValue');
  if (field(message, 'boolValue') !== undefined) return boolField(message, 'boolValue');
  const double = doubleField(message, 'doubleValue');
  if (double !== undefined) return double;
  const array = messageField(message, 'arrayValue');
  if (array !== undefined) return messagesField(array, 'values').map((item) => anyValue(item, depth + 1));
  const list = messageField(message, 'kvlistValue');
  if (list !== undefined) {
    return new Map(
      messagesField(list, 'values')
        .map((item) => keyValue(item, depth + 1))
        .map((item) => [item.key, item.value]),
    );
  }
  const bytes = field(message, 'bytesValue');
  return bytes === undefined ? null : bytesOf(bytes, 'bytesValue');
}

function int64(value: unknown, name: string): bigint {
  const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof digits !== 'string' || !/^-?\d{1,19}$/.test(digits)) return wrong(name, 'a 64-bit integer', value);
  const int = BigInt(digits);
  return int > INT64_MAX || int < -INT64_MAX - 1n ? wrong(name, 'a 64-bit integer', value) : int;
}

function bytesOf(value: unknown, name: string): Uint8Array {
  return typeof value === 'string' && BASE64.test(value) ? new Uint8Array(Buffer.from(value, 'base64')) : wrong(name, 'base64', value);
}

/** The `resource` field of a message. */
export function resourceField(message: JsonObject): Resource {
  return { attributes: attributesField(messageField(message, 'resource') ?? {}) };
}

/** The `scope` field of a message, with the schema's address that stands beside it. */
export function scopeField(message: JsonObject): Scope {
  const scope = messageField(message, 'scope') ?? {};
  return {
    name: textField(scope, 'name'),
    version: textField(scope, 'version'),
    schemaUrl: textField(message, 'schemaUrl'),
    attributes: attributesField(scope),
  };
}
