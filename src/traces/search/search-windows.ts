// The time that a search looks at, piece by piece from its end: what was last is mostly what is wanted, and is found without reading the rest.

import { sql } from '../../base/sql.ts';
import { bigintOf, guarded } from '../../metrics/read.ts';
import type { NsRange } from '../catalogue.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { BLOCK_NS } from '../table.ts';

/** Each piece is so many times as long as the one before; while nothing has been found, so many times. */
const GROWTH = 8n;
const GROWTH_OF_NOTHING = 64n;
/** Ranges up to here are taken as they are; of longer ones it is asked first in which part there are spans. */
const LOOKED_UP_NS = 86_400_000_000_000n;

/** Disjoint pieces, of whole blocks but for the ends. */
export function* pieces({ fromNs, toNs }: NsRange, hasFound: () => boolean): Generator<NsRange> {
  let end = toNs;
  for (let size = BLOCK_NS; end > fromNs; size *= hasFound() ? GROWTH : GROWTH_OF_NOTHING) {
    const begin = ((end - size) / BLOCK_NS) * BLOCK_NS;
    const piece = { fromNs: begin > fromNs ? begin : fromNs, toNs: end };
    yield piece;
    end = piece.fromNs;
  }
}

/** The part of a range in which there may be spans. */
export async function rangeWithSpans(context: SpanReadContext, range: NsRange): Promise<NsRange> {
  const oldest = context.oldestNs;
  const within = oldest !== undefined && oldest > range.fromNs ? { ...range, fromNs: oldest } : range;
  if (within.toNs - within.fromNs <= LOOKED_UP_NS) return within;
  const statement = sql`SELECT min(ts) AS first, max(ts) AS last FROM spans`;
  const [row] = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  const [first, last] = [bigintOf(row?.['first'] ?? 0), bigintOf(row?.['last'] ?? 0) + 1n];
  return { fromNs: first > within.fromNs ? first : within.fromNs, toNs: last < within.toNs ? last : within.toNs };
}
