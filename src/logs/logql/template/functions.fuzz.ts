// Every function of a line's templates ends with a value or a reason, whatever it is given.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { TemplateCallError } from '../../../query/template/template-error.ts';
import { GoTime } from '../../../query/template/go-time.ts';
import type { Value } from '../../../query/template/value.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { decimalResult } from './decimal.ts';
import { NUMBER_FUNCTIONS } from './number-functions.ts';
import { TEXT_FUNCTIONS } from './text-functions.ts';
import { timeFunctions } from './time-functions.ts';

const limits = { lengthMax: 5000, stepsMax: 0, depthMax: 0 };
const functions = [...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS, ...timeFunctions(() => 0)];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '1',
    '-5',
    '1.5',
    '08',
    '0x1f',
    '2006-01-02',
    'UTC',
    'Europe/Berlin',
    '[a-',
    '(a|b)*',
    '{"a":[1]}',
    '%41',
    'YQ==',
    '1h',
    '3KB',
  ),
);
const int = fc.oneof(fc.constantFrom(0n, 1n, -1n, 3n, 99_999_999n, 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const any: fc.Arbitrary<Value> = fc.oneof(
  text,
  int,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(['a', 1n]),
  fc.constant(GoTime.zero()),
);

function argument(type: string): fc.Arbitrary<Value> {
  return type === 'string'
    ? text
    : type === 'int'
      ? int
      : type === 'float64'
        ? fc.double()
        : type === 'time.Time'
          ? fc.bigInt(-(2n ** 65n), 2n ** 65n).map((ns) => GoTime.ofNs(ns))
          : any;
}

const call = fc.constantFrom(...functions).chain(([name, fn]) => {
  const fixed = fc.tuple(...fn.params.map(argument));
  const rest = fn.rest === undefined ? fc.constant([]) : fc.array(argument(fn.rest), { maxLength: 3 });
  return fc.tuple(fixed, rest).map(([first, more]) => ({ name, fn, args: [...first, ...more] }));
});

test('functions end', () => {
  fc.assert(
    fc.property(call, ({ name, fn, args }) => {
      try {
        const value = fn.call(args, limits);
        assert.ok(typeof value !== 'string' || value.length <= 6000, `${name} gave a text that is too long`);
      } catch (error) {
        assert.ok(error instanceof TemplateCallError, `${name}: ${String(error)}`);
      }
    }),
    { numRuns: 4000, seed: 21 },
  );
});

test('base64 gives back what it was given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => assert.equal(decodeBase64(encodeBase64(value)), value)),
    { numRuns: 500, seed: 22 },
  );
});

test('decimals are floats where these are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: -1_000_000, max: 1_000_000 }), (a, b) => {
      assert.equal(decimalResult('add', a, b), a + b);
      assert.equal(decimalResult('sub', a, b), a - b);
      assert.equal(decimalResult('mul', a, b), a * b + 0);
      const quotient = decimalResult('div', a, b);
      assert.ok(b === 0 ? quotient === undefined : quotient !== undefined && Math.abs(quotient - a / b) <= 1e-15 + Math.abs(a / b) * 1e-15);
    }),
    { numRuns: 1000, seed: 23 },
  );
});
