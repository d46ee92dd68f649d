// The φ-quantile of a few or many floats.

/**
 * The φ-quantile of values, which it reorders: between two of them by linear interpolation, NaN taken for the least. NaN without values or
 * for a NaN φ; infinite for φ outside 0…1.
 *
 * Source: Prometheus 3.14, `promql/quantile.go`, `quantile`. Only the two values in question are found, by selection instead of sorting.
 */
export function quantileOf(quantile: number, values: Float64Array): number {
  const { length } = values;
  if (length === 0 || quantile !== quantile) return Number.NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  const nans = nansFirst(values);
  const low = lower < nans ? Number.NaN : select(values, nans, lower);
  if (upper === lower) return low * (1 - weight) + low * weight;
  const high = upper < nans ? Number.NaN : upper === nans ? least(values, nans) : least(values, upper);
  return low * (1 - weight) + high * weight;
}

/** Moves what is NaN to the front; tells how many there are. */
function nansFirst(values: Float64Array): number {
  let nans = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value === value) continue;
    values[i] = values[nans] as number;
    values[nans++] = value;
  }
  return nans;
}

function least(values: Float64Array, from: number): number {
  let result = values[from] as number;
  for (let i = from + 1; i < values.length; i++) if ((values[i] as number) < result) result = values[i] as number;
  return result;
}

/** The value that sorting would put at `place`, with no greater ones before and no smaller ones after it (Hoare's selection). */
function select(values: Float64Array, from: number, place: number): number {
  let low = from;
  let high = values.length - 1;
  while (low < high) {
    const pivot = median(values[low] as number, values[(low + high) >>> 1] as number, values[high] as number);
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const value = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = value;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place] as number;
}

function median(a: number, b: number, c: number): number {
  return a < b ? (b < c ? b : Math.max(a, c)) : a < c ? a : Math.max(b, c);
}
