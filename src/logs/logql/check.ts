// What parses but makes no sense, and is refused with Loki's words: selectors that take everything, aggregations without what they need, expressions and
// patterns that are none.

import { RE2JS } from 're2js';

import { RequestError } from '../../base/request-error.ts';
import { type Matcher, matchesEmpty } from '../../query/matchers.ts';
import { isClassicLabelName } from '../../query/scanner.ts';
import {
  type BinaryOp,
  type Expr,
  type Grouping,
  type LabelFormat,
  type MetricExpr,
  type Place,
  type RangeAggregation,
  type VectorOp,
  isMetric,
} from './ast.ts';
import type { TokenStream } from './token-stream.ts';

const NEEDS_UNWRAP = ['rate_counter', 'sum_over_time', 'avg_over_time', 'max_over_time', 'min_over_time', 'first_over_time', 'last_over_time', 'stddev_over_time', 'stdvar_over_time', 'quantile_over_time']; // prettier-ignore
const MAY_UNWRAP = [...NEEDS_UNWRAP, 'rate', 'absent_over_time'];
const MAY_GROUP = ['avg_over_time', 'stddev_over_time', 'stdvar_over_time', 'quantile_over_time', 'max_over_time', 'min_over_time', 'first_over_time', 'last_over_time']; // prettier-ignore
const PARAMETER_OPS: readonly VectorOp[] = ['topk', 'bottomk', 'approx_topk'];

/** Runs what may throw `bad_data`, and places its words. */
export function orRefuse<T>(tokens: TokenStream, at: Place, prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RequestError) return tokens.refuse(at, `${prefix}${error.message}`);
    throw error;
  }
}

/** A query must name streams: one matcher at least has to refuse the empty value. */
export function checkSelector(tokens: TokenStream, matchers: readonly Matcher[], at: Place): void {
  if (matchers.some((matcher) => !matchesEmpty(matcher))) return;
  tokens.refuse(
    at,
    'queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
  );
}

/** `given` is the parameter as it was written. */
export function checkRangeAggregation(tokens: TokenStream, expr: RangeAggregation, given: string): void {
  const { op, parameter, range, grouping } = expr;
  const isQuantile = op === 'quantile_over_time';
  if (parameter !== undefined && !isQuantile) tokens.refuse(expr, `parameter ${given} not supported for operation ${op}`);
  if (parameter === undefined && isQuantile) tokens.refuse(expr, `parameter required for operation ${op}`);
  if (grouping !== undefined && !MAY_GROUP.includes(op)) tokens.refuse(grouping, `grouping not allowed for ${op} aggregation`);
  if (range.unwrap !== undefined && !MAY_UNWRAP.includes(op)) tokens.refuse(range.unwrap, `invalid aggregation ${op} with unwrap`);
  if (range.unwrap === undefined && NEEDS_UNWRAP.includes(op)) tokens.refuse(expr, `invalid aggregation ${op} without unwrap`);
}

interface VectorHead {
  readonly op: VectorOp;
  readonly parameter: number | undefined;
  readonly grouping: Grouping | undefined;
  readonly place: Place;
}

const INT64_MAX = 2 ** 63;

/** `given` is the parameter as it was written. */
export function checkVectorAggregation(tokens: TokenStream, { op, parameter, grouping, place }: VectorHead, given: string): void {
  if (!PARAMETER_OPS.includes(op)) {
    if (parameter !== undefined) tokens.refuse(place, `unsupported parameter for operation ${op}(${given},`);
  } else if (parameter === undefined) tokens.refuse(place, `parameter required for operation ${op}`);
  else if (!/^\d+$/.test(given) || parameter >= INT64_MAX) tokens.refuse(place, `invalid parameter ${op}(${given},`);
  else if (parameter <= 0) tokens.refuse(place, `invalid parameter (must be greater than 0) ${op}(${given}`);
  if (op === 'approx_topk' && grouping !== undefined) tokens.refuse(grouping, `grouping not allowed for ${op} aggregation`);
  if ((op === 'sort' || op === 'sort_desc') && grouping !== undefined && grouping.labels.length > 0) {
    tokens.refuse(grouping, "sort and sort_desc doesn't allow grouping by ");
  }
}

/** The leg of an operator, which must be numbers over time, and for a set operator have labels. */
export function checkBinaryLeg(
  tokens: TokenStream,
  leg: Expr,
  { op, side }: { readonly op: BinaryOp; readonly side: 'left' | 'right' },
): MetricExpr {
  if (!isMetric(leg)) {
    const type = leg.stages.length === 0 ? '*syntax.MatchersExpr' : '*syntax.PipelineExpr';
    return tokens.refuse(leg, `unexpected type for ${side} leg of binary operation (${op}): ${type}`);
  }
  if (leg.kind === 'number' && (op === 'or' || op === 'and' || op === 'unless')) {
    tokens.refuse(leg, `unexpected literal for ${side} leg of logical/set binary operation (${op}): ${leg.value.toFixed(6)}`);
  }
  return leg;
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : `error parsing regexp: ${source}`, { cause });
  }
}

/** The expression of a line filter, which may match anywhere in a line. */
export function checkRegex(tokens: TokenStream, at: Place, source: string): void {
  orRefuse(tokens, at, '', () => compile(source));
}

export function checkLabelReplace(tokens: TokenStream, at: Place, pattern: string): void {
  orRefuse(tokens, at, 'invalid regex in label_replace: ', () => compile(pattern));
}

/** The expression of a `regexp` stage: each named group becomes a label. */
export function checkRegexp(tokens: TokenStream, at: Place, source: string): void {
  const twice = duplicateGroup(source);
  const prefix = 'invalid regexp parser: ';
  if (twice !== undefined) tokens.refuse(at, `${prefix}duplicate extracted label name '${twice}'`);
  const names = Object.keys(orRefuse(tokens, at, prefix, () => compile(source)).namedGroups());
  if (names.length === 0) tokens.refuse(at, `${prefix}at least one named capture must be supplied`);
  const bad = names.find((name) => !isClassicLabelName(name));
  if (bad !== undefined) tokens.refuse(at, `${prefix}invalid extracted label name '${bad}'`);
}

function duplicateGroup(source: string): string | undefined {
  const groups = source.replaceAll(/\\./gs, '').matchAll(/\(\?P?<(\w+)>/g);
  return firstTwice([...groups].map(([, name = '']) => name));
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

const CAPTURES = /<([a-zA-Z_][a-zA-Z0-9_]*)>/g;

/** The pattern of a `pattern` stage: captures between literals, with names of their own. */
export function checkPattern(tokens: TokenStream, at: Place, pattern: string): void {
  const prefix = 'invalid pattern parser: ';
  const names = [...pattern.matchAll(CAPTURES)].map(([, name = '']) => name).filter((name) => name !== '_');
  if (names.length === 0) tokens.refuse(at, `${prefix}at least one capture is required`);
  refuseConsecutive(tokens, at, prefix, pattern);
  const twice = firstTwice(names);
  if (twice !== undefined) tokens.refuse(at, `${prefix}duplicate capture name (${twice}): invalid expression`);
}

/** The pattern of a line filter, whose captures have no names. */
export function checkLinePattern(tokens: TokenStream, at: Place, pattern: string): void {
  refuseConsecutive(tokens, at, '', pattern);
  if ([...pattern.matchAll(CAPTURES)].some(([, name]) => name !== '_')) {
    tokens.refuse(at, 'named captures are not allowed: invalid expression');
  }
}

function refuseConsecutive(tokens: TokenStream, at: Place, prefix: string, pattern: string): void {
  let end = -1;
  for (const found of pattern.matchAll(CAPTURES)) {
    if (found.index === end) tokens.refuse(at, `${prefix}found consecutive capture: invalid expression`);
    end = found.index + found[0].length;
  }
}

/** A `label_format` sets each label once, and no error label. */
export function checkLabelFormats(tokens: TokenStream, formats: readonly LabelFormat[]): void {
  const seen = new Set<string>();
  for (const format of formats) {
    if (format.label === '__error__') tokens.refuse(format, `${format.label} cannot be formatted`);
    if (seen.has(format.label)) tokens.refuse(format, `multiple label name '${format.label}' not allowed in a single format operation`);
    seen.add(format.label);
  }
}
