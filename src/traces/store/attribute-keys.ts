// Which attributes a tenant's spans have, as its writer knows them: what of it is noted in `attribute_keys`, and the column of each key.
//
//   key ─▶ a column of its own (semantic conventions) · one that was given to it · the map
//
// A key gets a column once it has been seen often; which kind, its values say. What is given stays given: rows that are stored depend on it.

import type { AnyValue } from '../../otlp/any-value.ts';
import { ATTRIBUTE_COLUMNS, CONVENTIONAL, type Kind } from '../attribute-columns.ts';
import { type TypeTag, TYPE_TAGS } from '../typed-text.ts';

/** A row of `attribute_keys`. */
export interface KeyNote {
  readonly day: number;
  readonly scope: KeyScope;
  readonly key: string;
  readonly type: TypeTag | '';
  /** The column's name, empty for the map. */
  readonly place: string;
}

export type KeyScope = 'span' | 'event' | 'link';

/** The key of the note that says that not all keys could be noted. */
export const UNNOTED = '';

interface KeyState {
  place: number;
  /** The day on which `mask` has been noted. */
  day: number;
  /** A bit for each type. */
  mask: number;
  /** How often it came while it had no column, and its different values, as far as they were gathered. */
  seen: number;
  values: Set<AnyValue> | undefined;
}

const MAP = -1;
/** A key that came so often gets a column. */
const SEEN_MIN = 1024;
/** With more different values among them it is one of many values. */
const VALUES_MAX = 256;
const NO_DAY = -1;

export class AttributeKeys {
  readonly #span = new Map<string, KeyState>();
  readonly #nested = new Map<string, KeyState>();
  readonly #free: Record<Kind, number[]>;
  readonly #keysMax: () => number;
  #notes: KeyNote[] = [];
  #unnotedDay = NO_DAY;

  /** `given`: columns that keys have been given before. */
  constructor(given: ReadonlyMap<string, number>, keysMax: () => number) {
    this.#keysMax = keysMax;
    for (const [key, place] of [...CONVENTIONAL, ...given]) this.#span.set(key, newState(place));
    const taken = new Set(given.values());
    const free = (of: Kind): number[] =>
      ATTRIBUTE_COLUMNS.flatMap(({ kind, key }, position) => (kind === of && key === undefined && !taken.has(position) ? [position] : []));
    this.#free = { low: free('low'), any: free('any') };
  }

  /** The position of the column of a span attribute, or -1 for the map; notes what is new. Hot: once per attribute of every span. */
  placeOf(key: string, value: AnyValue, day: number): number {
    const state = this.#span.get(key) ?? this.#enter(this.#span, key, day);
    if (state === undefined) return MAP;
    if (state.place === MAP) this.#consider(state, key, value);
    const bit = typeBit(value);
    if (state.day !== day || (state.mask & bit) === 0) this.#note('span', key, state, { day, bit });
    return state.place;
  }

  /** Notes an attribute of an event or a link. */
  see(scope: 'event' | 'link', key: string, value: AnyValue, day: number): void {
    const state = this.#nested.get(scope + key) ?? this.#enter(this.#nested, scope + key, day);
    if (state === undefined) return;
    const bit = typeBit(value);
    if (state.day !== day || (state.mask & bit) === 0) this.#note(scope, key, state, { day, bit });
  }

  /** What was noted since the last call, to be stored before the spans are. */
  takeNotes(): readonly KeyNote[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  /** Keys with a column that is not theirs by convention. */
  given(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#span].filter(([key, { place }]) => place !== MAP && !CONVENTIONAL.has(key)).map(([key, { place }]) => [key, place]),
    );
  }

  #enter(states: Map<string, KeyState>, key: string, day: number): KeyState | undefined {
    if (this.#span.size + this.#nested.size < this.#keysMax() + CONVENTIONAL.size) {
      const state = newState(MAP);
      states.set(key, state);
      return state;
    }
    if (this.#unnotedDay !== day) this.#notes.push({ day, scope: 'span', key: UNNOTED, type: '', place: '' });
    this.#unnotedDay = day;
    return undefined;
  }

  #note(scope: KeyScope, key: string, state: KeyState, { day, bit }: { readonly day: number; readonly bit: number }): void {
    if (state.day !== day) state.mask = 0;
    state.day = day;
    state.mask |= bit;
    const type = TYPE_TAGS[Math.log2(bit)] ?? '';
    this.#notes.push({ day, scope, key, type, place: ATTRIBUTE_COLUMNS[state.place]?.name ?? '' });
  }

  #consider(state: KeyState, key: string, value: AnyValue): void {
    if (state.seen > SEEN_MIN) return;
    state.seen++;
    state.values ??= new Set();
    if (state.values.size <= VALUES_MAX) state.values.add(value);
    if (state.seen <= SEEN_MIN || key === UNNOTED) return;
    const place = this.#free[state.values.size > VALUES_MAX ? 'any' : 'low'].shift();
    state.values = undefined;
    if (place === undefined) return;
    state.place = place;
    // From now on it is noted with its column.
    state.day = NO_DAY;
  }
}

function newState(place: number): KeyState {
  return { place, day: NO_DAY, mask: 0, seen: 0, values: undefined };
}

// In the order of TYPE_TAGS.
function typeBit(value: AnyValue): number {
  switch (typeof value) {
    case 'string':
      return 1;
    case 'bigint':
      return 2;
    case 'number':
      return 4;
    case 'boolean':
      return 8;
    default:
      return value === null ? 128 : value instanceof Uint8Array ? 16 : value instanceof Map ? 64 : 32;
  }
}
