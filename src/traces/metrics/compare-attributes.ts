// Which attributes `compare` looks at beside those of spans, resources and scopes.
//
// The peer compares intrinsics, roots, and attributes of spans, resources and scopes, and leaves events and links out for now. Here each value that an
// attribute has in some event or link of a span counts once for the span: the type of an exception is what most often tells failed spans apart.
//
// Source: Tempo `pkg/traceql/engine_metrics_compare.go`, `tempodb/encoding/vparquet5/block_traceql_fetch.go`.

import type { Catalogue } from '../catalogue.ts';
import type { Field, IntrinsicName } from '../traceql/ast.ts';
import { typedTextValue } from '../api/attribute-value.ts';
import type { Comparison, Side } from '../traceql/metrics/compare.ts';
import { printField } from '../traceql/print.ts';

type AttributeScope = 'resource' | 'instrumentation' | 'span' | 'event' | 'link';

export const NESTED_SCOPES = ['event', 'link'] as const;

export const ROOT_NAME_LABEL = 'rootName';
export const ROOT_SERVICE_LABEL = 'rootServiceName';
export const SCOPE_NAME_LABEL = 'instrumentation:name';
export const SCOPE_VERSION_LABEL = 'instrumentation:version';

const SPELLINGS: readonly (readonly [IntrinsicName, string])[] = [
  ['name', 'name'],
  ['status', 'status'],
  ['kind', 'kind'],
  ['statusMessage', 'statusMessage'],
  ['rootName', ROOT_NAME_LABEL],
  ['rootServiceName', ROOT_SERVICE_LABEL],
  ['instrumentationName', SCOPE_NAME_LABEL],
  ['instrumentationVersion', SCOPE_VERSION_LABEL],
];

export const COMPARED_INTRINSICS: readonly Field[] = SPELLINGS.map(([name, spelling]): Field => {
  return { type: 'intrinsic', name, ofParent: false, spelling, place: { from: 0, to: 0 } };
});

/** Whether an empty text is no value. */
export function isOptional(label: string): boolean {
  return label === 'statusMessage' || label === SCOPE_NAME_LABEL || label === SCOPE_VERSION_LABEL;
}

export function labelOf(scope: AttributeScope, name: string): string {
  return printField({ type: 'attribute', scope, ofParent: false, name, place: { from: 0, to: 0 } });
}

/** Keys of span attributes that stand in the map alone. */
export function mapKeysOf(catalogue: Catalogue): readonly string[] {
  return catalogue.keys('span').filter((key) => catalogue.spanKey(key)?.columns.length === 0);
}

export interface MapAttributes {
  readonly scope: 'span' | 'event' | 'link';
  readonly step: number;
  /** Keys and typed texts in turn. */
  readonly attributes: readonly unknown[];
  /** Keys that are looked at. */
  readonly known: ReadonlySet<string>;
}

/** Counts a span for each value that it, its events or links have. */
export function countMapAttributes(into: Comparison, side: Side, { scope, step, attributes, known }: MapAttributes): void {
  const byKey = new Map<string, Set<string>>();
  for (let at = 0; at + 1 < attributes.length; at += 2) {
    const [key, text] = [String(attributes[at]), String(attributes[at + 1])];
    if (text !== 'n' && known.has(key)) byKey.set(key, (byKey.get(key) ?? new Set()).add(text));
  }
  for (const [key, texts] of byKey) {
    const label = labelOf(scope, key);
    into.total(side, label, { step, count: 1 });
    for (const text of texts) into.value(side, label, { value: typedTextValue(text), step, count: 1 });
  }
}
