// Who sends spans, as a tenant's writer knows them: each resource with an instrumentation scope in it has a number, the hash of all that is said of it.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type Attributes, type AnyValue, attribute, valueText } from '../../otlp/any-value.ts';
import type { KnownSource } from '../catalogue.ts';
import { typedText, valueOfTypedText } from '../typed-text.ts';
import type { SpanSource } from '../write.ts';

/** A source that has spans on a day for the first time. */
export interface SourceNote {
  readonly day: number;
  readonly source: KnownSource;
  /** Of all its texts, in UTF-16 units: what it costs to keep it. */
  readonly size: number;
}

export interface SourceState {
  readonly source: KnownSource;
  readonly size: number;
  /** The last day on which it was noted; others are in `days`. */
  day: number;
  readonly days: Set<number>;
}

/** Above any of these all are forgotten, and noted again when they come: sources, texts of them all, days of them all. */
const SOURCES_MAX = 100_000;
const TEXT_LENGTH_MAX = 64 * 1024 * 1024;
const DAYS_MAX = 400_000;

export class SpanSources {
  readonly #byId = new Map<bigint, SourceState>();
  #byObject = new WeakMap<SpanSource, SourceState>();
  #notes: SourceNote[] = [];
  #textLength = 0;
  #days = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** The state of a source that has a span on a day; notes what is new. */
  see(source: SpanSource, day: number): SourceState {
    const state = this.#byObject.get(source) ?? this.#enter(source);
    if (state.day === day) return state;
    state.day = day;
    if (state.days.has(day)) return state;
    this.#notes.push({ day, source: state.source, size: state.size });
    state.days.add(day);
    if (++this.#days > DAYS_MAX) this.#forget();
    return state;
  }

  /** What was noted since the last call, to be stored before the spans are. */
  takeNotes(): readonly SourceNote[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  #enter(source: SpanSource): SourceState {
    const said = JSON.stringify(allOf(source));
    const id = hashed(said);
    let state = this.#byId.get(id);
    if (state === undefined) {
      if (this.#byId.size >= SOURCES_MAX || this.#textLength + said.length > TEXT_LENGTH_MAX) this.#forget();
      state = { source: knownSource(id, source), size: said.length, day: -1, days: new Set() };
      this.#byId.set(id, state);
      this.#textLength += said.length;
    }
    this.#byObject.set(source, state);
    return state;
  }

  #forget(): void {
    this.#byId.clear();
    this.#byObject = new WeakMap();
    [this.#textLength, this.#days] = [0, 0];
  }
}

/** A source as it is read back from the store: of an attribute that is there twice the first counts, and its memory is its own. */
export function knownSource(id: bigint, source: SpanSource): KnownSource {
  const [resource, scopeAttributes] = [ownAttributes(source.resource), ownAttributes(source.scopeAttributes)];
  const service = attribute(resource, 'service.name');
  return { ...source, resource, scopeAttributes, id, service: service === undefined ? '' : valueText(service) };
}

function ownAttributes(attributes: Attributes): Attributes {
  const values = new Map<string, AnyValue>();
  for (const { key, value } of attributes)
    if (!values.has(key)) values.set(key.toWellFormed(), valueOfTypedText(typedText(value).toWellFormed()) ?? null);
  return Array.from(values, ([key, value]) => ({ key, value }));
}

/** Keys and typed texts in turn, as maps of the store are written. */
export function flatAttributes(attributes: Attributes): string[] {
  return attributes.flatMap(({ key, value }) => [key, typedText(value)]);
}

function allOf({ resource, resourceSchemaUrl, scopeName, scopeVersion, scopeAttributes, scopeSchemaUrl }: SpanSource): readonly unknown[] {
  return [resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl, flatAttributes(resource), flatAttributes(scopeAttributes)];
}

function hashed(said: string): bigint {
  return Buffer.from(createHash('sha256').update(said).digest()).readBigUInt64BE(0);
}
