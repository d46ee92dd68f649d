// A tree as PromQL text: on one line, as Prometheus's canonical form, or over several lines for people.
//
// `parseExpr(printExpr(e))` is `e` again but for positions and the order of matchers, which print sorted.

import { compareText } from '../../query/labels.ts';
import { printDuration } from '../../base/duration.ts';
import { printMatcher } from '../../query/matchers.ts';
import { isClassicLabelName, quote } from '../../query/scanner.ts';
import { printFloat } from '../value.ts';
import type { Aggregate, At, Binary, Duration, Expr, MatrixSelector, Modifiers, Subquery, VectorSelector } from './ast.ts';

/** The canonical form, on one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr.value, expr.duration);
    case 'string':
      return quote(expr.value);
    case 'vector':
      return printVector(expr);
    case 'matrix':
      return printMatrix(expr);
    case 'subquery':
      return `${printExpr(expr.inner)}${printSubqueryTail(expr)}`;
    case 'paren':
      return `(${printExpr(expr.inner)})`;
    case 'unary':
      return `${expr.op}${printExpr(expr.inner)}`;
    case 'binary':
      return `${printExpr(expr.left)} ${printOperator(expr)} ${printExpr(expr.right)}`;
    case 'aggregate': {
      const args = expr.param === undefined ? [expr.inner] : [expr.param, expr.inner];
      return `${printAggregateHead(expr)}(${args.map(printExpr).join(', ')})`;
    }
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
  }
}

const LINE_WIDTH_MAX = 100;
const INDENT = '  ';

/** Over several lines, as `promtool format` and `/api/v1/format_query` lay it out; what fits on a line stays on one. */
export function formatExpr(expr: Expr, width = LINE_WIDTH_MAX): string {
  const pretty = (node: Expr, level: number): string => layOut(node, level, width, pretty);
  return pretty(expr, 0);
}

type Pretty = (expr: Expr, level: number) => string;

function layOut(expr: Expr, level: number, width: number, pretty: Pretty): string {
  const pad = INDENT.repeat(level);
  const line = printExpr(expr);
  if (line.length <= width) return `${pad}${line}`;
  const list = (args: readonly Expr[]): string => args.map((arg) => pretty(arg, level + 1)).join(',\n');
  switch (expr.kind) {
    case 'paren':
      return `${pad}(\n${pretty(expr.inner, level + 1)}\n${pad})`;
    case 'unary':
      // The operand follows its sign at once.
      return `${pad}${expr.op}${pretty(expr.inner, level).trimStart()}`;
    case 'binary':
      return `${pretty(expr.left, level + 1)}\n${pad}${printOperator(expr)}\n${pretty(expr.right, level + 1)}`;
    case 'aggregate': {
      const args = expr.param === undefined ? [expr.inner] : [expr.param, expr.inner];
      return `${pad}${printAggregateHead(expr)}(\n${list(args)}\n${pad})`;
    }
    case 'call':
      return expr.args.length === 0 ? `${pad}${line}` : `${pad}${expr.name}(\n${list(expr.args)}\n${pad})`;
    case 'subquery':
      return `${pretty(expr.inner, level)}${printSubqueryTail(expr)}`;
    default:
      return `${pad}${line}`;
  }
}

function printNumber(value: number, duration: boolean): string {
  if (!duration) return printFloat(value);
  return printDuration(Math.round(value * 1000));
}

function printVector(selector: VectorSelector): string {
  return `${printBareVector(selector)}${printModifiers(selector)}`;
}

function printBareVector(selector: VectorSelector): string {
  // The name in front of the braces stands in the matchers too, as their last.
  const shown = selector.name === '' ? selector.matchers : selector.matchers.slice(0, -1);
  const inner = shown.map(printMatcher).sort(compareText).join(',');
  return inner === '' ? selector.name : `${selector.name}{${inner}}`;
}

function printMatrix(expr: MatrixSelector): string {
  return `${printBareVector(expr.selector)}[${printDurationExpr(expr.range)}]${printModifiers(expr)}`;
}

function printSubqueryTail(expr: Subquery): string {
  const step = expr.step === undefined ? '' : printDurationExpr(expr.step);
  return `[${printDurationExpr(expr.range)}:${step}]${printModifiers(expr)}`;
}

function printModifiers(node: Modifiers & { readonly extension?: 'anchored' | 'smoothed' }): string {
  const extension = node.extension === undefined ? '' : ` ${node.extension}`;
  const at = node.at === undefined ? '' : ` @ ${printAt(node.at)}`;
  const offset = node.offset === undefined ? '' : ` offset ${printDurationExpr(node.offset)}`;
  return `${extension}${at}${offset}`;
}

function printAt(at: At): string {
  return at.kind === 'time' ? (at.ms / 1000).toFixed(3) : `${at.kind}()`;
}

/** A length of time, operators between spaces; a number within keeps its form, for `2 * 5m` is no product of two durations. */
export function printDurationExpr(duration: Duration): string {
  switch (duration.kind) {
    case 'number':
      return printNumber(duration.value, duration.unit === 'duration');
    case 'step':
    case 'range':
      return `${duration.kind}()`;
    case 'paren':
      return `(${printDurationExpr(duration.inner)})`;
    case 'unary':
      return `${duration.op}${printDurationExpr(duration.inner)}`;
    case 'binary':
      return `${printDurationExpr(duration.left)} ${duration.op} ${printDurationExpr(duration.right)}`;
    case 'call':
      return `${duration.name}(${duration.args.map(printDurationExpr).join(', ')})`;
  }
}

function printLabelName(name: string): string {
  return isClassicLabelName(name) ? name : quote(name);
}

function printAggregateHead(expr: Aggregate): string {
  const labels = expr.grouping.map(printLabelName).join(', ');
  if (expr.without) return `${expr.op} without (${labels}) `;
  return labels === '' ? expr.op : `${expr.op} by (${labels}) `;
}

function printOperator(expr: Binary): string {
  return `${expr.op}${expr.returnBool ? ' bool' : ''}${printMatching(expr)}`;
}

function printMatching({ matching }: Binary): string {
  if (matching === undefined) return '';
  const labels = `(${matching.labels.map(printLabelName).join(', ')})`;
  const side = matching.cardinality === 'many-to-one' ? 'group_left' : matching.cardinality === 'one-to-many' ? 'group_right' : undefined;
  const group = side === undefined ? '' : ` ${side} (${matching.include.map(printLabelName).join(', ')})`;
  const pairs = matching.on ? ` on ${labels}` : matching.labels.length > 0 || group !== '' ? ` ignoring ${labels}` : '';
  return `${pairs}${group}${printFill(matching.fillLeft, matching.fillRight)}`;
}

function printFill(left: number | undefined, right: number | undefined): string {
  if (left === undefined && right === undefined) return '';
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return ` fill (${printFloat(left ?? Number.NaN)})`;
  const first = left === undefined ? '' : ` fill_left (${printFloat(left)})`;
  const second = right === undefined ? '' : ` fill_right (${printFloat(right)})`;
  return `${first}${second}`;
}
