// A tree as LogQL on one line, in Loki's canonical form.
//
// `parseLogql(printLogql(e))` is `e` again but for its places.

import { printDuration } from '../../base/duration.ts';
import type { Matcher } from '../../query/matchers.ts';
import { quote } from '../../query/scanner.ts';
import type {
  Binary,
  Expr,
  Extraction,
  Grouping,
  LabelChoice,
  LabelFilter,
  LabelFormat,
  LineFilter,
  LogExpr,
  LogRange,
  LogfmtStage,
  MetricExpr,
  RangeAggregation,
  Stage,
  Unwrap,
  VectorAggregation,
} from './ast.ts';
import { printBytes, printGoDuration } from './units.ts';

const NS_PER_MS = 1_000_000;

/** The canonical form. */
export function printLogql(expr: Expr): string {
  return expr.kind === 'log' ? printLog(expr) : printMetric(expr);
}

function printMetric(expr: MetricExpr): string {
  switch (expr.kind) {
    case 'range_aggregation':
      return printRangeAggregation(expr);
    case 'vector_aggregation':
      return printVectorAggregation(expr);
    case 'binary':
      return `(${printMetric(expr.left)} ${printOperator(expr)} ${printMetric(expr.right)})`;
    case 'number':
      return printLiteral(expr.value);
    case 'vector':
      return `vector(${printFixed(expr.value)})`;
    case 'label_replace': {
      const texts = [expr.destination, expr.replacement, expr.source, expr.pattern].map(quote);
      return `label_replace(${[printMetric(expr.expr), ...texts].join(',')})`;
    }
    case 'variants':
      return `variants(${expr.variants.map(printMetric).join(', ')}) of (${printRange(expr.of)})`;
  }
}

function printLog(expr: LogExpr): string {
  return [printSelector(expr.matchers), ...expr.stages.map(printStage)].join(' ');
}

/** `{a="b", c!="d"}`. */
export function printSelector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

/** Label names stand as they are: LogQL knows none in quotes. */
function printMatcher({ name, op, value }: Matcher): string {
  return `${name}${op}${quote(value)}`;
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line_filter':
      return printLineFilter(stage);
    case 'json':
      return `| json${printExtractions(stage.extractions)}`;
    case 'logfmt':
      return `| logfmt${printFlags(stage)}${printExtractions(stage.extractions)}`;
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${quote(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'label_filter':
      return `| ${printWholeFilter(stage.filter)}`;
    case 'line_format':
      return `| line_format ${quote(stage.template)}`;
    case 'label_format':
      return `| label_format ${stage.formats.map(printLabelFormat).join(',')}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.choices.map(printLabelChoice).join(',')}`;
    case 'distinct':
      return `| distinct ${stage.labels.join(',')}`;
  }
}

function printLineFilter({ op, alternatives }: LineFilter): string {
  return `${op} ${alternatives.map(({ kind, value }) => (kind === 'ip' ? `ip(${quote(value)})` : quote(value))).join(' or ')}`;
}

function printFlags({ strict, keepEmpty }: LogfmtStage): string {
  return `${strict ? ' --strict' : ''}${keepEmpty ? ' --keep-empty' : ''}`;
}

function printExtractions(extractions: readonly Extraction[]): string {
  const list = extractions.map(({ label, expression }) => `${label}=${quote(expression)}`).join(',');
  return list === '' ? '' : ` ${list}`;
}

function printLabelFormat(format: LabelFormat): string {
  return `${format.label}=${format.kind === 'rename' ? format.source : quote(format.template)}`;
}

function printLabelChoice(choice: LabelChoice): string {
  return choice.kind === 'name' ? choice.name : printMatcher(choice);
}

/** A filter as a stage; parentheses keep `| (json!="x")` from being `| json != "x"`. */
function printWholeFilter(filter: LabelFilter): string {
  const printed = printLabelFilter(filter);
  return /^(?:json|logfmt|unpack|decolorize)!/i.test(printed) ? `(${printed})` : printed;
}

/** `( a="b" , c>5 )`: Loki prints `and` as a comma. */
function printLabelFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'matcher':
      return printMatcher(filter);
    case 'number':
      return `${filter.name}${filter.op}${printDecimal(filter.value)}`;
    case 'duration':
      return `${filter.name}${filter.op}${printGoDuration(filter.value)}`;
    case 'bytes':
      return `${filter.name}${filter.op}${printBytes(filter.value)}`;
    case 'ip':
      return `${filter.name}${filter.op}ip(${quote(filter.value)})`;
    case 'and':
      return `( ${printLabelFilter(filter.left)} , ${printLabelFilter(filter.right)} )`;
    case 'or':
      return `( ${printLabelFilter(filter.left)} or ${printLabelFilter(filter.right)} )`;
  }
}

/** Each part of an unwrap; the first begins it. */
export function unwrapParts({ label, conversion, filters }: Unwrap): readonly string[] {
  const head = conversion === '' ? `| unwrap ${label}` : `| unwrap ${conversion}(${label})`;
  return [head, ...filters.map((filter) => `| ${printLabelFilter(filter)}`)];
}

function printRange(range: LogRange): string {
  const unwrap = range.unwrap === undefined ? '' : ` ${unwrapParts(range.unwrap).join(' ')}`;
  const offset = range.offsetNs === 0 ? '' : ` offset ${printGoDuration(range.offsetNs)}`;
  return `${printLog(range.log)}${unwrap}[${printInterval(range)}]${offset}`;
}

/** `5m`. */
export function printInterval({ intervalNs }: LogRange): string {
  return printDuration(intervalNs / NS_PER_MS);
}

function printRangeAggregation({ op, parameter, range, grouping }: RangeAggregation): string {
  const first = parameter === undefined ? '' : `${printDecimal(parameter)},`;
  return `${op}(${first}${printRange(range)})${grouping === undefined ? '' : printGrouping(grouping, ',')}`;
}

/** ` by (a,b)`. */
export function printGrouping({ kind, labels }: Grouping, separator: string): string {
  return ` ${kind} (${labels.join(separator)})`;
}

function printVectorAggregation({ op, parameter, expr, grouping }: VectorAggregation): string {
  const args = [...(parameter === undefined ? [] : [printDecimal(parameter)]), printMetric(expr)];
  return `${op}${grouping === undefined ? '' : printGrouping(grouping, ',')}(${args.join(',')})`;
}

/** `> bool on (a,b) group_left (c)`, with a space behind where labels are matched, as Loki has it. */
export function printOperator({ op, returnBool, matching }: Binary, separator = ','): string {
  const head = returnBool ? `${op} bool` : op;
  if (matching === undefined) return head;
  const { group, labels, kind } = matching;
  const include = group === undefined || group.include.length === 0 ? '' : ` (${group.include.join(separator)})`;
  const side = group === undefined ? '' : `group_${group.side}${include}`;
  return `${head} ${kind} (${labels.join(separator)}) ${side}`;
}

/** As Go's `%v` prints a float. What no literal can be is written as an operation whose outcome it is. */
function printLiteral(value: number): string {
  if (Number.isNaN(value)) return '(0 / 0)';
  if (!Number.isFinite(value)) return value > 0 ? '(2 ^ 1024)' : '(-2 ^ 1025)';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  const text = value !== 0 && (magnitude < 1e-4 || magnitude >= 1e21) ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The shortest decimal without an exponent. */
export function printDecimal(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  if (exponent === undefined) return String(value);
  const shift = Number(exponent);
  const digits = whole + fraction;
  return shift < 0 ? `${sign}0.${'0'.repeat(-shift - 1)}${digits}` : `${sign}${digits}${'0'.repeat(shift - fraction.length)}`;
}

const VECTOR_DIGITS = 6;

/** With six places, as Go's `%f` has it, where that is the same number. */
function printFixed(value: number): string {
  const decimal = printDecimal(value);
  const [whole, fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.padEnd(VECTOR_DIGITS, '0')}`;
}
