// The series' colours can be seen on both grounds, and a service keeps its own.

import assert from 'node:assert/strict';
import test from 'node:test';
import { SERIES_COLOURS, serviceColour } from './colour.ts';

const linear = (byte: number): number => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test('every colour stands out on light and on dark', () => {
  for (const colour of SERIES_COLOURS)
    for (const ground of ['#ffffff', '#101317']) assert.ok(contrast(colour, ground) >= 3, `${colour} on ${ground}`);
});

test('a name has one colour', () => {
  assert.equal(serviceColour('checkout'), serviceColour('checkout'));
  assert.equal(new Set(Array.from({ length: 100 }, (_, i) => serviceColour(`service-${i}`))).size, SERIES_COLOURS.length);
});
