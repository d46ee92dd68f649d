// Where the points of a scatter stand, and which of them the pointer means.

/** Pixels from the picture's upper left corner. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The index of the nearest place within reach; -1 where there is none. */
export function nearestPoint(places: readonly Place[], x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach;
  for (const [i, place] of places.entries()) {
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance > least) continue;
    least = distance;
    best = i;
  }
  return best;
}

/** Whole steps of 1, 2, 5 around all values, and never a scale without a height. */
export function logRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || low <= 0) return [0.001, 1];
  const [from, to] = [below(low), above(high)];
  return from === to ? [from / 10, to * 10] : [from, to];
}

const STEPS = [5, 2, 1] as const;

function below(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (STEPS.find((step) => step * power <= value) ?? 1);
}

function above(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10);
}
