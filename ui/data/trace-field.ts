// Fields and values of spans as TraceQL writes them: names from look-ups and answers, made into conditions.

import { printField, printValue } from '../../src/traces/traceql/print.ts';
import type { AttributeScope } from '../../src/traces/traceql/ast.ts';
import { quoteText } from './traceql-text.ts';

const SCOPES: readonly AttributeScope[] = ['resource', 'span', 'event', 'link', 'instrumentation'];

/** An attribute of a scope that a look-up names: `span.http.method`, `resource."two words"`. */
export function fieldText(scope: string, name: string): string {
  const known = SCOPES.find((one) => one === scope) ?? 'any';
  return printField({ type: 'attribute', scope: known, ofParent: false, name, place: { from: 0, to: 0 } });
}

interface Typed {
  /** As a look-up of values says it, or as OTLP's JSON does (`intValue`). */
  readonly type: string;
  readonly value: string;
}

/** A value as a literal of the language. */
export function literalText({ type, value }: Typed): string {
  switch (type.replace(/Value$/, '')) {
    case 'int':
    case 'bool':
    case 'duration':
    case 'keyword':
      return value;
    case 'float':
    case 'double':
      return printValue({ type: 'float', value: Number(value) });
    default:
      return quoteText(value);
  }
}

const KEYWORDS: ReadonlySet<string> = new Set(['status', 'kind', 'span:status', 'span:kind']);

/** A field with a value as a condition: `span.http.status_code = 500`. Statuses and kinds come as texts and are words. */
export function conditionText(field: string, typed: Typed, op: '=' | '!=' = '='): string {
  return `${field} ${op} ${KEYWORDS.has(field) ? typed.value : literalText(typed)}`;
}
