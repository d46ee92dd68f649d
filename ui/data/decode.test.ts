// Answers as servers give them, and what is refused.

import assert from 'node:assert/strict';
import test from 'node:test';
import { curlOf } from './api.ts';
import { decodeCardinality, decodeMatrix, decodeMetadata, decodeTargets, sampleValue } from './decode.ts';

test('values', () => {
  assert.deepEqual(['1.5', '+Inf', '-Inf', 'NaN', '', undefined].map(sampleValue), [1.5, Infinity, -Infinity, NaN, NaN, NaN]);
});

test('a matrix of floats and of histograms', () => {
  const data = {
    resultType: 'matrix',
    result: [
      { metric: { __name__: 'a' }, values: [[1, '2']] },
      { metric: { __name__: 'h' }, histograms: [[1, { count: '7', sum: '3', buckets: [] }]] },
    ],
  };
  assert.deepEqual(decodeMatrix(data), [
    { labels: { __name__: 'a' }, times: [1], values: [2], histogram: false },
    { labels: { __name__: 'h' }, times: [1], values: [7], histogram: true },
  ]);
  assert.throws(() => decodeMatrix({ resultType: 'scalar', result: [1, '2'] }), /a matrix and not a scalar/);
  assert.throws(() => decodeMatrix([]), /data to be an object/);
  assert.throws(() => decodeMatrix({ resultType: 'matrix', result: {} }), /result to be a list/);
});

test('targets, even the ones that were never scraped', () => {
  const targets = decodeTargets({
    activeTargets: [
      { scrapePool: 'p', scrapeUrl: 'http://x/metrics', health: 'odd', labels: { job: 'p' }, lastScrape: '0001-01-01T00:00:00Z' },
    ],
    droppedTargets: [{ discoveredLabels: { __address__: 'y' } }],
    droppedTargetCounts: { p: 5 },
  });
  assert.equal(targets.active[0]?.health, 'unknown');
  assert.equal(targets.active[0]?.lastScrapeMs, 0);
  assert.equal(targets.droppedCount, 5);
  assert.deepEqual(decodeTargets({}).active, []);
});

test('metadata and cardinality with parts missing', () => {
  assert.deepEqual(decodeMetadata({ up: [], x: [{ type: 'gauge', help: 'h' }] }).get('x'), { type: 'gauge', help: 'h', unit: '' });
  assert.equal(decodeCardinality({}).seriesCount, undefined);
});

test('a request to copy', () => {
  const command = curlOf({ path: 'query', params: [['query', "up{a='b'}"]] }, 'team a');
  assert.equal(
    command,
    `curl -sG -H 'X-Scope-OrgID: team a' 'http://127.0.0.1:3000/prom/api/v1/query' --data-urlencode 'query=up{a='\\''b'\\''}'`,
  );
});
