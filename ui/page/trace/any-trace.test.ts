// Whatever arrives as a trace is drawn: each span once, times that add up, and no end of a search for parents.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareTraces } from './compare-traces.ts';
import { stretchLength } from './critical-path.ts';
import { decodeTrace } from './decode-trace.ts';
import { viewTrace } from './trace-view.ts';
import { visibleRows } from './visible-rows.ts';

const RUNS = { numRuns: 1000, seed: 7 };

const id = (n: number): string => btoa(String.fromCharCode(0, 0, 0, 0, 0, 0, 0, n));

/** Few ids, so that spans share them, miss them, and stand in circles. */
const spans = fc.array(
  fc.record({
    spanId: fc.nat(12).map(id),
    parentSpanId: fc.nat(14).map(id),
    name: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT', 3, 99),
    startTimeUnixNano: fc.nat(100_000).map(String),
    endTimeUnixNano: fc.nat(100_000).map(String),
  }),
  { maxLength: 30 },
);

const answer = fc.array(spans, { maxLength: 3 }).map((groups) => ({
  trace: {
    resourceSpans: groups.map((own, i) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: `s${i}` } }] },
      scopeSpans: [{ spans: own }],
    })),
  },
}));

test('every span has one row, below its parent, and times add up', () => {
  fc.assert(
    fc.property(answer, (data) => {
      const view = viewTrace(decodeTrace(data));
      const { trace, tree, own, path } = view;
      assert.equal(new Set(tree.nodes.map(({ span }) => span)).size, trace.spans.length);
      assert.equal(new Set(view.keys).size, trace.spans.length);
      assert.deepEqual(visibleRows(tree, new Set()), [...tree.nodes.keys()]);
      for (const { at, parent, last, depth, span } of tree.nodes) {
        const above = tree.nodes[parent];
        assert.equal(depth, above ? above.depth + 1 : 0);
        assert.ok(parent < at && at <= last && last <= (above?.last ?? tree.nodes.length));
        const length = own[at]?.length ?? -1;
        assert.ok(length >= 0 && length <= span.end - span.start);
      }
      const onPath = [...path.stretches.values()].reduce((sum, pairs) => sum + stretchLength(pairs), 0);
      assert.equal(onPath, path.length);
      const rows = compareTraces(view, view);
      assert.equal(
        rows.reduce((sum, { a }) => sum + a.count, 0),
        trace.spans.length,
      );
      assert.ok(rows.every(({ change }) => change === 'same'));
    }),
    RUNS,
  );
});

test('any JSON is decoded or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('resourceSpans', 'scopeSpans', 'spans', 'attributes'), (value, name) => {
      const wrapped = { trace: { resourceSpans: [{ [name]: value, scopeSpans: [{ spans: [{ [name]: value }, value] }] }] } };
      assert.ok(decodeTrace(wrapped).spans.length <= 3);
      try {
        decodeTrace(value);
      } catch (error) {
        assert.match(String(error), /expected a trace/);
      }
    }),
    RUNS,
  );
});
