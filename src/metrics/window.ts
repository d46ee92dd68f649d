// A window of time, and how the store is asked for it.

import { type Sql, int, sql } from '../base/sql.ts';

/** A window of time in milliseconds: after `afterMs`, up to and including `toMs`. */
export interface Window {
  readonly afterMs: number;
  readonly toMs: number;
}

const TS_MIN = -(2n ** 63n);
const TS_MAX = 2n ** 63n - 1n;

function integerTime(ms: number): bigint {
  if (ms === Number.NEGATIVE_INFINITY) return TS_MIN;
  if (ms === Number.POSITIVE_INFINITY) return TS_MAX;
  const whole = BigInt(Math.floor(ms));
  return whole < TS_MIN ? TS_MIN : whole > TS_MAX ? TS_MAX : whole;
}

/** The condition on `ts` of a window. */
export function windowCondition({ afterMs, toMs }: Window): Sql {
  // The least integer as a literal is a negated number over 2^63; one more than it is never missed, for nothing precedes it.
  const after = integerTime(afterMs);
  return sql`ts > ${int(after === TS_MIN ? TS_MIN + 1n : after)} AND ts <= ${int(integerTime(toMs))}`;
}
