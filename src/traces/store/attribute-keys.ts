// Which attributes a tenant's spans have, as its writer knows them: what of it is noted in `attribute_keys`, and the column of each key.
//
//   key ─▶ a column of its own (semantic conventions) · one that was given to it · the map
//
// A key gets a column once it has been seen often; which kind, its values say. What is given stays given: rows that are stored depend on it.

import type { AnyValue } from '../../otlp/any-value.ts';
import { ATTRIBUTE_COLUMNS, CONVENTIONAL, type Kind } from '../attribute-columns.ts';
import { type TypeTag, TYPE_TAGS, typedText } from '../typed-text.ts';

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
  /** The masks of other days: spans of two days come together around midnight, and those of many when old ones are sent. */
  others: Map<number, number> | undefined;
  /** How often it came while it had no column. */
  seen: number;
  values: ValueSketch | undefined;
}

const MAP = -1;
/** A key that came so often gets a column. */
const SEEN_MIN = 1024;
/** With more different values among them it is one of many values. */
const VALUES_MAX = 256;
const NO_DAY = -1;
/** Days of a key that are remembered; with more of them it is noted again. */
const DAYS_MAX = 16;
/** Longer keys are not noted: names cost memory for as long as their tenant writes. */
const KEY_LENGTH_MAX = 1024;

export class AttributeKeys {
  readonly #span = new Map<string, KeyState>();
  readonly #nested = new Map<string, KeyState>();
  readonly #free: Record<Kind, number[]>;
  readonly #keysMax: () => number;
  #notes: KeyNote[] = [];
  /** Keys that have come often enough for a column. */
  #due: KeyState[] = [];
  #unnotedDay = NO_DAY;
  readonly #unnotedDays = new Set<number>();

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

  /** What was noted since the last call, to be stored before the spans are. Columns are given here: within a request's block a key stands in one place. */
  takeNotes(): readonly KeyNote[] {
    for (const state of this.#due.splice(0)) this.#give(state);
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
    if (key.length <= KEY_LENGTH_MAX && this.#span.size + this.#nested.size < this.#keysMax() + CONVENTIONAL.size) {
      const state = newState(MAP);
      states.set(key, state);
      return state;
    }
    if (this.#unnotedDay !== day) this.#noteUnnoted(day);
    return undefined;
  }

  #note(scope: KeyScope, key: string, state: KeyState, { day, bit }: { readonly day: number; readonly bit: number }): void {
    if (state.day !== day) turnTo(state, day);
    if ((state.mask & bit) !== 0) return;
    state.mask |= bit;
    const type = TYPE_TAGS[Math.log2(bit)] ?? '';
    this.#notes.push({ day, scope, key, type, place: ATTRIBUTE_COLUMNS[state.place]?.name ?? '' });
  }

  #consider(state: KeyState, key: string, value: AnyValue): void {
    if (state.seen > SEEN_MIN) return;
    state.seen++;
    state.values ??= new ValueSketch();
    state.values.add(value);
    if (state.seen > SEEN_MIN && key !== UNNOTED) this.#due.push(state);
  }

  #give(state: KeyState): void {
    const place = this.#free[(state.values?.count ?? 0) > VALUES_MAX ? 'any' : 'low'].shift();
    state.values = undefined;
    if (place === undefined) return;
    state.place = place;
    // From now on it is noted with its column.
    Object.assign(state, { day: NO_DAY, mask: 0, others: undefined });
  }

  #noteUnnoted(day: number): void {
    this.#unnotedDay = day;
    if (this.#unnotedDays.has(day)) return;
    if (this.#unnotedDays.size >= DAYS_MAX) this.#unnotedDays.clear();
    this.#unnotedDays.add(day);
    this.#notes.push({ day, scope: 'span', key: UNNOTED, type: '', place: '' });
  }
}

const SKETCH_BITS = 1024;

/** About how many different values there are: as many bits are set as their hashes choose, whatever their size. */
class ValueSketch {
  readonly #words = new Uint32Array(SKETCH_BITS / 32);
  #set = 0;

  add(value: AnyValue): void {
    const bit = hashed(typeof value === 'string' ? value : typedText(value)) % SKETCH_BITS;
    const [at, mask] = [bit >>> 5, 1 << (bit & 31)];
    if (((this.#words[at] as number) & mask) !== 0) return;
    this.#words[at] = (this.#words[at] as number) | mask;
    this.#set++;
  }

  /** Source: Whang et al., A linear-time probabilistic counting algorithm (1990). */
  get count(): number {
    return -SKETCH_BITS * Math.log(1 - Math.min(this.#set, SKETCH_BITS - 1) / SKETCH_BITS);
  }
}

/** Of the beginning of a text, and of its length. */
function hashed(text: string): number {
  let hash = text.length;
  for (let at = 0; at < text.length && at < 256; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function newState(place: number): KeyState {
  return { place, day: NO_DAY, mask: 0, others: undefined, seen: 0, values: undefined };
}

function turnTo(state: KeyState, day: number): void {
  if (state.day !== NO_DAY) {
    state.others ??= new Map();
    if (state.others.size >= DAYS_MAX) state.others.clear();
    state.others.set(state.day, state.mask);
  }
  state.mask = state.others?.get(day) ?? 0;
  state.day = day;
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
