// What a reader knows of a tenant's spans before it asks for any: who sent them, and which attributes they have. Small, and in memory.

import type { TypeTag } from './typed-text.ts';
import type { SpanSource } from './write.ts';

export interface KnownSource extends SpanSource {
  readonly id: bigint;
  /** The resource's `service.name`, empty where it has none. */
  readonly service: string;
}

/** Where the values of a span attribute stand. */
export interface KeyPlaces {
  /** Columns that hold it, with the lineages in which they do; none for `undefined`: in all. Rows without a value there may have one in the map. */
  readonly columns: readonly { readonly column: string; readonly lineages: readonly number[] | undefined }[];
  /** Whether rows may have the key in the map `attrs`. */
  readonly inMap: boolean;
  /** Types that values have had; undefined where any is possible, because not all keys could be noted. */
  readonly types: ReadonlySet<TypeTag> | undefined;
}

export interface NsRange {
  /** Inclusive, nanoseconds since the epoch. */
  readonly fromNs: bigint;
  /** Exclusive. */
  readonly toNs: bigint;
}

/** A tenant's sources and keys of some days. */
export interface Catalogue {
  readonly sources: readonly KnownSource[];
  source(id: bigint): KnownSource | undefined;
  /** Undefined for a key that no span has. */
  spanKey(key: string): KeyPlaces | undefined;
  /** Types that the values of an attribute of events or links have had; undefined for a key that there is not. */
  nestedTypes(scope: 'event' | 'link', key: string): ReadonlySet<TypeTag> | undefined;
  /** Names of attributes, sorted. */
  keys(scope: 'span' | 'event' | 'link' | 'resource' | 'instrumentation'): readonly string[];
  /** Whether the statement that is compiled has columns of the spans' traces beside their own (plan/trace-columns.ts). */
  readonly hasTraceColumns?: boolean;
}
