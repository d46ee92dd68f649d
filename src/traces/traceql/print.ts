// A tree as text, in the peer's canonical form: `{ .a }|by(name)|(count()) > 2`.
//
// A tree of `parseAsWritten` prints as a query that parses to the same tree. The memberships that `parseTraceql` makes print as the peer shows
// them, `.a IN [1, 2]`, which no query can say. Source: Tempo `pkg/traceql/ast_stringer.go`.

import { printDuration } from '../../query/template/go-time.ts';
import type { Aggregate, Compare, Field, FieldExpression, MembershipExpression, MetricsExpression, Pipeline, Query } from './ast.ts';
import type { RangeAggregate, ScalarExpression, SecondStage, SpansetExpression, Stage } from './ast.ts';
import { isNameCharacter } from './lex.ts';
import type { Value } from './value.ts';

const MEMBERSHIP_WORDS: Readonly<Record<MembershipExpression['op'], string>> = {
  in: 'IN',
  notIn: 'NOT IN',
  match: 'MATCH ANY',
  notMatch: 'MATCH NONE',
};

/** A query on one line. */
export function printTraceql(query: Query): string {
  const root = query.root.type === 'pipeline' ? printPipeline(query.root) : printMetrics(query.root);
  const hints = query.hints.map((hint) => `${hint.name}=${printValue(hint.value)}`);
  return hints.length === 0 ? root : `${root} with(${hints.join(',')})`;
}

function printMetrics(expr: MetricsExpression): string {
  switch (expr.type) {
    case 'metrics':
      return `${printPipeline(expr.pipeline)} | ${printFirst(expr.first)}${expr.second.map(printSecond).join('')}`;
    case 'metricsOperation':
      return `${operand(expr.left)} ${expr.op} ${operand(expr.right)}`;
    case 'metricsStages':
      return printMetrics(expr.expr) + expr.second.map(printSecond).join('');
    case 'metricsNumber':
      return printNumber(expr.value);
  }
}

function operand(expr: MetricsExpression): string {
  return expr.type === 'metricsNumber' ? printMetrics(expr) : `(${printMetrics(expr)})`;
}

function printFirst(first: RangeAggregate | Compare): string {
  if (first.type === 'compare') {
    const isWindowed = first.startNs !== 0n || first.endNs !== 0n;
    const numbers = isWindowed ? `, ${first.topN}, ${first.startNs}, ${first.endNs}` : first.topN === 10 ? '' : `, ${first.topN}`;
    return `compare(${printSpansets(first.filter)}${numbers})`;
  }
  const field = first.field === undefined ? '' : printField(first.field);
  const quantiles = first.quantiles.map((quantile) => `,${printQuantile(quantile)}`).join('');
  const by = first.by.length === 0 ? '' : `by(${first.by.map(printField).join(',')})`;
  return `${first.fn}(${field}${quantiles})${by}`;
}

/** With five places, or as many as it takes. */
function printQuantile(quantile: number): string {
  const short = quantile.toFixed(5);
  if (Number(short) === quantile) return short;
  const exact = String(quantile);
  return exact.includes('e-') ? quantile.toFixed(20) : exact;
}

function printSecond(stage: SecondStage): string {
  return stage.type === 'metricsFilter' ? ` ${stage.op} ${printNumber(stage.value)}` : ` | ${stage.type}(${stage.limit})`;
}

/** A number beside a metrics query: whole ones without a point. What is infinite, or no number, has no literal: it is the division that it is. */
function printNumber(value: Value): string {
  if (value.type !== 'float') return printValue(value);
  if (Number.isFinite(value.value)) return printGoFloat(value.value);
  return Number.isNaN(value.value) ? '(0. / 0)' : value.value > 0 ? '(1. / 0)' : '(-1. / 0)';
}

export function printPipeline(pipeline: Pipeline): string {
  return pipeline.stages.map(printStage).join('|');
}

export function printStage(stage: Stage): string {
  switch (stage.type) {
    case 'filter':
    case 'spansets':
    case 'pipeline':
      return printSpansets(stage);
    case 'group':
      return `by(${printFieldExpression(stage.by)})`;
    case 'coalesce':
      return 'coalesce()';
    case 'select':
      return `select(${stage.fields.map(printField).join(', ')})`;
    case 'aggregate':
      return printAggregate(stage);
    case 'scalarFilter':
      return `${scalarOperand(stage.left)} ${stage.op} ${scalarOperand(stage.right)}`;
  }
}

export function printSpansets(expr: SpansetExpression): string {
  switch (expr.type) {
    case 'filter':
      return `{ ${printFieldExpression(expr.expr)} }`;
    case 'spansets':
      return `(${printSpansets(expr.left)}) ${expr.op} (${printSpansets(expr.right)})`;
    case 'pipeline':
      return printPipeline(expr);
  }
}

function printAggregate(aggregate: Aggregate): string {
  return `${aggregate.fn}(${aggregate.expr === undefined ? '' : printFieldExpression(aggregate.expr)})`;
}

export function printScalar(expr: ScalarExpression): string {
  switch (expr.type) {
    case 'literal':
      return printValue(expr.value);
    case 'aggregate':
      return printAggregate(expr);
    case 'scalars':
      return `${scalarOperand(expr.left)} ${expr.op} ${scalarOperand(expr.right)}`;
    case 'pipeline':
      return printPipeline(expr);
  }
}

function scalarOperand(expr: ScalarExpression): string {
  return expr.type === 'literal' ? printScalar(expr) : `(${printScalar(expr)})`;
}

export function printFieldExpression(expr: FieldExpression): string {
  switch (expr.type) {
    case 'binary':
      return `${fieldOperand(expr.left)} ${expr.op} ${fieldOperand(expr.right)}`;
    case 'membership':
      return `${printField(expr.field)} ${MEMBERSHIP_WORDS[expr.op]} [${expr.values.map(printElement).join(', ')}]`;
    case 'unary':
      if (expr.op === 'exists') return `${fieldOperand(expr.expr)} != nil`;
      return expr.op === 'missing' ? `${fieldOperand(expr.expr)} = nil` : `${expr.op}${fieldOperand(expr.expr)}`;
    case 'literal':
      return printValue(expr.value);
    case 'attribute':
    case 'intrinsic':
      return printField(expr);
  }
}

function fieldOperand(expr: FieldExpression): string {
  const isAlone = expr.type === 'literal' || expr.type === 'attribute' || expr.type === 'intrinsic';
  return isAlone ? printFieldExpression(expr) : `(${printFieldExpression(expr)})`;
}

/** `.a`, `parent.span."two words"`, `duration`. */
export function printField(field: Field): string {
  if (field.type === 'intrinsic') return field.spelling;
  const scopes = `${field.ofParent ? 'parent.' : ''}${field.scope === 'any' ? '' : `${field.scope}.`}`;
  return `${scopes === '' ? '.' : scopes}${printName(field, scopes)}`;
}

/** In quotes where a name could not stand without them; also what would be taken for a scope. */
function printName(field: Field, scopes: string): string {
  const isPlain = Array.from(field.name).every((character) => character !== '"' && isNameCharacter(character));
  const isScope = scopes === 'parent.' && /^(span|resource)\./.test(field.name);
  return isPlain && !isScope && field.name !== '' ? field.name : `"${field.name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** A literal as it stands in a query. */
export function printValue(value: Value): string {
  switch (value.type) {
    case 'nil':
      return 'nil';
    case 'string':
      return printString(value.value);
    case 'float':
      return withPoint(printGoFloat(value.value));
    case 'int':
    case 'bool':
      return String(value.value);
    case 'duration':
      return printDuration(value.value);
    case 'status':
    case 'kind':
      return value.value;
    case 'string[]':
      return `[${value.value.map((text) => printString(text)).join(', ')}]`;
    case 'float[]':
      return `[${value.value.map(printGoFloat).join(', ')}]`;
    case 'int[]':
    case 'bool[]':
      return `[${value.value.map(String).join(', ')}]`;
  }
}

/** Within a list a float needs no point. */
function printElement(value: Value): string {
  return value.type === 'float' ? printGoFloat(value.value) : printValue(value);
}

/** Backticks, which take everything as it stands but themselves and what a scanner drops; else in double quotes, with escapes. */
function printString(text: string): string {
  return /[`\r\0]|\p{Cs}/u.test(text) ? `"${Array.from(text, escaped).join('')}"` : `\`${text}\``;
}

/** A lone surrogate from U+DC80 on stands for a byte that is no UTF-8. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '"' || character === '\\') return `\\${character}`;
  if (code < 0x20 || (code >= 0xdc80 && code <= 0xdcff)) return `\\x${(code & 0xff).toString(16).padStart(2, '0')}`;
  return code >= 0xd800 && code <= 0xdfff ? '\uFFFD' : character;
}

function withPoint(text: string): string {
  return /[e.]/.test(text) ? text : `${text}.0`;
}

/** As Go's `%g` has it: the shortest digits, with an exponent below 10⁻⁴ and from 10⁶ on. */
function printGoFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return value.toFixed(Math.max(0, mantissa.replace('-', '').replace('.', '').length - 1 - power));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
