// Searches of Jaeger's as TraceQL, as it is printed: a tree that the language has no text for would be a mistake.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { checkTraceql } from '../traceql/check.ts';
import { parseTraceql } from '../traceql/parse.ts';
import { printTraceql } from '../traceql/print.ts';
import { dependencyRange, limitParam, rangeParams, searchParams, traceIdsParam } from './query-params.ts';
import { searchTree } from './search-tree.ts';

function printed(parameters: string): string {
  return printTraceql(searchTree(searchParams(new URLSearchParams(parameters))));
}

test('every parameter is a condition of the one span', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['service=shop', '{ resource.service.name = `shop` }'],
    ['service=shop&operation=get', '{ (resource.service.name = `shop`) && (name = `get`) }'],
    ['service=a&minDuration=5ms&maxDuration=1m', '{ ((resource.service.name = `a`) && (duration >= 5ms)) && (duration <= 1m0s) }'],
    ['service=a&tag=x:1', '{ (resource.service.name = `a`) && ((.x = `1`) || (.x = 1)) }'],
    [
      'service=a&tags={"error":"true"}',
      '{ (resource.service.name = `a`) && ((status = error) || ((.error = `true`) || (.error = true))) }',
    ],
    ['service=a&tag=span.kind:server', '{ (resource.service.name = `a`) && ((kind = server) || (.span.kind = `server`)) }'],
    ['service=OTLPResourceNoServiceName', '{ resource.service.name = nil }'],
  ];
  for (const [parameters, query] of cases) assert.equal(printed(parameters), query, parameters);
});

test('any parameters are a query of the language, or an error of the caller', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('1', '-5', '0.5', 'true', '5ms', '{"a":"1"}', 'a:b', '9'.repeat(16)),
  );
  const name = fc.constantFrom(
    'service',
    'operation',
    'tag',
    'tags',
    'minDuration',
    'maxDuration',
    'start',
    'end',
    'lookback',
    'limit',
    'traceID',
    'endTs',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
      const query = new URLSearchParams([['service', 'a'], ...pairs]);
      const tree = answerOf(() => searchTree(searchParams(query)));
      if (tree !== undefined) {
        checkTraceql(tree);
        const text = printTraceql(tree);
        assert.equal(printTraceql(parseTraceql(text)), text);
      }
      answerOf(() => limitParam(query, 1000));
      answerOf(() => traceIdsParam(query));
      for (const range of [answerOf(() => rangeParams(query, 1e12)), answerOf(() => dependencyRange(query, 1e12))])
        if (range !== undefined) assert.ok(range.fromNs >= 0n && range.fromNs < range.toNs && range.toNs < 2n ** 63n);
    }),
    { seed: 20_260_101, numRuns: 800 },
  );
});

/** Undefined where the caller is wrong. */
function answerOf<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RequestError && error.code === 'bad_data') return undefined;
    throw error;
  }
}
