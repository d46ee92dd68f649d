// Why a query may come to nothing, read off its tree and the metrics that exist: what to look at first.

import type { Expr } from '../../../src/metrics/promql/ast.ts';
import { children, isComparison } from '../../../src/metrics/promql/ast.ts';
import type { View } from './metrics-state.ts';
import { FUNCTIONS } from '../../../src/metrics/promql/functions.ts';
import { selectorsOf } from '../../data/query-text.ts';

/** Names that are asked for and do not exist, at most so many. */
const NAMED_MAX = 3;

function nodesOf(expr: Expr): readonly Expr[] {
  return [expr, ...children(expr).flatMap(nodesOf)];
}

/** Sentences, the likeliest reason first; never none. */
export function whyEmpty(expr: Expr, names: ReadonlySet<string>, view: View): readonly string[] {
  const asked = selectorsOf(expr).map(({ matchers }) => matchers.find((m) => m.name === '__name__' && m.op === '=')?.value);
  const missing = [...new Set(asked)].filter((name): name is string => name !== undefined && !names.has(name)).slice(0, NAMED_MAX);
  if (missing.length > 0) return missing.map((name) => `No metric in this time range is called ${name}.`);
  const nodes = nodesOf(expr);
  const reasons: string[] = [];
  const filtered = selectorsOf(expr).some(({ matchers }) => matchers.some((m) => m.name !== '__name__'));
  if (filtered) reasons.push('The metric exists, but no series has all of these labels: take a filter away.');
  if (nodes.some((n) => n.kind === 'binary' && isComparison(n.op) && !n.returnBool)) {
    reasons.push('A comparison keeps only what fulfils it: without it you see all values.');
  }
  const paired = nodes.some((n) => n.kind === 'binary' && typeOfOperand(n.left) === 'vector' && typeOfOperand(n.right) === 'vector');
  if (paired) reasons.push('The two sides of an operator may have no labels in common: say which ones pair them with on (…).');
  if (nodes.some((n) => n.kind === 'matrix')) {
    reasons.push('A window in brackets may be too short: a rate needs two samples within it.');
  }
  if (view === 'table')
    reasons.push('A table shows values that are at most five minutes old at the end of the time range: the chart shows older ones.');
  else if (reasons.length === 0) reasons.push('Nothing was received between these times: widen the range.');
  return reasons;
}

/** `scalar` for what has no labels to pair. */
function typeOfOperand(expr: Expr): 'scalar' | 'vector' {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return 'scalar';
    case 'paren':
    case 'unary':
      return typeOfOperand(expr.inner);
    case 'binary':
      return typeOfOperand(expr.left) === 'scalar' && typeOfOperand(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'call':
      return FUNCTIONS.get(expr.name)?.returns === 'scalar' ? 'scalar' : 'vector';
    default:
      return 'vector';
  }
}
