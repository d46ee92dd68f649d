// Parameters of Tempo's query API: any text is understood or refused by name, in bounded time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import {
  boundsParams,
  goDurationParam,
  gridOf,
  limitParam,
  parseTags,
  secondsRange,
  spansPerSpansetParam,
  stepParam,
  defaultStep,
  traceIdOf,
} from './params.ts';
import { tagsQuery } from './search.ts';
import { filtersOf } from './tag-filter.ts';
import { parseTraceql } from '../traceql/parse.ts';

const NOW_MS = 1_700_000_000_000;
const piece = fc.oneof(
  fc.constantFrom(
    '1',
    '17e8',
    '1700000000',
    '1700000000.5',
    '1h',
    '1.5s',
    '-',
    '=',
    '"',
    '\\',
    ' ',
    'ms',
    '2024-01-01T00:00:00Z',
    '{',
    '}',
    '&&',
    'span.a',
    '=',
  ),
  fc.string({ maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

/** The value, or undefined where it is refused. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return undefined;
  }
}

test('times, durations, steps, limits and ids', () => {
  fc.assert(
    fc.property(text, text, text, (start, end, other) => {
      const query = new URLSearchParams({ start, end, since: other, step: other, limit: other, spss: other, minDuration: other });
      const seconds = tried(() => secondsRange(query));
      if (seconds !== undefined) assert.ok(seconds.fromNs <= seconds.toNs && seconds.toNs < 2n ** 63n);
      const range = tried(() => boundsParams(query, NOW_MS));
      if (range !== undefined) {
        assert.ok(range.fromNs < range.toNs);
        const step = tried(() => stepParam(query)) ?? defaultStep(range);
        const grid = tried(() => gridOf(range, step));
        if (grid !== undefined)
          assert.ok(grid.startNs <= range.fromNs && grid.endNs >= range.toNs && (grid.endNs - grid.startNs) % step === 0n);
      }
      tried(() => limitParam(query, 100));
      tried(() => spansPerSpansetParam(query));
      const duration = tried(() => goDurationParam(query, 'minDuration'));
      if (duration !== undefined) assert.ok(duration >= 0n);
      const id = tried(() => traceIdOf(other));
      if (id !== undefined) assert.match(id, /^[0-9a-f]{32}$/);
    }),
    { seed: 5, numRuns: 3000 },
  );
});

test('tags become a query that can be read, whatever they say', () => {
  fc.assert(
    fc.property(text, (given) => {
      const tags = tried(() => parseTags(given));
      if (tags !== undefined && tags.size > 0 && tags.size < 8) parseTraceql(tagsQuery(tags, [1n, undefined]));
    }),
    { seed: 5, numRuns: 1000 },
  );
});

test('a filter that is not whole is no mistake', () => {
  fc.assert(
    fc.property(text, (given) => {
      filtersOf(given);
      filtersOf(`{ ${given} && span.a = 1 }`);
    }),
    { seed: 5, numRuns: 500 },
  );
});
