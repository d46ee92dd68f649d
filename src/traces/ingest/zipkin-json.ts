// Zipkin's JSON of version 2 into spans, and the fields that version 1 has in common with it.
//
//   [{"traceId": "…", "id": "…", "kind": "CLIENT", "name": "get /", "timestamp": 1700000000000000, "duration": 1500,
//     "localEndpoint": {"serviceName": "shop"}, "annotations": [{"timestamp": …, "value": "…"}], "tags": {"http.method": "GET"}}]
//
// Source: zipkin-api `zipkin2-api.yaml`. Fields that nobody knows are passed over, a `null` is as if it were not there.

import { RequestError } from '../../base/request-error.ts';
import { NO_ID, SPAN_ID_BYTES, TRACE_ID_BYTES, idOfHex } from './span-ids.ts';
import type { ZipkinAnnotation, ZipkinEndpoint, ZipkinKind, ZipkinSpan, ZipkinTranslation } from './zipkin-span.ts';

const SHOWN_LENGTH_MAX = 80;
const KINDS: ReadonlyMap<string, ZipkinKind> = new Map((['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] as const).map((kind) => [kind, kind]));
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const DIGITS = /^\d{1,16}$/;
const PORT_MAX = 65_535;
/** What a span, an annotation and a tag take on the wire beside their texts. */
const [SPAN_BYTES, ANNOTATION_BYTES, TAG_BYTES] = [96, 16, 6];

/** A JSON object and where it stands, for errors: `span 3 ("get /"): localEndpoint`. */
export interface JsonPart {
  readonly object: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** Reads a body of `/api/v2/spans`. Throws `bad_data` that names the span and the field. */
export function readZipkinJson(body: Uint8Array, into: ZipkinTranslation): void {
  for (const part of spansOf(body)) {
    const span = spanOf(part);
    into.add(span, bytesOf(span));
  }
}

/** The spans of a body, each with its place. */
export function* spansOf(body: Uint8Array): Generator<JsonPart> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(strictUtf8.decode(body));
  } catch (cause) {
    throw new RequestError('bad_data', `malformed Zipkin JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!Array.isArray(parsed)) wrong('the body', 'a list of spans', parsed);
  let index = 0;
  for (const item of parsed as readonly unknown[]) {
    const { object } = partOf(item, `span ${index}`);
    const { name } = object;
    yield {
      object,
      where: typeof name === 'string' ? `span ${index} (${JSON.stringify(name.slice(0, SHOWN_LENGTH_MAX))})` : `span ${index}`,
    };
    index++;
  }
}

function spanOf(part: JsonPart): ZipkinSpan {
  return {
    ...idsField(part),
    kind: kindField(part),
    name: textField(part, 'name'),
    startUs: timeField(part, 'timestamp'),
    durationUs: timeField(part, 'duration') ?? 0n,
    local: endpointField(part, 'localEndpoint'),
    remote: endpointField(part, 'remoteEndpoint'),
    annotations: listField(part, 'annotations').map(annotationOf),
    tags: tagsField(part),
    debug: boolField(part, 'debug'),
    shared: boolField(part, 'shared'),
  };
}

/** About the size of a span in the denser of its encodings. */
export function bytesOf({ name, tags, annotations }: ZipkinSpan): number {
  let bytes = SPAN_BYTES + name.length;
  for (const [key, value] of tags) bytes += TAG_BYTES + key.length + (typeof value === 'string' ? value.length : 8);
  for (const { value } of annotations) bytes += ANNOTATION_BYTES + value.length;
  return bytes;
}

/** The ids of a span: 1 to 32 hexadecimal digits of the trace, 1 to 16 of spans. */
export function idsField(part: JsonPart): Pick<ZipkinSpan, 'traceId' | 'id' | 'parentId'> {
  return {
    traceId: idField(part, 'traceId', TRACE_ID_BYTES),
    id: idField(part, 'id', SPAN_ID_BYTES),
    parentId: textField(part, 'parentId') === '' ? NO_ID : idField(part, 'parentId', SPAN_ID_BYTES),
  };
}

function idField(part: JsonPart, name: string, bytes: number): Uint8Array {
  const text = textField(part, name);
  return idOfHex(text, bytes) ?? wrong(`${part.where}: ${name}`, `1 to ${bytes * 2} hexadecimal digits`, text);
}

function kindField(part: JsonPart): ZipkinKind {
  const text = textField(part, 'kind');
  if (text === '') return '';
  return KINDS.get(text.toUpperCase()) ?? wrong(`${part.where}: kind`, 'CLIENT, SERVER, PRODUCER or CONSUMER', text);
}

/** Microseconds; undefined where there are none, which 0 stands for too. */
export function timeField({ object, where }: JsonPart, name: string): bigint | undefined {
  const value = object[name] ?? 0;
  const us = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  if (us !== undefined) return us === 0n ? undefined : us;
  return typeof value === 'string' && DIGITS.test(value) ? BigInt(value) : wrong(`${where}: ${name}`, 'whole microseconds', value);
}

export function endpointField(part: JsonPart, name: string): ZipkinEndpoint | undefined {
  const value = part.object[name] ?? undefined;
  if (value === undefined) return undefined;
  const endpoint = partOf(value, `${part.where}: ${name}`);
  return {
    serviceName: textField(endpoint, 'serviceName'),
    ipv4: textField(endpoint, 'ipv4'),
    ipv6: textField(endpoint, 'ipv6'),
    port: portField(endpoint),
  };
}

function portField({ object, where }: JsonPart): number {
  const value = object['port'] ?? 0;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= PORT_MAX
    ? value
    : wrong(`${where}: port`, `a number up to ${PORT_MAX}`, value);
}

export function annotationOf(part: JsonPart): ZipkinAnnotation {
  return { timeUs: timeField(part, 'timestamp') ?? 0n, value: textField(part, 'value') };
}

function tagsField(part: JsonPart): ReadonlyMap<string, string> {
  const value = part.object['tags'] ?? undefined;
  const tags = new Map<string, string>();
  if (value === undefined) return tags;
  const { object } = partOf(value, `${part.where}: tags`);
  for (const key of Object.keys(object)) tags.set(key.toWellFormed(), textField({ object, where: `${part.where}: tags` }, key));
  return tags;
}

/** The elements of a list of objects. */
export function listField({ object, where }: JsonPart, name: string): readonly JsonPart[] {
  const value = object[name] ?? [];
  if (!Array.isArray(value)) return wrong(`${where}: ${name}`, 'a list', value);
  return (value as readonly unknown[]).map((item, i) => partOf(item, `${where}: ${name}[${i}]`));
}

export function textField({ object, where }: JsonPart, name: string): string {
  const value = object[name] ?? '';
  return typeof value === 'string' ? value.toWellFormed() : wrong(`${where}: ${name}`, 'a string', value);
}

export function boolField({ object, where }: JsonPart, name: string): boolean {
  const value = object[name] ?? false;
  return typeof value === 'boolean' ? value : wrong(`${where}: ${name}`, 'true or false', value);
}

function partOf(value: unknown, where: string): JsonPart {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(where, 'an object', value);
  return { object: value as JsonPart['object'], where };
}

export function wrong(where: string, expected: string, value: unknown): never {
  const shown = JSON.stringify(value) ?? 'nothing';
  throw new RequestError('bad_data', `malformed Zipkin JSON: ${where}: expected ${expected}, got ${shown.slice(0, SHOWN_LENGTH_MAX)}`);
}
