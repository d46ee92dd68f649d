// Counter resets by start timestamps, as a table.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startsAnew } from './start-timestamps.ts';

/** `[start and time of a sample, start and time of the next, whether counting began anew]` */
const cases: readonly (readonly [readonly [number, number], readonly [number, number], boolean])[] = [
  [[5, 10], [5, 20], false], // the same start
  [[5, 10], [15, 20], true], // a start between the two
  [[0, 10], [15, 20], true],
  [[5, 10], [0, 20], false], // unknown
  [[5, 10], [20, 20], false], // OpenTelemetry's unknown start
  [[5, 10], [25, 20], false], // after the sample itself
  [[5, 10], [7, 20], false], // before the sample that came before
  [[5, 10], [10, 20], true], // deltas
  [[0, 10], [10, 20], false], // cumulative with an unknown start
  [[10, 10], [10, 20], false],
  [[12, 10], [10, 20], false], // what came before had no valid start
];

for (const [[previousStart, previousMs], [start, ms], expected] of cases) {
  test(`start ${start} at ${ms} after start ${previousStart} at ${previousMs}`, () => {
    assert.equal(startsAnew(previousStart, previousMs, start, ms), expected);
  });
}
