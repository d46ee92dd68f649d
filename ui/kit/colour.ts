// The colours that carry meaning in pictures. The twelve were searched for by machine: each has a contrast of at least 3:1 against the light and
// against the dark ground, and any two stay apart for people with protanopia, deuteranopia and tritanopia (simulated after Machado 2009).

import { hashText } from '../data/samples.ts';

export const SERIES_COLOURS = [
  '#5b8df9',
  '#c26e12',
  '#15985b',
  '#d21c92',
  '#7e9897',
  '#5d5ffe',
  '#c92516',
  '#2e728d',
  '#a871c9',
  '#79635d',
  '#e75e6a',
  '#a932c9',
] as const;

/** The colour of the n-th series of a picture. */
export function seriesColour(index: number): string {
  return SERIES_COLOURS[index % SERIES_COLOURS.length] ?? SERIES_COLOURS[0];
}

/** A service has one colour everywhere, drawn from its name. */
export function serviceColour(name: string): string {
  return seriesColour(hashText(name));
}
