// Go's Printf: every verb with its flags. The expected texts are what Go itself gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sprintf } from './fmt.ts';
import { goMap, type Value } from './value.ts';

const limits = { lengthMax: 10_000, stepsMax: 0, depthMax: 0 };
const map = goMap(
  new Map<string, Value>([
    ['b', 2n],
    ['a', 'x'],
  ]),
);

/** `[format, values, output]` */
const cases: readonly (readonly [string, readonly Value[], string])[] = [
  ['%d|%5d|%-5d|%05d|%+d|% d|%+05d|%-+5d|', [1n, 2n, 3n, -42n, 5n, 7n, 3n, 3n], '1|    2|3    |-0042|+5| 7|+0003|+3   |'],
  [
    '%x %X %#x %o %#o %O %b %c %q %U %#U',
    [255n, 255n, 255n, 8n, 8n, 8n, 5n, 65n, 65n, 8364n, 8364n],
    "ff FF 0xff 10 010 0o10 101 A 'A' U+20AC U+20AC '€'",
  ],
  ['%.3d|%8.3d|%-8.3d|%+.3d|%.0d', [5n, 5n, 5n, 5n, 0n], '005|     005|005     |+005|'],
  [
    '%f %.2f %8.2f %-8.2f| %08.3f %+.1f % .1f',
    [1.5, 12.345, 3.24159, 1.5, -3.24159, 2.25, 2.25],
    '1.500000 12.35     3.24 1.50    | -003.242 +2.2  2.2',
  ],
  ['%.0f %.0f %.0f %.1f %.20f', [0.5, 1.5, 2.5, 0.25, 0.1], '0 2 2 0.2 0.10000000000000000555'],
  ['%e %E %.0e %.3e %e', [123456.789, 0.00001234, 15000, 1e100, 0], '1.234568e+05 1.234000E-05 2e+04 1.000e+100 0.000000e+00'],
  [
    '%g %G %.3g %g %g %g %#g %#.3g',
    [1e21, 1e-7, 1234.5678, 100000, 1000000, 0.00001, 1, 2],
    '1e+21 1E-07 1.23e+03 100000 1e+06 1e-05 1.00000 2.00',
  ],
  ['%v %v %v %v %v', [1000000, 123456789, 2, 0.1 + 0.2, 1e20], '1e+06 1.23456789e+08 2 0.30000000000000004 1e+20'],
  ['%v %v %v %+v %5v|%05v|%f', [Infinity, -Infinity, NaN, Infinity, NaN, Infinity, -Infinity], '+Inf -Inf NaN +Inf   NaN| +Inf|-Inf'],
  ['%x %X %.1x', [3.5, -3.5, 3.75], '0x1.cp+01 -0X1.CP+01 0x1.ep+01'],
  ['%f', [1e25], '10000000000000000905969664.000000'],
  ['%s|%5s|%-5s|%.2s|%5.1s|%05s|', ['ab', 'ab', 'ab', 'abc', 'abc', 'ab'], 'ab|   ab|ab   |ab|    a|000ab|'],
  ['%5s|%.2s|%-4s|', ['üé', '日本語', '😀'], '   üé|日本|😀   |'],
  [
    '%q %#q %+q %x %X % x %# x %.2x',
    ['a\t"', 'abc', 'é😀', 'hi', 'hi', 'hi', 'hi', 'hello'],
    '"a\\t\\"" `abc` "\\u00e9\\U0001f600" 6869 6869 68 69 0x68 0x69 6865',
  ],
  ['%t %v %5t|%-6t|', [true, false, true, false], 'true false  true|false |'],
  ['%v %s %d %q', [['a', 1n], ['a', 'b'], [1n, 2n], ['a']], '[a 1] [a b] [1 2] ["a"]'],
  ['%v %#v %d', [map, map, map], 'map[a:x b:2] map[string]interface {}{"a":"x", "b":2} map[%!d(string=a):%!d(string=x) %!d(string=b):2]'],
  ['%T %T %T %T %T %T', [1n, 1.5, 'a', true, map, null], 'int float64 string bool map[string]interface {} <nil>'],
  ['%v %s %d', [null, null, null], '<nil> %!s(<nil>) %!d(<nil>)'],
  // mistakes
  ['%s %d %v', ['a'], 'a %!d(MISSING) %!v(MISSING)'],
  ['%d %s %t %z', ['a', 5n, 1n, 3n], '%!d(string=a) %!s(int=5) %!t(int=1) %!z(int=3)'],
  ['x', [1n, 'b', null], 'x%!(EXTRA int=1, string=b, <nil>)'],
  ['%', [], '%!(NOVERB)'],
  ['%d%%', [3n], '3%'],
  // arguments by number, and as widths
  ['%[2]d %[1]d', [1n, 2n], '2 1'],
  ['%*d|%-*d|%.*f', [5n, 42n, 4n, 7n, 2n, 3.24159], '   42|7   |3.24'],
  ['%[3]d|%[x]d|%[0]d', [1n], '%!d(BADINDEX)|%!d(BADINDEX)|%!d(BADINDEX)'],
  ['%*d', ['a', 1n], '%!(BADWIDTH)1'],
  ['%.*d', ['a', 1n], '%!(BADPREC)1'],
];

for (const [format, values, output] of cases) {
  test(`formats ${format}`, () => assert.equal(sprintf(format, values, limits), output));
}
