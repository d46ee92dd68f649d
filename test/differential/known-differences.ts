// What Prometheus 2.42, the peer at hand, does differently from 3.14, whose language is ours: a list of data, each with its reason.
//
// A rule writes a node of the query so that the peer does what 3.14 does, leaves a query out before it is asked, or lets two answers differ.

import { children, isComparison } from '../../src/metrics/promql/ast.ts';
import type { Expr } from '../../src/metrics/promql/ast.ts';
import { typeOf } from '../../src/metrics/promql/check.ts';
import type { ApiAnswer } from '../harness/client.ts';
import { differenceOf, hasResult } from './compare.ts';
import { DISTINCT_FUNCTIONS, DISTINCT_METRICS } from './generate.ts';

interface KnownDifference {
  readonly reason: string;
  /** The text of a node as the peer needs it; nothing where it is the same. `text` has its parts rewritten already. */
  readonly rewrite?: (node: Expr, text: string) => string | undefined;
  /** True for a node that the two versions need not agree on. */
  readonly excludes?: (node: Expr) => boolean;
  /** True for a node and two answers that differ because of it only. */
  readonly allows?: (node: Expr, answers: Answers) => boolean;
}

export interface Answers {
  /** The whole query. */
  readonly root: Expr;
  readonly ours: ApiAnswer;
  readonly theirs: ApiAnswer;
}

const COMPENSATED = ['stddev_over_time', 'stdvar_over_time', 'deriv', 'predict_linear'];

const DENSE_COUNTERS = /_(total|count|sum|bucket)$/;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: 'double_exponential_smoothing was called holt_winters',
    rewrite: (node, text) => (isCall(node, 'double_exponential_smoothing') ? text.replace(/^\w+/, 'holt_winters') : undefined),
  },
  {
    reason: 'atan2 kept the name of the metric',
    rewrite: (node, text) =>
      node.kind === 'binary' && node.op === 'atan2' && typeOf(node) === 'vector'
        ? `label_replace(${text}, "__name__", "", "", "")`
        : undefined,
  },
  {
    reason: 'a dot in a regular expression did not match a newline',
    rewrite: (node, text) => {
      if (node.kind === 'vector') return text.replaceAll(/(=~|!~)"((?:[^"\\]|\\.)*)"/g, '$1"(?s:$2)"');
      return isCall(node, 'label_replace') ? text.replace(/"((?:[^"\\]|\\.)*)"\)$/, '"(?s:$1)")') : undefined;
    },
  },
  {
    reason: 'the deviation of one NaN or infinity was 0, not NaN',
    rewrite: (node, text) => {
      if (node.kind !== 'aggregate' || (node.op !== 'stddev' && node.op !== 'stdvar')) return undefined;
      return `(${text} + 0 * ${text.replace(/^\w+/, 'max')})`;
    },
  },
  {
    reason: 'a compensated sum that overflowed became NaN',
    allows: (node, { theirs }) =>
      node.kind === 'call' && COMPENSATED.includes(node.name) && JSON.stringify(theirs.data ?? '').includes('"NaN"'),
  },
  {
    reason: 'rate and increase looked for the zero of a counter further away than they extrapolate (pull request 13725)',
    allows: (node, { ours, theirs }) => isSparseRate(node) && ours.status === theirs.status,
  },
  {
    reason: 'count_values by three labels lost one of them at later steps',
    // One more label that no series has keeps the peer from overwriting its own list.
    rewrite: (node, text) =>
      node.kind === 'aggregate' && node.op === 'count_values' && node.grouping.length === 3
        ? text.replace(/^(count_values (?:by|without) \([^)]*)\)/, '$1, nowhere)')
        : undefined,
  },
  {
    reason: 'a window pinned by @ emptied at later steps where the function itself is not pinned (issue 18610 and before)',
    allows: (node, { ours, theirs }) =>
      (isCall(node, 'predict_linear') || isCall(node, 'quantile_over_time')) &&
      children(node).some((child) => (child.kind === 'matrix' || child.kind === 'subquery') && child.at !== undefined) &&
      ours.status === theirs.status,
  },
  {
    reason: 'a subquery between two of its own steps shows what does not depend on the time, stamped with a time to come',
    allows: (node, { root, ours, theirs }) => node === root && node.kind === 'subquery' && !hasResult(ours) && hasResult(theirs),
  },
  {
    reason: 'series that become alike at different times were refused, not joined (pull requests 17678 and 18631)',
    allows: (node, { root, ours, theirs }) =>
      (node.kind === 'subquery' || (node === root && JSON.stringify(ours.data ?? '').includes('"matrix"'))) &&
      ours.status === 'success' &&
      theirs.error === 'vector cannot contain metrics with the same labelset',
  },
  {
    reason: 'the deviation of great numbers close to one another keeps few digits',
    allows: (node, { ours, theirs }) =>
      node.kind === 'aggregate' &&
      (node.op === 'stddev' || node.op === 'stdvar') &&
      differenceOf(ours, theirs, { error: 1e-4 }) === undefined,
  },
  {
    reason: 'sinh and cosh of Go overflow where half of e^x would not',
    allows: (node, { theirs }) => (isCall(node, 'sinh') || isCall(node, 'cosh')) && JSON.stringify(theirs.data ?? '').includes('Inf"'),
  },
  {
    reason: 'means were rounded otherwise, and the last digit decides what follows',
    allows: (node, { ours, theirs }) => isDecision(node) && [...nodesOf(node)].some(isMean) && ours.status === theirs.status,
  },
  {
    reason: 'a rounding error is magnified by the sine of a great number',
    allows: (node, { ours, theirs }) =>
      (isCall(node, 'sin') || isCall(node, 'cos') || isCall(node, 'tan')) &&
      [...nodesOf(node)].some(isGreat) &&
      ours.status === theirs.status,
  },
  {
    reason: 'which of equal values topk and bottomk take depends on the order of storage',
    excludes: (node) => node.kind === 'aggregate' && (node.op === 'topk' || node.op === 'bottomk') && !isDistinct(node.inner),
  },
  {
    reason: 'a comparison counted only those pairs towards "many" that it kept (pull request 17668)',
    allows: (node, { ours }) =>
      node.kind === 'binary' &&
      isComparison(node.op) &&
      node.matching?.cardinality === 'one-to-one' &&
      (ours.error ?? '').startsWith('multiple matches for labels: many-to-one'),
  },
];

const DECIDING_CALLS = ['floor', 'ceil', 'round', 'sgn'];

function isDecision(node: Expr): boolean {
  if (node.kind === 'binary') return isComparison(node.op) || node.op === '%';
  return node.kind === 'aggregate' ? node.op === 'count_values' : node.kind === 'call' && DECIDING_CALLS.includes(node.name);
}

function isMean(node: Expr): boolean {
  if (node.kind === 'aggregate') return node.op === 'avg' || node.op === 'stddev' || node.op === 'stdvar';
  return isCall(node, 'avg_over_time') || isCall(node, 'stddev_over_time') || isCall(node, 'stdvar_over_time');
}

function isGreat(node: Expr): boolean {
  return (node.kind === 'binary' && node.op === '^') || isCall(node, 'exp') || isCall(node, 'sinh') || isCall(node, 'cosh');
}

/** A rate of what has gaps, over which the zero of the counter may lie. */
function isSparseRate(node: Expr): boolean {
  const [argument] = isCall(node, 'rate') || isCall(node, 'increase') ? (node.kind === 'call' ? node.args : []) : [];
  return argument !== undefined && !(argument.kind === 'matrix' && DENSE_COUNTERS.test(argument.selector.name));
}

function isCall(node: Expr, name: string): boolean {
  return node.kind === 'call' && node.name === name;
}

function isDistinct(expr: Expr): boolean {
  if (expr.kind === 'vector') return DISTINCT_METRICS.includes(expr.name);
  const [argument] = expr.kind === 'call' && DISTINCT_FUNCTIONS.includes(expr.name) ? expr.args : [];
  return argument?.kind === 'matrix' && DISTINCT_METRICS.includes(argument.selector.name);
}

/** A part of `query` as the peer needs it. */
export function forPeer(query: string, expr: Expr): string {
  let text = '';
  let done = expr.from;
  for (const child of [...children(expr)].sort((a, b) => a.from - b.from)) {
    text += query.slice(done, child.from) + forPeer(query, child);
    done = child.to;
  }
  text += query.slice(done, expr.to);
  return KNOWN_DIFFERENCES.reduce((words, { rewrite }) => rewrite?.(expr, words) ?? words, text);
}

/** Why a query is not asked; nothing where it is. */
export function exclusionOf(expr: Expr): string | undefined {
  const nodes = [...nodesOf(expr)];
  return KNOWN_DIFFERENCES.find(({ excludes }) => excludes !== undefined && nodes.some(excludes))?.reason;
}

/** Why two answers may differ; nothing where they may not. */
export function allowanceOf(answers: Answers): string | undefined {
  const nodes = [...nodesOf(answers.root)];
  return KNOWN_DIFFERENCES.find(({ allows }) => allows !== undefined && nodes.some((node) => allows(node, answers)))?.reason;
}

/** A node and all below it. */
export function* nodesOf(expr: Expr): Generator<Expr> {
  yield expr;
  for (const child of children(expr)) yield* nodesOf(child);
}
