// The smallest query on which two programs still differ, found by taking parts of a differing one away.

import { children } from '../../src/metrics/promql/ast.ts';
import { typeOf } from '../../src/metrics/promql/check.ts';
import { parseExpr } from '../../src/metrics/promql/parse.ts';
import type { AskedQuery } from './generate.ts';
import { nodesOf } from './known-differences.ts';

const TRIALS_MAX = 300;

/** Tries smaller queries while one differs; `differs` asks both programs. */
export async function shrink(query: AskedQuery, differs: (query: AskedQuery) => Promise<boolean>): Promise<AskedQuery> {
  let smallest = query;
  let trials = 0;
  for (let found = true; found && trials < TRIALS_MAX;) {
    found = false;
    for (const candidate of smallerQueries(smallest)) {
      if (++trials > TRIALS_MAX) break;
      if (!(await differs(candidate))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

function* smallerQueries(query: AskedQuery): Generator<AskedQuery> {
  if (query.kind === 'range') {
    // One step shows more than many; the same step of the same range is tried where an instant query agrees.
    const steps = Math.floor((query.end - query.start) / query.step);
    for (let i = 0; i <= steps; i++) yield { kind: 'instant', text: query.text, time: query.start + i * query.step };
  }
  for (const text of smallerTexts(query.text)) yield { ...query, text };
}

/** Sub-expressions first, then the whole with one node replaced by a part of its own type. */
function* smallerTexts(text: string): Generator<string> {
  const root = parseExpr(text);
  const nodes = [...nodesOf(root)];
  for (const node of nodes.slice(1)) yield text.slice(node.from, node.to);
  for (const node of nodes) {
    for (const child of children(node)) {
      if (typeOf(child) !== typeOf(node)) continue;
      yield `${text.slice(0, node.from)}(${text.slice(child.from, child.to)})${text.slice(node.to)}`;
    }
    if (node.kind !== 'vector') continue;
    if (node.name !== '' && text.slice(node.from, node.to) !== node.name) {
      yield `${text.slice(0, node.from)}${node.name}${text.slice(node.to)}`;
    }
  }
}
