// What a query reads: the fields that readers must fetch of each span, and whether they must fetch the other spans of a trace.

import type { Compare, Field, FieldExpression, IntrinsicName, MetricsExpression, Pipeline, Query, RangeAggregate } from '../ast.ts';
import type { ScalarExpression, SpansetExpression, Stage } from '../ast.ts';

export interface NeededFields {
  /** Every field that the query names, once, in the order of the text; those of `select(…)` too. */
  readonly fields: readonly Field[];
  /** Those of `select(…)`, which an answer shows; the same objects as among `fields`. */
  readonly selected: readonly Field[];
  /** Whether ids and parents of all spans of a trace are needed: structural operators, `parent.…`, `childCount`, nested-set numbers. */
  readonly usesStructure: boolean;
  /** Whether facts of the whole trace are needed: its duration, its root's name and service. */
  readonly usesTrace: boolean;
  /** Whether several spans of a trace meet: what matches cannot be decided span by span. */
  readonly usesSeveralSpans: boolean;
  /** Whether every attribute of the spans is needed, as `compare(…)` does. */
  readonly usesAllAttributes: boolean;
}

interface Found {
  readonly fields: Map<string, Field>;
  readonly selected: Map<string, Field>;
  usesStructure: boolean;
  usesSeveralSpans: boolean;
  usesAllAttributes: boolean;
}

function nothingFound(): Found {
  return { fields: new Map(), selected: new Map(), usesStructure: false, usesSeveralSpans: false, usesAllAttributes: false };
}

const OF_STRUCTURE: ReadonlySet<IntrinsicName> = new Set<IntrinsicName>([
  'childCount',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
]);
const OF_TRACE: ReadonlySet<IntrinsicName> = new Set<IntrinsicName>(['traceDuration', 'rootName', 'rootServiceName']);

export function neededFields({ root }: Query): NeededFields {
  const found = nothingFound();
  if (root.type === 'pipeline') ofPipeline(found, root);
  else ofMetrics(found, root);
  const fields = [...found.fields.values()];
  return {
    fields,
    selected: [...found.selected.values()],
    usesStructure: found.usesStructure || fields.some((field) => field.ofParent || isOneOf(OF_STRUCTURE, field)),
    usesTrace: fields.some((field) => isOneOf(OF_TRACE, field)),
    usesSeveralSpans: found.usesSeveralSpans,
    usesAllAttributes: found.usesAllAttributes,
  };
}

/** The fields that an expression names, each once. */
export function fieldsOf(expr: FieldExpression): readonly Field[] {
  const found = nothingFound();
  ofExpression(found, expr);
  return [...found.fields.values()];
}

/** Equal for two mentions of the same field, however it is spelt. */
export function fieldKey(field: Field): string {
  return `${field.type} ${field.ofParent} ${field.type === 'attribute' ? field.scope : ''} ${field.name}`;
}

function isOneOf(names: ReadonlySet<IntrinsicName>, field: Field): boolean {
  return field.type === 'intrinsic' && names.has(field.name);
}

/** The field as it is mentioned first. */
function addField({ fields }: Found, field: Field): Field {
  const known = fields.get(fieldKey(field));
  if (known === undefined) fields.set(fieldKey(field), field);
  return known ?? field;
}

function ofMetrics(found: Found, expr: MetricsExpression): void {
  switch (expr.type) {
    case 'metrics':
      ofPipeline(found, expr.pipeline);
      ofFirstStage(found, expr.first);
      return;
    case 'metricsOperation':
      ofMetrics(found, expr.left);
      ofMetrics(found, expr.right);
      return;
    case 'metricsStages':
      ofMetrics(found, expr.expr);
      return;
    case 'metricsNumber':
  }
}

function ofFirstStage(found: Found, first: RangeAggregate | Compare): void {
  if (first.type === 'compare') {
    found.usesAllAttributes = true;
    ofExpression(found, first.filter.expr);
    return;
  }
  if (first.field !== undefined) addField(found, first.field);
  for (const field of first.by) addField(found, field);
}

function ofPipeline(found: Found, { stages }: Pipeline): void {
  for (const stage of stages) ofStage(found, stage);
}

function ofStage(found: Found, stage: Stage): void {
  switch (stage.type) {
    case 'filter':
      ofExpression(found, stage.expr);
      return;
    case 'spansets':
      ofOperation(found, stage);
      return;
    case 'pipeline':
      ofPipeline(found, stage);
      return;
    case 'group':
      found.usesSeveralSpans = true;
      ofExpression(found, stage.by);
      return;
    case 'select':
      for (const field of stage.fields) {
        found.selected.set(fieldKey(field), addField(found, field));
      }
      return;
    case 'scalarFilter':
      ofScalar(found, stage.left);
      ofScalar(found, stage.right);
      return;
    case 'aggregate':
      ofScalar(found, stage);
      return;
    case 'coalesce':
  }
}

/** Chains may be longer than the stack is deep: the left side is walked in a loop. */
function ofOperation(found: Found, operation: Extract<SpansetExpression, { type: 'spansets' }>): void {
  const rights: SpansetExpression[] = [];
  let rest: SpansetExpression = operation;
  for (; rest.type === 'spansets'; rest = rest.left) {
    rights.push(rest.right);
    if (rest.op !== '||') found.usesSeveralSpans = true;
    if (rest.op !== '&&' && rest.op !== '||') found.usesStructure = true;
  }
  for (const side of [rest, ...rights.reverse()]) ofStage(found, side);
}

function ofScalar(found: Found, expr: ScalarExpression): void {
  switch (expr.type) {
    case 'aggregate':
      found.usesSeveralSpans = true;
      if (expr.expr !== undefined) ofExpression(found, expr.expr);
      return;
    case 'scalars':
      ofScalar(found, expr.left);
      ofScalar(found, expr.right);
      return;
    case 'pipeline':
      ofPipeline(found, expr);
      return;
    case 'literal':
  }
}

function ofExpression(found: Found, expr: FieldExpression): void {
  const rights: FieldExpression[] = [];
  let rest = expr;
  for (; rest.type === 'binary'; rest = rest.left) rights.push(rest.right);
  switch (rest.type) {
    case 'attribute':
    case 'intrinsic':
      addField(found, rest);
      break;
    case 'unary':
      ofExpression(found, rest.expr);
      break;
    case 'membership':
      addField(found, rest.field);
      break;
    case 'literal':
  }
  for (const right of rights.reverse()) ofExpression(found, right);
}
