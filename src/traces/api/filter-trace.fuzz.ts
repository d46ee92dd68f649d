// Traces of any shape, rings and shared ids among them: what a filter keeps is what it selects, and what so many steps lead to from there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { sourceOf, spanOf } from '../store/test-spans.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span } from '../write.ts';
import { filteredTrace, traceFilterParam } from './filter-trace.ts';

const SPANS_MAX = 12;

function id(n: number): Uint8Array {
  return n === 0 ? new Uint8Array() : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, n);
}

function numberOf(bytes: Uint8Array): number {
  return bytes.at(-1) ?? 0;
}

/** Ids and parents; an error where the last is true. */
const made = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat(8), fc.boolean()), { minLength: 1, maxLength: SPANS_MAX });

function traceOf(spans: readonly (readonly [number, number, boolean])[]): StoredTrace {
  const list = spans.map(([own, parent, failed], i) => spanOf(1, i, { spanId: id(own), parentId: id(parent), status: failed ? 2 : 0 }));
  const half = list.length >> 1;
  const groups = [
    { source: sourceOf('a'), spans: list.slice(0, half) },
    { source: sourceOf('b'), spans: list.slice(half) },
  ];
  return { traceId: '1', groups, partial: undefined };
}

/** Step by step over all spans, as often as there are levels. */
function expected(spans: readonly Span[], above: number, below: number): readonly Span[] {
  const starts = spans.filter(({ status }) => status === 2);
  const ids = new Set<number>();
  for (const [levels, next] of [
    [above, (from: Span) => spans.filter((to) => numberOf(from.parentId) === numberOf(to.spanId))],
    [below, (from: Span) => spans.filter((to) => numberOf(to.parentId) === numberOf(from.spanId))],
  ] as const) {
    let edge = new Set(starts.map(({ spanId }) => numberOf(spanId)));
    for (let level = 0; level < Math.min(levels, SPANS_MAX); level++) {
      const from = spans.filter(({ spanId }) => edge.has(numberOf(spanId)));
      edge = new Set(from.flatMap(next).map(({ spanId }) => numberOf(spanId)));
      for (const each of edge) ids.add(each);
    }
  }
  return spans.filter((span) => span.status === 2 || ids.has(numberOf(span.spanId)));
}

test('what is kept', () => {
  const depth = fc.integer({ min: -1, max: 4 });
  fc.assert(
    fc.property(made, fc.boolean(), depth, depth, (spans, keep, above, below) => {
      const trace = traceOf(spans);
      const all = trace.groups.flatMap((group) => group.spans);
      const query = { q: '{ status = error }', keep_hierarchy: String(keep), ancestor_depth: String(above), match_depth: String(below) };
      const filter = traceFilterParam(new URLSearchParams(query));
      assert.ok(filter !== undefined);
      const { groups, partial } = filteredTrace(trace, filter);
      const kept = groups.flatMap((group) => group.spans);
      const levels = (given: number): number => (given === -1 ? Infinity : given);
      assert.deepEqual(new Set(kept), new Set(expected(all, keep ? levels(above) : 0, levels(below))));
      assert.equal(partial === undefined, kept.length === all.length);
    }),
    { numRuns: 1000, seed: 3 },
  );
});

test('parameters are read or refused', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('{ }', '{ .a = 1 }', '{ } | count() > 1', 'true', '-1', '7', '{ event:name = "x" || span.b }'),
  );
  fc.assert(
    fc.property(word, word, word, word, (q, keep, above, below) => {
      try {
        const filter = traceFilterParam(new URLSearchParams({ q, keep_hierarchy: keep, ancestor_depth: above, match_depth: below }));
        if (filter !== undefined) filteredTrace(traceOf([[1, 0, true]]), filter);
      } catch (error) {
        assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
      }
    }),
    { numRuns: 1000, seed: 3 },
  );
});
