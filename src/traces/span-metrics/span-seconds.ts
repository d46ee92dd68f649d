// Durations of spans as metrics have them.

/** Seconds between two times in nanoseconds; 0 where the end lies before the start. */
export function spanSeconds(startNs: bigint, endNs: bigint): number {
  const ns = Number(endNs - startNs);
  return ns > 0 ? ns / 1e9 : 0;
}
