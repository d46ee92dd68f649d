// What SQL can say of a filter: a condition that holds wherever the filter may be true, and one that holds only where it surely is.
//
//   exact      both are the same
//   inexact    upper ⊇ filter ⊇ lower, so that the negation of a condition that loses no span loses none either
//
// Constants are folded, so that a filter that nothing can pass is known to be one before anything is read.

import { join, type Sql, sql } from '../../base/sql.ts';

export interface Bounds {
  readonly upper: Sql;
  readonly lower: Sql;
}

export const TRUE: Sql = sql`1`;
export const FALSE: Sql = sql`0`;

export const ALWAYS: Bounds = { upper: TRUE, lower: TRUE };
export const NEVER: Bounds = { upper: FALSE, lower: FALSE };
/** Nothing can be said. */
export const UNKNOWN: Bounds = { upper: TRUE, lower: FALSE };

export function exactly(condition: Sql): Bounds {
  return { upper: condition, lower: condition };
}

export function constant(isTrue: boolean): Bounds {
  return isTrue ? ALWAYS : NEVER;
}

/** True only where the condition is, for what cannot be decided. */
export function atMost(upper: Sql): Bounds {
  return { upper, lower: FALSE };
}

export function isExact({ upper, lower }: Bounds): boolean {
  return upper === lower;
}

export function not(bounds: Bounds): Bounds {
  if (isExact(bounds)) return exactly(negated(bounds.upper));
  return { upper: negated(bounds.lower), lower: negated(bounds.upper) };
}

export function every(parts: readonly Bounds[]): Bounds {
  return combined(parts, allOf);
}

export function some(parts: readonly Bounds[]): Bounds {
  return combined(parts, anyOf);
}

function combined(parts: readonly Bounds[], combine: (conditions: readonly Sql[]) => Sql): Bounds {
  const upper = combine(parts.map((part) => part.upper));
  return { upper, lower: parts.every(isExact) ? upper : combine(parts.map((part) => part.lower)) };
}

export function negated(condition: Sql): Sql {
  if (condition === TRUE) return FALSE;
  return condition === FALSE ? TRUE : sql`NOT (${condition})`;
}

export function allOf(conditions: readonly Sql[]): Sql {
  if (conditions.includes(FALSE)) return FALSE;
  return joined(
    conditions.filter((condition) => condition !== TRUE),
    sql` AND `,
    TRUE,
  );
}

export function anyOf(conditions: readonly Sql[]): Sql {
  if (conditions.includes(TRUE)) return TRUE;
  return joined(
    conditions.filter((condition) => condition !== FALSE),
    sql` OR `,
    FALSE,
  );
}

function joined(conditions: readonly Sql[], separator: Sql, ofNone: Sql): Sql {
  const [first = ofNone] = conditions;
  if (conditions.length < 2) return first;
  return join(
    conditions.map((condition) => sql`(${condition})`),
    separator,
  );
}
