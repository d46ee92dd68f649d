// What OpenTelemetry's exporters pack into texts because Zipkin has no place for it: links in tags, and attributes of events in annotations.
//
//   otlp.link.0 = traceId|spanId|traceState|{"key": "value"}|droppedAttributes
//   annotation  = name|{"key": "value"}|droppedAttributes
//
// A text that only looks like it is what it says: nothing is refused for having a `|`.
// Source: OpenTelemetry collector `pkg/translator/zipkin/zipkinv2`.

import type { AnyValue, Attributes, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES } from '../../otlp/any-value.ts';
import type { SpanEvent, SpanLink } from '../write.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES, idOfHex } from './span-ids.ts';

const LINKS_MAX = 128;
const UINT32 = /^\d{1,9}$/;

/** The event of an annotation's text. */
export function eventOfAnnotation(timeNs: bigint, value: string): SpanEvent {
  const first = value.indexOf('|');
  const last = value.lastIndexOf('|');
  const attributes = first === last ? undefined : attributesOfJson(value.slice(first + 1, last));
  const dropped = value.slice(last + 1);
  if (attributes === undefined || !UINT32.test(dropped)) return { timeNs, name: value, attributes: NO_ATTRIBUTES, droppedAttributes: 0 };
  return { timeNs, name: value.slice(0, first), attributes, droppedAttributes: Number(dropped) };
}

/** The links in tags, which are taken out of them. */
export function linksOfTags(tags: Map<string, AnyValue>): readonly SpanLink[] {
  const links: SpanLink[] = [];
  for (let i = 0; i < LINKS_MAX; i++) {
    const key = `otlp.link.${i}`;
    const value = tags.get(key);
    if (typeof value !== 'string') break;
    const link = linkOf(value.split('|'));
    if (link === undefined) continue;
    tags.delete(key);
    links.push(link);
  }
  return links;
}

function linkOf(parts: readonly string[]): SpanLink | undefined {
  const [trace = '', span = '', traceState = ''] = parts;
  const [traceId, spanId] = [idOfHex(trace, TRACE_ID_BYTES), idOfHex(span, SPAN_ID_BYTES)];
  const attributes = attributesOfJson(parts.slice(3, -1).join('|'));
  const dropped = parts.at(-1) ?? '';
  if (parts.length < 5 || traceId === undefined || spanId === undefined || attributes === undefined || !UINT32.test(dropped))
    return undefined;
  return { traceId, spanId, traceState, attributes, droppedAttributes: Number(dropped), flags: 0 };
}

/** Whole numbers are integers there, and values that are neither text, number nor boolean are left out. */
function attributesOfJson(text: string): Attributes | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const attributes: KeyValue[] = [];
  for (const [key, value] of Object.entries(parsed as Readonly<Record<string, unknown>>)) {
    if (typeof value === 'string') attributes.push({ key: key.toWellFormed(), value: value.toWellFormed() });
    else if (typeof value === 'number')
      attributes.push({ key: key.toWellFormed(), value: Number.isSafeInteger(value) ? BigInt(value) : value });
    else if (typeof value === 'boolean') attributes.push({ key: key.toWellFormed(), value });
  }
  return attributes;
}
