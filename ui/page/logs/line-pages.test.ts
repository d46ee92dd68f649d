// Pages of lines meet without a gap and without a line shown twice, whichever way they go.

import assert from 'node:assert/strict';
import test from 'node:test';
import { inOrder } from '../../data/log-lines.ts';
import type { Direction, LogEntry } from '../../data/log-lines.ts';
import { pageOf, spanFrom } from './line-pages.ts';
import type { Cursor } from './line-pages.ts';

const BASE = 1_700_000_000_000_000_000n;

function entryAt(offset: number, line: string): LogEntry {
  return { ns: String(BASE + BigInt(offset)), line, stream: { app: line.slice(0, 1) }, metadata: {}, parsed: {} };
}

/** All pages of some lines, as the server would give them; ends after a bound. */
function paged(all: readonly LogEntry[], limit: number, direction: Direction): readonly string[] {
  const whole = { startNs: String(BASE), endNs: String(BASE + 1000n) };
  const seen: string[] = [];
  let cursor: Cursor | undefined;
  for (let pages = 0; pages < 100; pages++) {
    const { startNs, endNs } = spanFrom(whole, direction, cursor);
    const within = all.filter(({ ns }) => BigInt(ns) >= BigInt(startNs) && BigInt(ns) < BigInt(endNs));
    const page = pageOf(inOrder(within, direction).slice(0, limit), limit, direction, cursor);
    seen.push(...page.entries.map(({ line }) => line));
    cursor = page.next;
    if (cursor === undefined) return seen;
  }
  return assert.fail('the pages do not end');
}

test('every line comes once', () => {
  const all = Array.from({ length: 50 }, (_, i) => entryAt(Math.floor(i / 3), `${i % 2 === 0 ? 'a' : 'b'}${i}`));
  for (const limit of [4, 5, 7, 49, 50, 51]) {
    assert.deepEqual(
      paged(all, limit, 'forward'),
      all.map(({ line }) => line),
      `forward ${limit}`,
    );
    assert.deepEqual([...paged(all, limit, 'backward')].sort(), all.map(({ line }) => line).sort(), `backward ${limit}`);
  }
  assert.deepEqual(paged([], 5, 'backward'), []);
});

test('more lines of one nanosecond than a page holds do not stop the way', () => {
  const all = [entryAt(0, 'first'), ...Array.from({ length: 9 }, (_, i) => entryAt(1, `x${i}`)), entryAt(2, 'last')];
  assert.equal(paged(all, 3, 'forward').at(-1), 'last');
  assert.equal(paged(all, 3, 'backward').at(-1), 'first');
});
