// What queries make of a trace, a line each: spansets as `ids {attributes}`, in the order in which they come.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTraceql } from '../parse.ts';
import type { Value } from '../value.ts';
import { madeTrace, ns } from './made-trace.ts';
import { compilePipeline } from './pipeline.ts';
import type { Spanset } from './spanset.ts';

//   a ── b ── d
//    └── c         e: its parent has not come    o: out of range, below c
const trace = madeTrace([
  {
    id: 'a',
    fields: { name: 'shop', '.n': 1n, '.team': 'x', duration: ns(100), status: { type: 'status', value: 'ok' }, 'resource.r': 'r' },
  },
  { id: 'b', parent: 'a', fields: { '.n': 2n, '.f': 0.5, '.team': 'y', duration: ns(40), '.ok': true } },
  { id: 'c', parent: 'a', fields: { '.n': 3n, '.team': 'x', duration: ns(10), '.list': { type: 'string[]', value: ['u', 'v'] } } },
  { id: 'd', parent: 'b', fields: { '.n': 4n, '.f': 2, duration: ns(5), '.team': 'y', '.d': ns(2) } },
  { id: 'e', parent: 'zz', fields: { '.n': 0n, duration: ns(1), '.empty': { type: 'int[]', value: [] } } },
  { id: 'o', parent: 'c', fields: { '.n': 9n }, isInRange: false },
]);

function shown(value: Value): string {
  return value.type === 'nil' ? 'nil' : `${String(value.value)}${value.type === 'duration' ? 'ns' : ''}`;
}

function printed({ spans, attributes }: Spanset): string {
  const said = attributes.map(({ name, value }) => ` ${name}=${shown(value)}`).join('');
  return spans.map(({ view }) => view.spanId).join('') + said;
}

function evaluate(text: string): string {
  const { root } = parseTraceql(text);
  assert(root.type === 'pipeline', text);
  return compilePipeline(root)(trace).map(printed).join(' | ');
}

function gives(cases: readonly (readonly [query: string, expected: string])[]): void {
  for (const [query, expected] of cases) assert.equal(evaluate(query), expected, query);
}

test('comparisons', () => {
  gives([
    ['{ }', 'abcde'],
    ['{ false }', ''],
    ['{ .n = 2 }', 'b'],
    ['{ 2 = .n }', 'b'],
    ['{ .n = 2.0 }', 'b'],
    ['{ .n >= 3 }', 'cd'],
    ['{ 3 > .n }', 'abe'],
    ['{ .d = 2 }', 'd'], // a duration is its nanoseconds
    ['{ duration > 9ns }', 'abc'],
    ['{ duration > 9.5 }', 'abc'],
    ['{ .team != "x" }', 'bd'], // not of one without a team
    ['{ .n != "x" }', ''], // nor of another type
    ['{ .n = "2" }', ''],
    ['{ .team > "x" }', 'bd'],
    ['{ .team =~ "[xy]" }', 'abcd'],
    ['{ .team =~ "x|" }', 'ac'],
    ['{ .team !~ "x.*" }', 'bd'],
    ['{ status = ok }', 'a'],
    ['{ .ok }', 'b'],
    ['{ !.ok }', ''],
    ['{ !(.ok = true) }', 'acde'],
    ['{ .f != nil }', 'bd'],
    ['{ .team = nil }', 'e'],
    ['{ .r = "r" }', 'a'],
    ['{ span.r = "r" }', ''],
    ['{ .n = 1 || .n = 4 }', 'ad'],
    ['{ .n != 1 && .n != 4 }', 'bce'],
    ['{ .ok || .n = 1 }', 'ab'], // what has no value is not true
  ]);
});

test('arrays: some element for most, every element for != and !~', () => {
  gives([
    ['{ .list = "u" }', 'c'],
    ['{ "v" = .list }', 'c'],
    ['{ .list = "w" }', ''],
    ['{ .list != "w" }', 'c'],
    ['{ .list != "u" }', ''],
    ['{ .list =~ "[vw]" }', 'c'],
    ['{ .list !~ "w+" }', 'c'],
    ['{ .list !~ "u" }', ''],
    ['{ .list > "u" }', 'c'],
    ['{ "u" > .list }', ''],
    ['{ .list = .list }', ''], // two arrays are not compared
    ['{ .empty = 1 }', ''],
    ['{ .empty != 1 }', 'e'],
    ['{ .empty != "1" }', ''],
    ['{ .list + 1 = 1 }', ''],
  ]);
});

test('arithmetic', () => {
  gives([
    ['{ .n + 1 = 3 }', 'b'],
    ['{ .n / 2 = 1 }', 'bc'], // ints stay ints
    ['{ .n / 2.0 = 1.5 }', 'c'],
    ['{ .n % 2 = 0 }', 'bde'],
    ['{ -.n = -2 }', 'b'],
    ['{ .n ^ 2 = 9 }', 'c'],
    ['{ 2 ^ .n = 8 }', 'c'],
    ['{ .n * 9223372036854775807 = -2 }', 'b'], // 64 bits
    ['{ duration * 2 = 20 }', 'c'],
    ['{ duration + duration = 20ns }', 'c'],
    ['{ .team + 1 = 2 }', ''],
    ['{ .f / 0 > 1 }', 'bd'],
  ]);
  for (const query of ['{ 1 / 0 = 1 }', '{ .n % 0 = 1 }', '{ 6 / .n = 1 }'])
    assert.throws(() => evaluate(query), /integer division by zero/);
});

test('what follows from other spans', () => {
  gives([
    ['{ parent.n = 1 }', 'bc'],
    ['{ parent.team = "y" }', 'd'],
    ['{ parent.team = nil }', 'ae'],
    ['{ span:childCount = 1 }', 'bc'], // the child of c is out of range
    ['{ span:childCount = 0 }', 'de'],
    ['{ nestedSetParent < 0 }', 'a'],
    ['{ nestedSetParent = 1 }', 'bc'],
    ['{ nestedSetLeft = 0 }', 'e'], // no root leads to it
    ['{ nestedSetRight = 10 }', 'a'],
    ['{ rootName = "root" && rootServiceName = "shop" && traceDuration = 100ns }', 'abcde'],
  ]);
});

test('structure', () => {
  gives([
    ['{ .n = 1 } > { }', 'bc'],
    ['{ .n = 1 } >> { }', 'bcd'],
    ['{ .n = 4 } < { }', 'b'],
    ['{ .n = 4 } << { }', 'ab'],
    ['{ .n = 2 } ~ { }', 'c'],
    ['{ .n = 1 } !> { }', 'ade'],
    ['{ .n = 1 } !>> { }', 'ae'],
    ['{ .n = 4 } !< { }', 'acde'],
    ['{ .n = 2 } !~ { }', 'abde'],
    ['{ .n = 1 } &> { }', 'bca'],
    ['{ .n = 1 } &>> { .n = 4 }', 'da'],
    ['{ .n = 4 } &<< { }', 'dab'],
    ['{ .n = 2 } &~ { }', 'bc'],
    ['{ .n = 9 } > { }', ''], // out of range: neither side
    ['{ .n = 8 } !> { }', 'abcde'],
    ['{ } > { } > { }', 'd'],
    ['{ .n = 1 } > { .n = 2 } > { }', 'd'],
    ['{ .n = 1 } && { .n = 2 }', 'ba'], // of equally many, the right ones first
    ['{ .n = 1 } && { .n > 1 }', 'abcd'],
    ['{ .n = 1 } && { .n = 8 }', ''],
    ['{ .n = 1 } || { .n = 8 }', 'a'],
    ['{ .n = 1 } || { .n < 3 }', 'abe'],
    ['({ .n = 1 } > { }) || { .n = 4 }', 'dbc'],
  ]);
  assert.throws(() => evaluate('({ } | by(.n)) > ({ } | by(.n))'), /coalesce/);
});

test('groups, aggregates and scalars', () => {
  gives([
    ['{ } | by(.team)', 'ac by(.team)=x | bd by(.team)=y | e by(.team)=nil'],
    [
      '{ } | by(.team) | by(.n > 2)',
      'a by(.team)=x by(.n > 2)=false | c by(.team)=x by(.n > 2)=true | b by(.team)=y by(.n > 2)=false | d by(.team)=y by(.n > 2)=true | e by(.team)=nil by(.n > 2)=false',
    ],
    ['{ } | by(.team) | coalesce()', 'acbde'],
    ['{ } | by(.team) | count() > 1', 'ac by(.team)=x count()=2 | bd by(.team)=y count()=2'],
    ['{ } | count() > 1 | count() < 9', 'abcde count()=5 count()=5'],
    ['{ } | count() > 5', ''],
    ['{ } | avg(duration) > 31ns', ''],
    ['{ } | avg(duration) = 31ns', 'abcde avg(duration)=31ns'],
    ['{ } | avg(.n) = 2', 'abcde avg(.n)=2'],
    ['{ } | max(.f) = 2', 'abcde max(.f)=2'],
    ['{ } | min(duration) < 2', 'abcde min(duration)=1ns'],
    ['{ .team = "y" } | sum(.n) = 6', 'bd sum(.n)=6'],
    ['{ .team = "x" } | sum(.f) > 0', ''], // no span has a value
    ['{ } | count() * 2 = 10', 'abcde count()=5'],
    ['{ } | 4 < count()', 'abcde count()=5'],
    ['{ .n > 1 } | max(.n) - min(.n) = 2', 'bcd max(.n)=4 min(.n)=2'],
    ['({ .n > 1 } | count()) > ({ .f > 0 } | count())', 'abcde'],
    ['({ .n > 1 } | count()) < ({ .f > 0 } | count())', ''],
    ['{ } | by(.team) | max(.n) = 4', 'bd by(.team)=y max(.n)=4'],
    ['{ } | select(.n)', 'abcde'],
    ['{ .n > 0 } | { .n < 3 }', 'ab'],
    ['{ } | by(.team) | { .n = 4 }', 'd by(.team)=y'],
  ]);
});
