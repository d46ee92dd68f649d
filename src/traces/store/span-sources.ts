// Who sends spans, as a tenant's writer knows them: each resource with an instrumentation scope in it has a number, the hash of all that is said of it.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type Attributes, attribute, valueText } from '../../otlp/any-value.ts';
import type { KnownSource } from '../catalogue.ts';
import { typedText } from '../typed-text.ts';
import type { SpanSource } from '../write.ts';

/** A source that has spans on a day for the first time. */
export interface SourceNote {
  readonly day: number;
  readonly source: KnownSource;
}

export interface SourceState {
  readonly source: KnownSource;
  /** The last day on which it was noted; others are in `days`. */
  day: number;
  readonly days: Set<number>;
}

/** Above it all are forgotten, and noted again when they come. */
const SOURCES_MAX = 100_000;

export class SpanSources {
  readonly #byId = new Map<bigint, SourceState>();
  #byObject = new WeakMap<SpanSource, SourceState>();
  #notes: SourceNote[] = [];

  get size(): number {
    return this.#byId.size;
  }

  /** The state of a source that has a span on a day; notes what is new. */
  see(source: SpanSource, day: number): SourceState {
    const state = this.#byObject.get(source) ?? this.#enter(source);
    if (state.day === day) return state;
    state.day = day;
    if (!state.days.has(day)) this.#notes.push({ day, source: state.source });
    state.days.add(day);
    return state;
  }

  /** What was noted since the last call, to be stored before the spans are. */
  takeNotes(): readonly SourceNote[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  #enter(source: SpanSource): SourceState {
    const id = sourceId(source);
    let state = this.#byId.get(id);
    if (state === undefined) {
      if (this.#byId.size >= SOURCES_MAX) this.#forget();
      state = { source: knownSource(id, source), day: -1, days: new Set() };
      this.#byId.set(id, state);
    }
    this.#byObject.set(source, state);
    return state;
  }

  #forget(): void {
    this.#byId.clear();
    this.#byObject = new WeakMap();
  }
}

export function knownSource(id: bigint, source: SpanSource): KnownSource {
  const service = attribute(source.resource, 'service.name');
  return { ...source, id, service: service === undefined ? '' : valueText(service) };
}

/** Keys and typed texts in turn, as maps of the store are written. */
export function flatAttributes(attributes: Attributes): string[] {
  return attributes.flatMap(({ key, value }) => [key, typedText(value)]);
}

function sourceId(source: SpanSource): bigint {
  const { resource, resourceSchemaUrl, scopeName, scopeVersion, scopeAttributes, scopeSchemaUrl } = source;
  const whole = [resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl, flatAttributes(resource), flatAttributes(scopeAttributes)];
  return Buffer.from(createHash('sha256').update(JSON.stringify(whole)).digest()).readBigUInt64BE(0);
}
