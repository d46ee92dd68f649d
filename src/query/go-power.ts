// Powers as Go's `math.Pow` has them, in which the peers compute.

/** A base of one is one whatever the exponent, and so is -1 to an infinite one, where JavaScript has no number. */
export function goPower(base: number, exponent: number): number {
  if (base === 1) return 1;
  return base === -1 && (exponent === Infinity || exponent === -Infinity) ? 1 : base ** exponent;
}
