// Compensated summation: what every sum of floats in PromQL is made with, so that the order of magnitudes does not lose digits.
//
// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974), as Prometheus 3.14 applies it.

/** A running sum and what rounding has taken from it so far. */
export class KahanSum {
  sum: number;
  compensation: number;

  constructor(sum = 0, compensation = 0) {
    this.sum = sum;
    this.compensation = compensation;
  }

  add(value: number): void {
    const next = this.sum + value;
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) {
      // Past the range of floats there is nothing to compensate, and the difference of infinities would be NaN.
      this.compensation = 0;
    } else if (Math.abs(this.sum) >= Math.abs(value)) {
      this.compensation += this.sum - next + value;
    } else {
      this.compensation += value - next + this.sum;
    }
    this.sum = next;
  }

  /** The sum with its compensation. */
  total(): number {
    return this.sum + this.compensation;
  }
}
