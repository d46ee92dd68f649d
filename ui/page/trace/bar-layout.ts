// Where things stand on the time axis: shares of the window that is drawn.

import { quantityText } from '../../data/units.ts';
import type { Stretches } from './own-time.ts';

/** A part of the trace, in nanoseconds from its start. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Both in percent of the window. */
export interface Place {
  readonly left: number;
  readonly width: number;
}

/** Steps of a picture that can be told apart: what is closer is drawn as one. */
const RESOLUTION = 1000;

/** Where a time stands, in percent; below 0 or above 100 where it lies outside. */
export function percentOf(time: number, { start, end }: Window): number {
  return ((time - start) / Math.max(end - start, 1)) * 100;
}

/** Where a length of time stands, cut to the window; nothing where it lies outside. */
export function placeOf(start: number, end: number, window: Window): Place | undefined {
  if (end < window.start || start > window.end) return undefined;
  const left = Math.max(0, percentOf(start, window));
  return { left, width: Math.min(100, percentOf(end, window)) - left };
}

/** Where many stand: what lies closer than can be seen becomes one, so that no row draws more than a picture holds. */
export function placesOf(stretches: Stretches, window: Window): readonly Place[] {
  const near = (window.end - window.start) / RESOLUTION;
  const places: Place[] = [];
  let from = -1;
  let until = -1;
  const add = (): void => {
    const place = from < 0 ? undefined : placeOf(from, until, window);
    if (place) places.push(place);
  };
  for (let i = 0; i + 1 < stretches.length; i += 2) {
    const [start = 0, end = 0] = [stretches[i], stretches[i + 1]];
    if (end < window.start || start > window.end) continue;
    if (from >= 0 && start - until < near) {
      until = Math.max(until, end);
      continue;
    }
    add();
    [from, until] = [start, end];
  }
  add();
  return places;
}

/** Times at round distances, about so many of them. */
export function ticksOf({ start, end }: Window, about: number): readonly number[] {
  const rough = (end - start) / Math.max(about, 1);
  if (!(rough > 0)) return [start];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(start / step) * step;
  return Array.from({ length: Math.floor((end - first) / step + 1e-9) + 1 }, (_, i) => first + i * step);
}

/** A length of time with its unit, at most four digits: `12.34 ms`. */
export function lengthText(ns: number): string {
  return quantityText(ns / 1e9, { unit: 'seconds', perSecond: false });
}

/** A part of a whole: `12 %`; small parts are said to be so. */
export function shareText(part: number, whole: number): string {
  if (!(whole > 0)) return '–';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

/** At least a thousandth of the trace and at least 100 ns, so that a picture is left. */
export function zoomed(whole: Window, from: number, to: number): Window {
  const least = Math.max(100, (whole.end - whole.start) / 10_000);
  const start = Math.max(whole.start, Math.min(from, to));
  const end = Math.min(whole.end, Math.max(from, to));
  if (end - start >= least) return { start, end };
  const middle = (start + end) / 2;
  return { start: Math.max(whole.start, middle - least / 2), end: Math.min(whole.end, middle + least / 2) };
}
