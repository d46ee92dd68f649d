// A filter as a condition on the columns of `spans`: exact, or one that loses no span that the filter lets pass.
//
//   tree ─▶ leaves: one field against literals ─┬─ of the span      columns (typed-condition.ts, intrinsic-condition.ts, nested-condition.ts)
//                                               ├─ of the source    decided here, `source IN (…)`
//                                               └─ anything else    unknown, as far as its fields must be there
//           && || !                             ─▶ bounds.ts
//
// What is known of values that are not compared is asked of the language's own evaluation (decide.ts), never said twice.

import { type Sql, sql } from '../../base/sql.ts';
import type { Catalogue } from '../catalogue.ts';
import type { AttributeField, Field, FieldExpression } from '../traceql/ast.ts';
import { NIL } from '../traceql/value.ts';
import { allOf, anyOf, atMost, type Bounds, constant, every, exactly, isExact, negated, not, some, TRUE, UNKNOWN } from './bounds.ts';
import { decide, decider } from './decide.ts';
import { intrinsicCondition } from './intrinsic-condition.ts';
import { fieldsOf, isComparison, isField, type Leaf, leafOf, passes, type Test } from './leaf.ts';
import { nestedAttribute } from './nested-condition.ts';
import { isNested, isOfSource, ofSources, sourceValue } from './source-value.ts';
import { spanKeyText } from './span-key.ts';
import { traceCondition } from './trace-columns.ts';
import { ALL_TYPES, typedCondition } from './typed-condition.ts';

export interface CompiledCondition {
  /** True of every span that the filter lets pass; `0` where there can be none. */
  readonly condition: Sql;
  /** True of no others. */
  readonly exact: boolean;
}

/** What of a filter ClickHouse can decide of a row of `spans`. */
export function compileCondition(expr: FieldExpression, catalogue: Catalogue): CompiledCondition {
  const bounds = compileBounds(expr, catalogue);
  return { condition: bounds.upper, exact: isExact(bounds) };
}

export function compileBounds(expr: FieldExpression, catalogue: Catalogue): Bounds {
  const fields = fieldsOf(expr);
  if (fields.length === 0) return constant(decide(expr));
  if (fields.every((field) => isOfSource(field, catalogue))) {
    const passing = decider(expr);
    return exactly(ofSources(catalogue, (source) => passing((field) => sourceValue(source, field))));
  }
  if (expr.type === 'binary' && (expr.op === '&&' || expr.op === '||')) {
    const parts = operandsOf(expr, expr.op).map((operand) => compileBounds(operand, catalogue));
    return expr.op === '&&' ? every(parts) : some(parts);
  }
  if (expr.type === 'unary' && expr.op === '!') return negation(expr.expr, catalogue);
  const leaf = leafOf(expr);
  return leaf === undefined ? presence(expr, catalogue) : leafCondition(leaf, catalogue);
}

/** A chain of one operator as a list: it may be longer than the stack is deep. */
function operandsOf(expr: FieldExpression, op: '&&' | '||'): readonly FieldExpression[] {
  const operands: FieldExpression[] = [];
  let rest = expr;
  for (; rest.type === 'binary' && rest.op === op; rest = rest.left) operands.push(rest.right);
  return [rest, ...operands.reverse()];
}

/** What is neither true nor false is not true when it is negated either. */
function negation(operand: FieldExpression, catalogue: Catalogue): Bounds {
  if (isCondition(operand)) return not(compileBounds(operand, catalogue));
  if (!isField(operand)) return UNKNOWN;
  const isFalse = leafCondition({ field: operand, test: { kind: 'compare', op: '=', value: { type: 'bool', value: false } } }, catalogue);
  // Of several values one may be false, and all of them together are neither.
  return operand.type === 'attribute' && operand.scope === 'span' ? isFalse : atMost(isFalse.upper);
}

/** Whether a value is always true or false. */
function isCondition(expr: FieldExpression): boolean {
  switch (expr.type) {
    case 'binary':
      return expr.op === '&&' || expr.op === '||' || isComparison(expr.op);
    case 'unary':
      return expr.op !== '-';
    case 'membership':
      return true;
    case 'literal':
      return expr.value.type === 'bool';
    default:
      return false;
  }
}

function leafCondition({ field, test }: Leaf, catalogue: Catalogue): Bounds {
  if (field.ofParent) return UNKNOWN;
  if (field.type === 'intrinsic') {
    const ofTrace = catalogue.hasTraceColumns === true ? traceCondition(field, test, catalogue) : undefined;
    return ofTrace ?? intrinsicCondition(field, test);
  }
  switch (field.scope) {
    case 'span':
      return spanAttribute(field.name, test, { catalogue, behind: constant(passes(test, NIL)) });
    case 'any':
      return spanAttribute(field.name, test, { catalogue, behind: behindSpan(field, test, catalogue) });
    case 'event':
    case 'link':
      return nested(field.scope, field.name, test, catalogue);
    case 'resource':
    case 'instrumentation':
      return bySource(field, test, catalogue);
  }
}

interface Around {
  readonly catalogue: Catalogue;
  /** What holds where the span itself has no value. */
  readonly behind: Bounds;
}

function spanAttribute(key: string, test: Test, { catalogue, behind }: Around): Bounds {
  const places = catalogue.spanKey(key);
  if (places === undefined) return behind;
  const column = spanKeyText(key, places);
  const types = places.types ?? ALL_TYPES;
  const own = typedCondition(column, types, test);
  // A value that was not set is none: what stands behind it is seen.
  const isAbsent = types.has('n') ? sql`${column} IN ('', 'n')` : sql`${column} = ''`;
  if (types.has('n')) return some([every([exactly(negated(isAbsent)), own]), every([exactly(isAbsent), behind])]);
  return some([own, every([exactly(isAbsent), behind])]);
}

function bySource(field: Field, test: Test, catalogue: Catalogue): Bounds {
  return exactly(ofSources(catalogue, (source) => passes(test, sourceValue(source, field))));
}

/** `.a` where the span's own attributes have none: the resource's, then those of events and links, then the instrumentation scope's. */
function behindSpan(field: AttributeField, test: Test, catalogue: Catalogue): Bounds {
  if (!isNested(field.name, catalogue)) return bySource(field, test, catalogue);
  const ofResource: Field = { ...field, scope: 'resource' };
  const hasResource = exactly(ofSources(catalogue, (source) => sourceValue(source, ofResource).type !== 'nil'));
  const inEvents = nested('event', field.name, test, catalogue);
  const inLinks = nested('link', field.name, test, catalogue);
  const inScope = bySource({ ...field, scope: 'instrumentation' }, test, catalogue);
  const further = some([inEvents, inLinks, inScope]);
  return some([every([hasResource, bySource(ofResource, test, catalogue)]), every([not(hasResource), atMost(further.upper)])]);
}

function nested(scope: 'event' | 'link', key: string, test: Test, catalogue: Catalogue): Bounds {
  const types = catalogue.nestedTypes(scope, key);
  return types === undefined ? constant(passes(test, NIL)) : nestedAttribute(scope, key, types)(test);
}

/** Of a comparison that SQL does not make: nothing compares with nil, so that its fields must be there. */
function presence(expr: FieldExpression, catalogue: Catalogue): Bounds {
  if (expr.type !== 'binary' || !isComparison(expr.op)) return UNKNOWN;
  const needed = [expr.left, expr.right].flatMap((side) => (isField(side) || isArithmetic(side) ? fieldsOf(side) : []));
  const there = needed.map((field) => leafCondition({ field, test: { kind: 'exists' } }, catalogue).upper);
  // Of an empty list every element is unlike anything, nil too.
  return atMost(expr.op === '!=' || expr.op === '!~' ? anyOf(there.length === 0 ? [TRUE] : there) : allOf(there));
}

/** Arithmetic with nil is nil. */
function isArithmetic(expr: FieldExpression): boolean {
  return (expr.type === 'binary' && '+-*/%^'.includes(expr.op)) || (expr.type === 'unary' && expr.op === '-');
}
