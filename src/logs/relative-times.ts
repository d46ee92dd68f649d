// Times of lines as differences that a double holds exactly.

const TWO_32 = 4294967296;

/** Nanoseconds since the origin, from the words of the times: exact below 2^53, 104 days. */
export function relativeTimes(ts: BigInt64Array, originNs: bigint): Float64Array {
  const words = new Uint32Array(ts.buffer, ts.byteOffset, ts.length * 2);
  const origin = BigInt.asUintN(64, originNs);
  const originLow = Number(origin & 0xffffffffn);
  const originHigh = Number(origin >> 32n);
  const times = new Float64Array(ts.length);
  for (let row = 0; row < ts.length; row++) {
    const low = words[row * 2] as number;
    const high = words[row * 2 + 1] as number;
    times[row] = ((high - originHigh) | 0) * TWO_32 + (low - originLow);
  }
  return times;
}
