// Go's time layouts: times written and read, and time zones.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { printDuration } from './go-time.ts';
import { formatTime } from './time-format.ts';
import { civilOf, secondsOf } from './time-layout.ts';
import { parseTime } from './time-parse.ts';
import { fixedZone, UTC, zoneOf } from './time-zone.ts';

const STRING = '2006-01-02 15:04:05.999999999 -0700 MST';

/** 2009-02-04 21:00:57.012345600 -0800. */
const instant = { seconds: 1_233_810_057, nanos: 12_345_600, zone: fixedZone('PST', -28_800) };

/** `[layout, text]` */
const written: readonly (readonly [string, string])[] = [
  ['Mon Jan _2 15:04:05 2006', 'Wed Feb  4 21:00:57 2009'],
  ['Mon Jan _2 15:04:05 MST 2006', 'Wed Feb  4 21:00:57 PST 2009'],
  ['02 Jan 06 15:04 -0700', '04 Feb 09 21:00 -0800'],
  ['Monday, 02-Jan-06 15:04:05 MST', 'Wednesday, 04-Feb-09 21:00:57 PST'],
  ['2006-01-02T15:04:05.999999999Z07:00', '2009-02-04T21:00:57.0123456-08:00'],
  ['3:04PM 03pm 3:4:5', '9:00PM 09pm 9:0:57'],
  ['Jan January 1 01', 'Feb February 2 02'],
  ['.000 ,000000 .000000000 .999 .99 .9', '.012 ,012345 .012345600 .012 .01 '],
  ['002 __2 _2 2 02', '035  35  4 4 04'],
  ['-07 -0700 -07:00 -070000 -07:00:00 Z07 Z0700 Z07:00:00', '-08 -0800 -08:00 -080000 -08:00:00 -08 -0800 -08:00:00'],
  ['_2006 Jane Month', '_2009 Jane Month'],
  ['plain ü', 'plain ü'],
];

for (const [layout, text] of written) test(`writes ${layout}`, () => assert.equal(formatTime(instant, layout), text));

/** `[layout, text, zone, as a time]`; undefined where the text does not fit. */
const read: readonly (readonly [string, string, string, string | undefined])[] = [
  ['2006-01-02T15:04:05Z07:00', '2024-02-29T12:34:56.789Z', 'UTC', '2024-02-29 12:34:56.789 +0000 UTC'],
  ['2006-01-02T15:04:05Z07:00', '2024-02-29T12:34:56+02:00', 'UTC', '2024-02-29 12:34:56 +0200 +0200'],
  ['2006-01-02', '2024-07-01', 'America/New_York', '2024-07-01 00:00:00 -0400 EDT'],
  ['2006-01-02 15:04', '2024-01-01 10:00', 'Europe/Berlin', '2024-01-01 10:00:00 +0100 CET'],
  ['2006-01-02 15:04', '2024-07-01 10:00', 'Asia/Kolkata', '2024-07-01 10:00:00 +0530 IST'],
  ['2006-01-02 15:04', '2024-07-01 10:00', 'Asia/Tokyo', '2024-07-01 10:00:00 +0900 JST'],
  ['02/Jan/2006:15:04:05 -0700', '10/Oct/2000:13:55:36 -0700', 'UTC', '2000-10-10 13:55:36 -0700 -0700'],
  ['Mon Jan _2 15:04:05 2006', 'Thu Feb  4 21:00:57 2010', 'UTC', '2010-02-04 21:00:57 +0000 UTC'],
  ['3:04PM', '11:15PM', 'UTC', '0000-01-01 23:15:00 +0000 UTC'],
  ['3:04pm', '12:15am', 'UTC', '0000-01-01 00:15:00 +0000 UTC'],
  ['2006 002', '2024 060', 'UTC', '2024-02-29 00:00:00 +0000 UTC'],
  ['06-1-2', '69-3-4', 'UTC', '1969-03-04 00:00:00 +0000 UTC'],
  ['2006-01-02 15:04:05.000', '2024-01-01 00:00:00.123', 'UTC', '2024-01-01 00:00:00.123 +0000 UTC'],
  ['2006-01-02 15:04:05 MST', '2024-01-01 00:00:00 CEST', 'UTC', '2024-01-01 00:00:00 +0000 CEST'],
  ['2006-01-02 15:04:05 MST', '2024-07-01 00:00:00 CEST', 'Europe/Berlin', '2024-07-01 00:00:00 +0200 CEST'],
  ['2006-01-02', '2023-02-29', 'UTC', undefined],
  ['2006-01-02', '2023-13-01', 'UTC', undefined],
  ['2006-01-02', '2023-1-01', 'UTC', undefined],
  ['2006-01-02', '2023-01-01 ', 'UTC', undefined],
  ['15:04', '24:00', 'UTC', undefined],
  ['.000', '.12', 'UTC', undefined],
  ['2006-01-02', 'yesterday', 'UTC', undefined],
];

for (const [layout, text, zone, expected] of read) {
  test(`reads ${text} as ${layout} in ${zone}`, () => {
    const time = parseTime(layout, text, zoneOf(zone) ?? UTC);
    assert.equal(time && formatTime(time, STRING), expected);
  });
}

test('a zone that nobody knows is none', () => {
  for (const name of ['Nowhere/Land', '+01:00', '!']) assert.equal(zoneOf(name), undefined);
});

test('calendars of any year', () => {
  for (const seconds of [0, -1, 951_782_400, -62_135_596_800, 253_402_300_799, -99_999_999_999])
    assert.equal(secondsOf(civilOf(seconds)), seconds);
});

test('durations', () => {
  const cases = [
    [0n, '0s'],
    [1n, '1ns'],
    [1500n, '1.5µs'],
    [2_000_000n, '2ms'],
    [61_000_000_000n, '1m1s'],
    [3_600_000_000_000n, '1h0m0s'],
    [-1_500_000_000n, '-1.5s'],
    [10_000_000_000n, '10s'],
  ] as const;
  for (const [ns, text] of cases) assert.equal(printDuration(ns), text);
});
