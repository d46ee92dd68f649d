// Asks the needle index where texts may stand, before any line is read.
//
//   texts that a line must hold ─▶ grams ─▶ rows of `needles`, joined ─▶ a condition on streams and times, or the word that there is no such line

import { type Sql, int, ints, join, sql, text } from '../../base/sql.ts';
import { type ReadContext, guarded, statementOptions } from '../../metrics/read.ts';
import type { NsRange } from '../line-block.ts';
import { GramFinder, OVERFLOW_GRAM, type OpenEnds } from './grams.ts';
import { SLOT_BITS } from './table.ts';

/** A text that a line must hold. Open: anywhere in the line. Closed: as the whole of a value. */
export interface Needle {
  readonly text: string;
  readonly isOpen: boolean;
}

/** Where lines may be: nobody knows, nowhere, or at these places. */
export type Places = { readonly kind: 'anywhere' } | { readonly kind: 'nowhere' } | KnownPlaces;

export interface KnownPlaces {
  readonly kind: 'places';
  /** What they span, within the range that was asked about. */
  readonly range: NsRange;
  /** On streams and times. */
  readonly condition: Sql;
}

/** Of one needle so many grams are looked up: the first ones leave few places already. */
const GRAMS_MAX = 3;
/** A gram that stands in more places than this does not help: it is no id. */
const ROWS_MAX = 5000;
/** More places than this are not worth a condition each. */
const PLACES_MAX = 256;
const ANYWHERE: Places = { kind: 'anywhere' };
const OPEN: OpenEnds = { start: true, end: true };
const CLOSED: OpenEnds = { start: false, end: false };

/** Where a tenant's lines that hold all of some needles may be. Each needle is a list of alternatives. */
export async function findPlaces(
  context: ReadContext,
  tenant: string,
  needles: readonly (readonly Needle[])[],
  range: NsRange,
): Promise<Places> {
  for (const alternatives of needles) {
    const wanted = alternatives.map(gramsOf);
    // The first needle that the index knows decides: ids are rare enough.
    if (wanted.every((grams) => grams.length > 0)) return placesOf(await rowsOf(context, tenant, wanted, range), wanted, range);
  }
  return ANYWHERE;
}

function gramsOf({ text: given, isOpen }: Needle): readonly number[] {
  const bytes = Buffer.from(given);
  const finder = new GramFinder(GRAMS_MAX);
  const count = finder.find(bytes, 0, bytes.length, isOpen ? OPEN : CLOSED);
  return [...new Set(finder.grams.subarray(0, Math.min(count, GRAMS_MAX)))];
}

interface Row {
  readonly gram: number;
  /** Slot and part as one number. */
  readonly place: number;
}

async function rowsOf(
  context: ReadContext,
  tenant: string,
  wanted: readonly (readonly number[])[],
  { fromNs, toNs }: NsRange,
): Promise<readonly Row[] | undefined> {
  const grams = [...new Set([OVERFLOW_GRAM, ...wanted.flat()])];
  const statement = sql`SELECT gram, slot, part FROM needles WHERE tenant = ${text(tenant)} AND gram IN ${ints(grams)} AND slot >= ${int(fromNs >> SLOT_BITS)} AND slot <= ${int((toNs - 1n) >> SLOT_BITS)} LIMIT ${int(ROWS_MAX)}`;
  const rows: Row[] = [];
  await guarded(context, async () => {
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      const { gram = [], slot = [], part = [] } = block.columns;
      for (let row = 0; row < block.rows; row++) rows.push({ gram: Number(gram[row]), place: Number(slot[row]) * 256 + Number(part[row]) });
    }
  });
  return rows.length === ROWS_MAX ? undefined : rows;
}

function placesOf(rows: readonly Row[] | undefined, wanted: readonly (readonly number[])[], range: NsRange): Places {
  if (rows === undefined) return ANYWHERE;
  const byGram = new Map<number, Set<number>>();
  for (const { gram, place } of rows) byGram.set(gram, (byGram.get(gram) ?? new Set()).add(place));
  const places = new Set(byGram.get(OVERFLOW_GRAM) ?? []);
  for (const grams of wanted) for (const place of inAll(grams.map((gram) => byGram.get(gram)))) places.add(place);
  if (places.size > PLACES_MAX) return ANYWHERE;
  if (places.size === 0) return { kind: 'nowhere' };
  return {
    kind: 'places',
    range: spanOf([...places], range),
    condition: sql`(${join(
      [...places].map((place) => placeCondition(place, range)),
      sql` OR `,
    )})`,
  };
}

/** The times that the places span: with them ClickHouse passes over whole parts. */
function spanOf(places: readonly number[], { fromNs, toNs }: NsRange): NsRange {
  const slots = places.map((place) => Math.floor(place / 256));
  const from = BigInt(Math.min(...slots)) << SLOT_BITS;
  const to = BigInt(Math.max(...slots) + 1) << SLOT_BITS;
  return { fromNs: from > fromNs ? from : fromNs, toNs: to < toNs ? to : toNs };
}

function inAll([first = new Set(), ...others]: readonly (ReadonlySet<number> | undefined)[]): readonly number[] {
  return [...first].filter((place) => others.every((other) => other?.has(place) === true));
}

/** Within the range, so that nothing else need say it: every condition on the key is weighed for every range of it. */
function placeCondition(place: number, { fromNs, toNs }: NsRange): Sql {
  const slot = BigInt(Math.floor(place / 256));
  const part = BigInt(place - Number(slot) * 256);
  const [first, last] = [part << 56n, (part << 56n) + (1n << 56n) - 1n];
  const [begin, end] = [slot << SLOT_BITS, (slot + 1n) << SLOT_BITS];
  const from = begin > fromNs ? begin : fromNs;
  const to = end < toNs ? end : toNs;
  return sql`stream BETWEEN ${int(first)} AND ${int(last)} AND ts BETWEEN ${int(from)} AND ${int(to - 1n)}`;
}
