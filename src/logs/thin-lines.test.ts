// Lines that lie an interval apart, over more lines than one answer holds.

import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { LogQuery, LogQueryAnswer, ResultEntry } from './query-result.ts';
import { thinnedLines } from './thin-lines.ts';

const COSTS = { linesProcessed: 1, bytesProcessed: 2, linesMatched: 1, metadataBytesProcessed: 0, streams: 1, execMs: 1, queueMs: 0 };

/** Answers from lines at these times, as a store does. */
function storeOf(times: readonly number[]): (query: LogQuery) => Promise<LogQueryAnswer> {
  return ({ startNs, endNs, limit, direction }) => {
    const within = times.map(BigInt).filter((time) => time >= startNs && time < endNs);
    const ordered = direction === 'forward' ? within : within.toReversed();
    const categories = { stream: [], structuredMetadata: [], parsed: [] };
    const entries = ordered.slice(0, limit).map((tsNs): ResultEntry => ({ tsNs, line: '', labels: [], categories }));
    return Promise.resolve({ value: { kind: 'streams', entries }, costs: COSTS, warnings: [] });
  };
}

async function shown(times: readonly number[], intervalNs: bigint, asked: Partial<LogQuery>): Promise<readonly number[]> {
  const query: LogQuery = { text: '', startNs: 0n, endNs: 1000n, stepNs: undefined, limit: 3, direction: 'forward', ...asked };
  const { value } = await thinnedLines(storeOf(times), query, intervalNs);
  return value.kind === 'streams' ? value.entries.map(({ tsNs }) => Number(tsNs)) : [];
}

test('only lines that lie far enough apart', async () => {
  const times = Array.from({ length: 100 }, (_, i) => i);
  deepEqual(await shown(times, 10n, {}), [0, 10, 20]);
  deepEqual(await shown(times, 10n, { limit: 20 }), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  deepEqual(await shown(times, 10n, { direction: 'backward' }), [99, 89, 79]);
  deepEqual(await shown(times, 30n, { direction: 'backward', limit: 9 }), [99, 69, 39, 9]);
  deepEqual(await shown([1, 2, 5, 9, 10, 30], 5n, { limit: 10 }), [1, 9, 30]);
  deepEqual(await shown([1, 1, 1, 1, 1], 1n, {}), [1]);
  deepEqual(await shown([], 1n, {}), []);
  deepEqual(await shown(times, 10_000n, {}), [0]);
});

test('costs of all rounds are told', async () => {
  const query: LogQuery = { text: '', startNs: 0n, endNs: 9n, stepNs: undefined, limit: 2, direction: 'forward' };
  const { costs } = await thinnedLines(storeOf([0, 1, 2, 3, 4]), query, 3n);
  deepEqual(costs, { ...COSTS, linesProcessed: 2, bytesProcessed: 4, linesMatched: 2, execMs: 2 });
});
