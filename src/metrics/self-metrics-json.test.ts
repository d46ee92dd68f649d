// Own metrics in the JSON form of protobuf.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SelfMetrics } from '../base/self-metrics.ts';
import { selfMetricsJson } from './self-metrics-json.ts';

test('families by name, series by their labels, cumulative buckets', () => {
  const metrics = new SelfMetrics();
  const seen = metrics.counter('seen_total', 'Boats seen.', ['harbour', 'kind']);
  seen.add(2, 'south', 'a');
  seen.add(1, 'north', 'b');
  const waits = metrics.histogram('wait_seconds', 'Waits.', [], [1, 2]);
  for (const value of [0.5, 1.5, 1.5, 9]) waits.observe(value);
  metrics.gauge('depth', 'Depth.').set(Number.NaN);
  metrics.gauge('unused', 'Has no series.', ['x']);
  assert.deepEqual(selfMetricsJson(metrics.families()), [
    { name: 'depth', help: 'Depth.', type: 'GAUGE', metric: [{ gauge: { value: 'NaN' } }] },
    {
      name: 'seen_total',
      help: 'Boats seen.',
      type: 'COUNTER',
      metric: [
        {
          label: [
            { name: 'harbour', value: 'north' },
            { name: 'kind', value: 'b' },
          ],
          counter: { value: 1 },
        },
        {
          label: [
            { name: 'harbour', value: 'south' },
            { name: 'kind', value: 'a' },
          ],
          counter: { value: 2 },
        },
      ],
    },
    {
      name: 'sightline_self_metrics_dropped_total',
      help: 'Label sets of own metrics beyond the bound of a family.',
      type: 'COUNTER',
      metric: [{ counter: { value: 0 } }],
    },
    {
      name: 'wait_seconds',
      help: 'Waits.',
      type: 'HISTOGRAM',
      metric: [
        {
          histogram: {
            sampleCount: '4',
            sampleSum: 12.5,
            bucket: [
              { cumulativeCount: '1', upperBound: 1 },
              { cumulativeCount: '3', upperBound: 2 },
            ],
          },
        },
      ],
    },
  ]);
});
