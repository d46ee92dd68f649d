// From the JSON of a trace (OTLP in the JSON mapping of protobuf: ids in base64, enums by name or number) to what the pages draw.
// Source: opentelemetry-proto `trace/v1/trace.proto`; Tempo HTTP API documentation, "Query V2".

import { isRecord } from '../../data/api.ts';
import type { Attribute, Source, Span, SpanEvent, SpanKind, SpanLink, SpanStatus, Trace } from './trace.ts';

type Fields = Readonly<Record<string, unknown>>;

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];
const INT = /^-?\d{1,20}$/;

/** A span whose times are still those of the clock. */
interface TimedSpan {
  readonly fields: Fields;
  readonly source: Source;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** Takes the answer as it came; throws an Error that names what it expected. */
export function decodeTrace(data: unknown): Trace {
  const body = isRecord(data) ? data : {};
  if (!isRecord(body['trace'])) throw new Error('expected a trace');
  const timed = records(body['trace']['resourceSpans']).flatMap(spansOfResource);
  const startNs = timed.reduce((least, { startNs: ns }) => (ns < least ? ns : least), timed[0]?.startNs ?? 0n);
  const spans = timed.map((span) => decodeSpan(span, startNs));
  return { startNs, length: spans.reduce((most, { end }) => Math.max(most, end), 0), spans };
}

function spansOfResource(group: Fields): TimedSpan[] {
  const resource = attributes(isRecord(group['resource']) ? group['resource']['attributes'] : undefined);
  const service = resource.find(({ key }) => key === 'service.name')?.text ?? '';
  return records(group['scopeSpans']).flatMap((inScope) => {
    const scope = isRecord(inScope['scope']) ? inScope['scope'] : {};
    const source: Source = {
      resource,
      scopeName: text(scope['name']),
      scopeVersion: text(scope['version']),
      scope: attributes(scope['attributes']),
      service,
    };
    return records(inScope['spans']).map((fields): TimedSpan => {
      const startNs = nanoseconds(fields['startTimeUnixNano']);
      const endNs = nanoseconds(fields['endTimeUnixNano']);
      return { fields, source, startNs, endNs: endNs < startNs ? startNs : endNs };
    });
  });
}

function decodeSpan({ fields, source, startNs, endNs }: TimedSpan, baseNs: bigint): Span {
  const status = isRecord(fields['status']) ? fields['status'] : {};
  return {
    id: hexId(fields['spanId']),
    parentId: hexId(fields['parentSpanId']),
    name: text(fields['name']),
    kind: wordOf(KINDS, 'SPAN_KIND_', fields['kind']),
    status: wordOf(STATUSES, 'STATUS_CODE_', status['code']),
    statusMessage: text(status['message']),
    start: Number(startNs - baseNs),
    end: Number(endNs - baseNs),
    attributes: attributes(fields['attributes']),
    events: records(fields['events']).map((event) => decodeEvent(event, baseNs)),
    links: records(fields['links']).map(decodeLink),
    dropped: count(fields['droppedAttributesCount']) + count(fields['droppedEventsCount']) + count(fields['droppedLinksCount']),
    traceState: text(fields['traceState']),
    source,
  };
}

function decodeEvent(fields: Fields, baseNs: bigint): SpanEvent {
  const at = Number(nanoseconds(fields['timeUnixNano']) - baseNs);
  return { at, name: text(fields['name']), attributes: attributes(fields['attributes']) };
}

function decodeLink(fields: Fields): SpanLink {
  return { traceId: hexId(fields['traceId']), spanId: hexId(fields['spanId']), attributes: attributes(fields['attributes']) };
}

function attributes(value: unknown): readonly Attribute[] {
  return records(value).map(({ key, value: given }): Attribute => ({ key: text(key), ...decodeValue(given) }));
}

function decodeValue(value: unknown): Pick<Attribute, 'kind' | 'text'> {
  const fields = isRecord(value) ? value : {};
  if (fields['stringValue'] !== undefined) return { kind: 'string', text: text(fields['stringValue']) };
  if (fields['intValue'] !== undefined) return { kind: 'int', text: wordText(fields['intValue']) };
  if (fields['doubleValue'] !== undefined) return { kind: 'double', text: wordText(fields['doubleValue']) };
  if (fields['boolValue'] !== undefined) return { kind: 'bool', text: wordText(fields['boolValue']) };
  if (fields['bytesValue'] !== undefined) return { kind: 'bytes', text: text(fields['bytesValue']) };
  if (isRecord(fields['arrayValue'])) return { kind: 'list', text: JSON.stringify(plainValue(value)) };
  if (isRecord(fields['kvlistValue'])) return { kind: 'map', text: JSON.stringify(plainValue(value)) };
  return { kind: 'empty', text: '' };
}

/** A value as JSON has it; whole numbers beyond what a double holds stay text. */
function plainValue(value: unknown): unknown {
  const fields = isRecord(value) ? value : {};
  if (isRecord(fields['arrayValue'])) return records(fields['arrayValue']['values']).map(plainValue);
  if (isRecord(fields['kvlistValue'])) {
    return Object.fromEntries(records(fields['kvlistValue']['values']).map((entry) => [text(entry['key']), plainValue(entry['value'])]));
  }
  if (fields['intValue'] !== undefined) {
    const whole = Number(fields['intValue']);
    return Number.isSafeInteger(whole) ? whole : wordText(fields['intValue']);
  }
  return Object.values(fields)[0] ?? null;
}

function records(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Of a number, a text or a truth as it stands. */
const wordText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

function nanoseconds(value: unknown): bigint {
  const digits = typeof value === 'number' ? String(value) : text(value);
  return INT.test(digits) ? BigInt(digits) : 0n;
}

function wordOf<T extends string>(words: readonly T[], prefix: string, value: unknown): T {
  const word = typeof value === 'number' ? words[value] : words.find((each) => `${prefix}${each.toUpperCase()}` === value);
  return word ?? words[0] ?? fail('a word');
}

function fail(expected: string): never {
  throw new Error(`expected ${expected}`);
}

/** Lower-case hex of an id in base64; empty for what is none, and for an id of zeros. */
function hexId(value: unknown): string {
  const encoded = text(value);
  if (encoded === '') return '';
  let bytes: string;
  try {
    bytes = atob(encoded);
  } catch {
    return '';
  }
  let hex = '';
  for (let i = 0; i < bytes.length; i++) hex += bytes.charCodeAt(i).toString(16).padStart(2, '0');
  return /^0+$/.test(hex) ? '' : hex;
}
