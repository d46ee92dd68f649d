// A tree as LogQL over several lines, as Loki's `format_query` lays it out; what fits on a line stays on one.

import { printDuration } from '../../base/duration.ts';
import { quote } from '../../query/scanner.ts';
import type {
  Binary,
  Expr,
  LabelReplace,
  LineFilter,
  LogExpr,
  LogRange,
  MetricExpr,
  RangeAggregation,
  Stage,
  Variants,
  VectorAggregation,
} from './ast.ts';
import { OPERATORS, leastPower } from './operators.ts';
import { printDecimal, printGrouping, printInterval, printLogql, printOperator, printSelector, printStage, unwrapParts } from './print.ts';

const LINE_WIDTH_MAX = 100;
const INDENT = '  ';
const NS_PER_MS = 1_000_000;

/** The layout for people. `width` is the longest text in characters that stays on one line. */
export function formatLogql(expr: Expr, width = LINE_WIDTH_MAX): string {
  return new Layout(width).expr(expr, 0);
}

class Layout {
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  expr(expr: Expr, level: number): string {
    if (expr.kind === 'log') return this.#log(expr, level);
    const line = printLogql(expr);
    return this.#fits(line) ? `${pad(level)}${line}` : this.#broken(expr, level);
  }

  #broken(expr: MetricExpr, level: number): string {
    switch (expr.kind) {
      case 'range_aggregation':
        return this.#rangeAggregation(expr, level);
      case 'vector_aggregation':
        return this.#vectorAggregation(expr, level);
      case 'binary':
        return this.#binary(expr, level);
      case 'label_replace':
        return this.#labelReplace(expr, level);
      case 'variants':
        return this.#variants(expr, level);
      case 'number':
      case 'vector':
        return `${pad(level)}${printLogql(expr)}`;
    }
  }

  #binary(expr: Binary, level: number): string {
    const operator = `${pad(level)}${printOperator(expr, ', ')}`;
    return [this.#leg(expr, 'left', level + 1), operator, this.#leg(expr, 'right', level + 1)].join('\n');
  }

  /** A side of an operator; one that is laid out over several lines loses the parentheses that it does not need. */
  #leg(parent: Binary, side: 'left' | 'right', level: number): string {
    const leg = parent[side];
    const power = leg.kind === 'binary' && !this.#fits(printLogql(leg)) ? OPERATORS.get(leg.op)?.power : undefined;
    if (power === undefined || power >= leastPower(parent.op, side)) return this.expr(leg, level);
    return `${pad(level)}(\n${this.expr(leg, level + 1)}\n${pad(level)})`;
  }

  #fits(line: string): boolean {
    return line.length <= this.#width;
  }

  #log(expr: LogExpr, level: number): string {
    const line = printLogql(expr);
    if (expr.stages.length === 0 || this.#fits(line)) return `${pad(level)}${line}`;
    const stages = chains(expr.stages).flatMap((chain) => this.#chain(chain));
    return [`${pad(level)}${printSelector(expr.matchers)}`, ...stages.map((stage) => `${pad(level + 1)}${stage}`)].join('\n');
  }

  /** Line filters in a row stand on one line as far as they fit, the rest each on its own. */
  #chain(chain: readonly Stage[]): readonly string[] {
    const [first = '', ...rest] = chain.map(printStage);
    let line = first;
    let taken = 0;
    for (const next of rest) {
      if (!this.#fits(`${line} ${next}`)) break;
      line += ` ${next}`;
      taken++;
    }
    return [line, ...rest.slice(taken)];
  }

  #range(range: LogRange, level: number): string {
    const unwrap = range.unwrap === undefined ? [] : unwrapParts(range.unwrap).map((part) => `\n${pad(level + 1)}${part}`);
    const offset = range.offsetNs === 0 ? '' : ` offset ${printDuration(range.offsetNs / NS_PER_MS)}`;
    return `${this.#log(range.log, level)}${unwrap.join('')} [${printInterval(range)}]${offset}`;
  }

  #rangeAggregation({ op, parameter, range, grouping }: RangeAggregation, level: number): string {
    const first = parameter === undefined ? [] : [`${pad(level + 1)}${printDecimal(parameter)}`];
    const call = this.#call(op, [...first, this.#range(range, level + 1)], level);
    return `${call}${grouping === undefined ? '' : printGrouping(grouping, ', ')}`;
  }

  #vectorAggregation({ op, parameter, expr, grouping }: VectorAggregation, level: number): string {
    const first = parameter === undefined ? [] : [`${pad(level + 1)}${printDecimal(parameter)}`];
    const head = `${op}${grouping === undefined ? '' : printGrouping(grouping, ', ')}`;
    return this.#call(head, [...first, this.expr(expr, level + 1)], level);
  }

  #labelReplace(expr: LabelReplace, level: number): string {
    const texts = [expr.destination, expr.replacement, expr.source, expr.pattern].map((text) => `${pad(level + 1)}${quote(text)}`);
    return this.#call('label_replace', [this.expr(expr.expr, level + 1), ...texts], level);
  }

  #variants({ variants, of }: Variants, level: number): string {
    const call = this.#call(
      'variants',
      variants.map((variant) => this.expr(variant, level + 1)),
      level,
    );
    return `${call} of (\n${this.#range(of, level + 1)}\n${pad(level)})`;
  }

  /** Arguments that bring their own indentation, each on its line. */
  #call(head: string, args: readonly string[], level: number): string {
    return `${pad(level)}${head}(\n${args.join(',\n')}\n${pad(level)})`;
  }
}

function pad(level: number): string {
  return INDENT.repeat(level);
}

/** Line filters in a row together, every other stage by itself. */
function chains(stages: readonly Stage[]): readonly (readonly Stage[])[] {
  const out: Stage[][] = [];
  for (const stage of stages) {
    const last = out.at(-1);
    if (stage.kind === 'line_filter' && isLineFilter(last?.at(-1))) last?.push(stage);
    else out.push([stage]);
  }
  return out;
}

function isLineFilter(stage: Stage | undefined): stage is LineFilter {
  return stage?.kind === 'line_filter';
}
