// Values where there are many spans: whole granules answer, without their times. Exact answers are tested through the API.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { LargeRanges, readTagValues } from './tag-values.ts';
import { openTestTraces, START_NS } from '../test-traces.ts';
import { parseIdentifier } from '../traceql/parse-identifier.ts';

test('a range that is known to be large is answered by what lies near it, and of the tenant only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tag-values-'));
  const stack = new AsyncDisposableStack();
  const { readContext } = await openTestTraces(directory, stack);
  const range = { fromNs: START_NS, toNs: START_NS + 100_000_000_000n };
  const ask = async (large: LargeRanges, tenant: string): Promise<readonly string[]> => {
    const context = await readContext({ tenants: [tenant], query: new URLSearchParams(), signal: new AbortController().signal });
    const values = await readTagValues(context, { range, field: parseIdentifier('span.a/b.c'), filter: '', limit: 0, large });
    return values.map(({ value }) => value);
  };
  const large = new LargeRanges();
  assert.deepEqual(await ask(large, 'a'), ['v1']);
  large.add('a', range);
  assert.equal(large.holds('a', { ...range, toNs: range.toNs + 1n }), true);
  assert.equal(large.holds('a', { ...range, toNs: range.toNs - 1n }), false);
  assert.deepEqual(await ask(large, 'a'), ['v1', 'v2', 'v3', 'v4', 'v5']);
  large.add('b', range);
  assert.deepEqual(await ask(large, 'b'), []);
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});
