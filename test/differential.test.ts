// A small run of the differential test: PromQL beside the machine's Prometheus, and instant queries beside range queries.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differential, peerInstalled } from './differential/run.ts';

test('generated queries', async (t) => {
  const lines: string[] = [];
  const run = await differential({ queries: 100, seed: 11, print: (line) => lines.push(line) });
  assert.equal(run.unequalSteps, 0, lines.join('\n'));
  assert.ok(run.steps > 20);

  await t.test('answer as Prometheus does', { skip: peerInstalled() ? false : 'no `prometheus` on this machine' }, () => {
    assert.equal(run.differing, 0, lines.join('\n'));
    assert.ok(run.compared > 80);
  });
});
