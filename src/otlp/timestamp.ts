// OTLP's times, nanoseconds since the epoch as an unsigned 64-bit number, without loss: whole milliseconds and the nanoseconds beyond them.

export interface Timestamp {
  /** Milliseconds since the epoch; 0 when the time is not known. */
  readonly ms: number;
  /** Nanoseconds past `ms`, 0…999999. */
  readonly nanos: number;
}

export const NO_TIME: Timestamp = { ms: 0, nanos: 0 };

const NANOS_PER_MS = 1_000_000;

/**
 * A time from the two halves of a fixed64.
 * 2^32 ns are 4294 ms and 967296 ns: with that every step stays below 2^53 and is exact.
 */
export function timestampOfHalves(high: number, low: number): Timestamp {
  if (high === 0 && low === 0) return NO_TIME;
  const rest = high * 967_296 + low;
  return { ms: high * 4294 + Math.floor(rest / NANOS_PER_MS), nanos: rest % NANOS_PER_MS };
}

/** A time from decimal digits of nanoseconds. */
export function timestampOfDigits(digits: string): Timestamp {
  return { ms: Number(digits.slice(0, -6)), nanos: Number(digits.slice(-6)) };
}

/** Order of two times: negative when `a` is earlier. */
export function compareTime(a: Timestamp, b: Timestamp): number {
  return a.ms === b.ms ? a.nanos - b.nanos : a.ms - b.ms;
}
