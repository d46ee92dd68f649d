// LogQL as a tree: what the parser makes, the printer prints, the plan divides and the evaluation runs. Source: Grafana Loki's language reference.
//
// Every node says where it stands in the text, in UTF-16 units, so that errors and editors can point at it.

import type { Matcher } from '../../query/matchers.ts';

export interface Place {
  readonly from: number;
  readonly to: number;
}

/** A whole query: lines, or numbers over time. */
export type Expr = LogExpr | MetricExpr;

/** `{app="x"} |= "error" | json`: the streams, and what happens to each of their lines. */
export interface LogExpr extends Place {
  readonly kind: 'log';
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export type Stage =
  | LineFilter
  | JsonStage
  | LogfmtStage
  | RegexpStage
  | PatternStage
  | UnpackStage
  | LabelFilterStage
  | LineFormatStage
  | LabelFormatStage
  | DecolorizeStage
  | DropStage
  | KeepStage
  | DistinctStage;

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** One filter with its alternatives: `|= "a" or "b"`. A negated one has a single one: `!= "a" or "b"` parses as `!= "a" != "b"`. */
export interface LineFilter extends Place {
  readonly kind: 'line_filter';
  readonly op: LineFilterOp;
  readonly alternatives: readonly LineFilterValue[];
}

/** `ip` is `ip("10.0.0.0/8")`: an address, a range or a network. */
export interface LineFilterValue extends Place {
  readonly kind: 'text' | 'ip';
  readonly value: string;
}

/** `label="expression"` of a json or logfmt stage; a bare `label` stands for itself. */
export interface Extraction extends Place {
  readonly label: string;
  readonly expression: string;
}

export interface JsonStage extends Place {
  readonly kind: 'json';
  /** Empty: every field. */
  readonly extractions: readonly Extraction[];
}

export interface LogfmtStage extends Place {
  readonly kind: 'logfmt';
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly extractions: readonly Extraction[];
}

export interface RegexpStage extends Place {
  readonly kind: 'regexp';
  readonly pattern: string;
}

export interface PatternStage extends Place {
  readonly kind: 'pattern';
  readonly pattern: string;
}

export interface UnpackStage extends Place {
  readonly kind: 'unpack';
}

export interface LabelFilterStage extends Place {
  readonly kind: 'label_filter';
  readonly filter: LabelFilter;
}

export type CompareOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelFilter =
  | ({ readonly kind: 'matcher' } & Matcher & Place)
  | ({ readonly kind: 'number'; readonly name: string; readonly op: CompareOp; readonly value: number } & Place)
  /** `value` in nanoseconds. */
  | ({ readonly kind: 'duration'; readonly name: string; readonly op: CompareOp; readonly value: number } & Place)
  /** `value` in bytes. */
  | ({ readonly kind: 'bytes'; readonly name: string; readonly op: CompareOp; readonly value: number } & Place)
  | ({ readonly kind: 'ip'; readonly name: string; readonly op: '=' | '!='; readonly value: string } & Place)
  /** Also what is written `a, b` or `a b`. */
  | ({ readonly kind: 'and'; readonly left: LabelFilter; readonly right: LabelFilter } & Place)
  | ({ readonly kind: 'or'; readonly left: LabelFilter; readonly right: LabelFilter } & Place);

export interface LineFormatStage extends Place {
  readonly kind: 'line_format';
  readonly template: string;
}

export type LabelFormat =
  | ({ readonly kind: 'rename'; readonly label: string; readonly source: string } & Place)
  | ({ readonly kind: 'template'; readonly label: string; readonly template: string } & Place);

export interface LabelFormatStage extends Place {
  readonly kind: 'label_format';
  readonly formats: readonly LabelFormat[];
}

export interface DecolorizeStage extends Place {
  readonly kind: 'decolorize';
}

/** A label by name, or only where its value matches. */
export type LabelChoice = ({ readonly kind: 'name'; readonly name: string } & Place) | ({ readonly kind: 'matcher' } & Matcher & Place);

export interface DropStage extends Place {
  readonly kind: 'drop';
  readonly choices: readonly LabelChoice[];
}

export interface KeepStage extends Place {
  readonly kind: 'keep';
  readonly choices: readonly LabelChoice[];
}

export interface DistinctStage extends Place {
  readonly kind: 'distinct';
  readonly labels: readonly string[];
}

export type MetricExpr = RangeAggregation | VectorAggregation | Binary | NumberLiteral | VectorCall | LabelReplace | Variants;

export type RangeOp =
  | 'rate'
  | 'rate_counter'
  | 'count_over_time'
  | 'bytes_rate'
  | 'bytes_over_time'
  | 'absent_over_time'
  | 'sum_over_time'
  | 'avg_over_time'
  | 'max_over_time'
  | 'min_over_time'
  | 'first_over_time'
  | 'last_over_time'
  | 'stddev_over_time'
  | 'stdvar_over_time'
  | 'quantile_over_time';

export type UnwrapConversion = '' | 'duration' | 'duration_seconds' | 'bytes';

export interface Unwrap extends Place {
  readonly label: string;
  readonly conversion: UnwrapConversion;
  /** Label filters that stand after it, such as `| __error__=""`. */
  readonly filters: readonly LabelFilter[];
}

/** `{app="x"} | json | unwrap size [5m] offset 1h`. */
export interface LogRange extends Place {
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  /** Nanoseconds; exact for whole multiples of what they were written in. */
  readonly intervalNs: number;
  /** Nanoseconds, negative for the future; 0 for none. */
  readonly offsetNs: number;
}

export interface Grouping extends Place {
  readonly kind: 'by' | 'without';
  readonly labels: readonly string[];
}

export interface RangeAggregation extends Place {
  readonly kind: 'range_aggregation';
  readonly op: RangeOp;
  /** The quantile of `quantile_over_time`. */
  readonly parameter: number | undefined;
  readonly range: LogRange;
  readonly grouping: Grouping | undefined;
}

export type VectorOp =
  | 'sum'
  | 'avg'
  | 'max'
  | 'min'
  | 'count'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'approx_topk'
  | 'sort'
  | 'sort_desc';

export interface VectorAggregation extends Place {
  readonly kind: 'vector_aggregation';
  readonly op: VectorOp;
  /** The k of `topk` and its like. */
  readonly parameter: number | undefined;
  readonly expr: MetricExpr;
  readonly grouping: Grouping | undefined;
}

export type BinaryOp = 'or' | 'and' | 'unless' | '+' | '-' | '*' | '/' | '%' | '^' | CompareOp;

export interface Matching {
  readonly kind: 'on' | 'ignoring';
  readonly labels: readonly string[];
  readonly group: { readonly side: 'left' | 'right'; readonly include: readonly string[] } | undefined;
}

export interface Binary extends Place {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly returnBool: boolean;
  readonly matching: Matching | undefined;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
}

export interface NumberLiteral extends Place {
  readonly kind: 'number';
  readonly value: number;
}

export interface VectorCall extends Place {
  readonly kind: 'vector';
  readonly value: number;
}

export interface LabelReplace extends Place {
  readonly kind: 'label_replace';
  readonly expr: MetricExpr;
  readonly destination: string;
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
}

/** `variants(count_over_time(…), …) of ({app="x"} [1m])`: several aggregations over one reading of the lines. */
export interface Variants extends Place {
  readonly kind: 'variants';
  readonly variants: readonly MetricExpr[];
  readonly of: LogRange;
}

export function isMetric(expr: Expr): expr is MetricExpr {
  return expr.kind !== 'log';
}
