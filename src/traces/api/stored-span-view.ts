// A span that was read whole, as an evaluation of TraceQL sees it: the same values as rows of the store give (`search/span-rows.ts`).

import { Buffer } from 'node:buffer';
import { attribute, type Attributes } from '../../otlp/any-value.ts';
import { kindValue, statusValue } from '../plan/compile-value.ts';
import { sourceValue } from '../plan/source-value.ts';
import type { AttributeField, Field, IntrinsicName } from '../traceql/ast.ts';
import type { SpanView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';
import type { Span, SpanSource } from '../write.ts';
import { attributeValue, valuesTogether } from './attribute-value.ts';

export class StoredSpanView implements SpanView {
  readonly span: Span;
  readonly isInRange = true;
  readonly #source: SpanSource;

  constructor(span: Span, source: SpanSource) {
    this.span = span;
    this.#source = source;
  }

  get traceId(): string {
    return hex(this.span.traceId);
  }

  get spanId(): string {
    return hex(this.span.spanId);
  }

  get parentId(): string {
    return hex(this.span.parentId);
  }

  get startNs(): bigint {
    return this.span.startNs;
  }

  get durationNs(): bigint {
    return this.span.endNs - this.span.startNs;
  }

  value(field: Field): Value {
    return field.type === 'intrinsic' ? this.#intrinsic(field.name, field) : this.#attribute(field);
  }

  #intrinsic(name: IntrinsicName, field: Field): Value {
    const { span } = this;
    switch (name) {
      case 'duration':
        return { type: 'duration', value: this.durationNs };
      case 'name':
        return { type: 'string', value: span.name };
      case 'kind':
        return kindValue(span.kind);
      case 'status':
        return statusValue(span.status);
      case 'statusMessage':
        return { type: 'string', value: span.statusMessage };
      case 'spanId':
        return { type: 'string', value: this.spanId };
      case 'parentId':
        return { type: 'string', value: this.parentId };
      case 'traceId':
        return { type: 'string', value: this.traceId };
      case 'eventName':
        return valuesTogether(span.events.map((event) => ({ type: 'string', value: event.name })));
      case 'eventTimeSinceStart':
        return timesTogether(span.events.map(({ timeNs }) => timeNs - span.startNs));
      case 'linkTraceId':
        return valuesTogether(span.links.map((link) => ({ type: 'string', value: hex(link.traceId) })));
      case 'linkSpanId':
        return valuesTogether(span.links.map((link) => ({ type: 'string', value: hex(link.spanId) })));
      case 'instrumentationName':
      case 'instrumentationVersion':
        return sourceValue(this.#source, field);
      default:
        // What other spans of the trace decide is never asked of one.
        return NIL;
    }
  }

  #attribute(field: AttributeField): Value {
    const { span } = this;
    switch (field.scope) {
      case 'span':
        return attributeValue(attribute(span.attributes, field.name));
      case 'event':
        return ofAll(span.events, field.name);
      case 'link':
        return ofAll(span.links, field.name);
      case 'resource':
      case 'instrumentation':
        return sourceValue(this.#source, field);
      case 'any': {
        for (const scope of ['span', 'resource', 'event', 'link', 'instrumentation'] as const) {
          const found = this.#attribute({ ...field, scope });
          if (found.type !== 'nil') return found;
        }
        return NIL;
      }
    }
  }
}

function ofAll(list: readonly { readonly attributes: Attributes }[], name: string): Value {
  return valuesTogether(
    list.flatMap(({ attributes }) => {
      const value = attributeValue(attribute(attributes, name));
      return value.type === 'nil' ? [] : [value];
    }),
  );
}

function timesTogether(times: readonly bigint[]): Value {
  const [only] = times;
  if (only === undefined) return NIL;
  return times.length === 1 ? { type: 'duration', value: only } : { type: 'int[]', value: times };
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
