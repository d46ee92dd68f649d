// The grammar of what stands within braces: expressions over the fields of one span, literals, names.

import {
  type AttributeScope,
  type BinaryExpression,
  type FieldExpression,
  type IntrinsicName,
  type LiteralExpression,
  type Place,
} from './ast.ts';
import { makeBinary, makeUnary } from './fold.ts';
import { type Reduction, type Rule, pass, rule } from './grammar-rule.ts';
import { split } from './tokens.ts';
import { KIND_NAMES, STATUS_NAMES, type Value } from './value.ts';

type BinaryOp = BinaryExpression['op'];

/** The ways to write each intrinsic, the first is how it is printed. */
const INTRINSICS: readonly (readonly [IntrinsicName, ...string[]])[] = [
  ['duration', 'duration', 'span: duration'],
  ['name', 'name', 'span: name'],
  ['status', 'status', 'span: status'],
  ['statusMessage', 'statusMessage', 'span: statusMessage'],
  ['kind', 'kind', 'span: kind'],
  ['parent', 'parent'],
  ['rootName', 'rootName', 'trace: rootName'],
  ['rootServiceName', 'rootServiceName', 'trace: rootService'],
  ['traceDuration', 'traceDuration', 'trace: duration'],
  ['nestedSetLeft', 'nestedSetLeft'],
  ['nestedSetRight', 'nestedSetRight'],
  ['nestedSetParent', 'nestedSetParent'],
  ['traceId', 'trace: id'],
  ['spanId', 'span: id'],
  ['parentId', 'span: parentID'],
  ['childCount', 'span: childCount'],
  ['eventName', 'event: name'],
  ['eventTimeSinceStart', 'event: timeSinceStart'],
  ['linkTraceId', 'link: traceID'],
  ['linkSpanId', 'link: spanID'],
  ['instrumentationName', 'instrumentation: name'],
  ['instrumentationVersion', 'instrumentation: version'],
];

const ATTRIBUTES: readonly (readonly [before: string, scope: AttributeScope, ofParent: boolean])[] = [
  ['.', 'any', false],
  ['resource.', 'resource', false],
  ['span.', 'span', false],
  ['parent.', 'any', true],
  ['parent. resource.', 'resource', true],
  ['parent. span.', 'span', true],
  ['event.', 'event', false],
  ['link.', 'link', false],
  ['instrumentation.', 'instrumentation', false],
];

const BINARY_OPS: readonly BinaryOp[] = ['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '=~', '!~', '^', '&&', '||'];

const INT_MAX = 9_223_372_036_854_775_807n;

function literal(value: Value, place: Place): LiteralExpression {
  return { type: 'literal', value, place };
}

const expressionRules: readonly Rule[] = [
  pass('fieldExpression', '( fieldExpression )', 1),
  ...BINARY_OPS.map((op) =>
    rule('fieldExpression', `fieldExpression ${op} fieldExpression`, ({ part, place }) =>
      makeBinary({ type: 'binary', op, left: part<FieldExpression>(0), right: part<FieldExpression>(2), place }),
    ),
  ),
  rule('fieldExpression', 'fieldExpression != nil', (reduction) => unary('exists', 0, reduction)),
  rule('fieldExpression', 'nil != fieldExpression', (reduction) => unary('exists', 2, reduction)),
  rule('fieldExpression', 'fieldExpression = nil', (reduction) => unary('missing', 0, reduction)),
  rule('fieldExpression', 'nil = fieldExpression', (reduction) => unary('missing', 2, reduction)),
  rule('fieldExpression', 'nil != nil', ({ place }) => literal({ type: 'bool', value: false }, place)),
  rule('fieldExpression', 'nil = nil', ({ place }) => literal({ type: 'bool', value: false }, place)),
  rule('fieldExpression', '- fieldExpression', (reduction) => unary('-', 1, reduction)),
  rule('fieldExpression', '! fieldExpression', (reduction) => unary('!', 1, reduction)),
  pass('fieldExpression', 'static'),
  pass('fieldExpression', 'intrinsicField'),
  pass('fieldExpression', 'attributeField'),
  pass('fieldExpression', 'scopedIntrinsicField'),
];

function unary(op: '!' | '-' | 'exists' | 'missing', index: number, { part, place }: Reduction): FieldExpression {
  return makeUnary({ type: 'unary', op, expr: part<FieldExpression>(index), place });
}

const literalRules: readonly Rule[] = [
  rule('static', 'STRING', ({ part, place }) => literal({ type: 'string', value: part(0) }, place)),
  rule('static', 'INTEGER', ({ part, place }) => literal({ type: 'int', value: part(0) }, place)),
  rule('static', 'FLOAT', ({ part, place }) => literal({ type: 'float', value: part(0) }, place)),
  rule('static', 'true', ({ place }) => literal({ type: 'bool', value: true }, place)),
  rule('static', 'false', ({ place }) => literal({ type: 'bool', value: false }, place)),
  rule('static', 'DURATION', ({ part, place }) => literal({ type: 'duration', value: part(0) }, place)),
  ...STATUS_NAMES.map((value) => rule('static', value, ({ place }) => literal({ type: 'status', value }, place))),
  ...KIND_NAMES.map((value) => rule('static', value, ({ place }) => literal({ type: 'kind', value }, place))),
  rule('static', 'IDENTIFIER', namedNumber),
];

function namedNumber({ part, place, error }: Reduction): LiteralExpression {
  const name = part<string>(0);
  if (name === 'minInt') return literal({ type: 'int', value: -INT_MAX - 1n }, place);
  if (name === 'maxInt') return literal({ type: 'int', value: INT_MAX }, place);
  throw error(`unknown identifier: ${name}`);
}

function intrinsicRules(left: 'intrinsicField' | 'scopedIntrinsicField'): Rule[] {
  return INTRINSICS.flatMap(([name, ...written]) =>
    written
      .filter((right) => right.includes(' ') === (left === 'scopedIntrinsicField'))
      .map((right) =>
        rule(left, right, ({ place }) => ({
          type: 'intrinsic',
          name,
          ofParent: false,
          spelling: (written[0] ?? name).replace(' ', ''),
          place,
        })),
      ),
  );
}

const attributeRules: readonly Rule[] = ATTRIBUTES.map(([before, scope, ofParent]) =>
  rule('attributeField', `${before} IDENTIFIER END_ATTRIBUTE`, ({ part, place }) => ({
    type: 'attribute',
    scope,
    ofParent,
    name: part<string>(split(before).length),
    place,
  })),
);

/** `nil` alone is no literal: only comparisons know it. */
export const FIELD_RULES: readonly Rule[] = [
  ...expressionRules,
  ...literalRules,
  ...intrinsicRules('intrinsicField'),
  ...intrinsicRules('scopedIntrinsicField'),
  ...attributeRules,
];
