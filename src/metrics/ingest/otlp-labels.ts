// The labels of an OTLP data point: its attributes, and what its resource and scope contribute.
//
// Of one name counts, first to last: the scope's labels, `job` and `instance`; then the point's attributes, the values of those that share a
// name after escaping joined with `;`; then promoted resource attributes.
//
// Source: OpenTelemetry specification, "Prometheus and OpenMetrics compatibility"; behaviour of Prometheus's OTLP endpoint.

import { attribute, valueText } from '../../otlp/any-value.ts';
import type { Attributes, Resource, Scope } from '../../otlp/any-value.ts';
import { compareText, METRIC_NAME } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import type { OtlpMetricsSettings } from './otlp-settings.ts';

export type LabelNamer = (attribute: string) => string;

const FIXED = 0;
const OWN = 1;
const PROMOTED = 2;

interface LabelEntry {
  readonly name: string;
  readonly rank: number;
  /** The attribute's name before escaping: where several become one, its order is that of their values. */
  readonly key: string;
  readonly value: string;
}

export const IDENTIFYING_ATTRIBUTES: readonly string[] = ['service.namespace', 'service.name', 'service.instance.id'];

/** What a resource and a scope contribute to each of their points. */
export type SharedLabels = readonly LabelEntry[];

/** `job` and `instance` of a resource. */
export function identityLabels(resource: Resource): SharedLabels {
  const entries: LabelEntry[] = [];
  const name = attribute(resource.attributes, 'service.name');
  if (name !== undefined) {
    const namespace = attribute(resource.attributes, 'service.namespace');
    const value = namespace === undefined ? valueText(name) : `${valueText(namespace)}/${valueText(name)}`;
    entries.push({ name: 'job', rank: FIXED, key: '', value });
  }
  const instance = attribute(resource.attributes, 'service.instance.id');
  if (instance !== undefined) entries.push({ name: 'instance', rank: FIXED, key: '', value: valueText(instance) });
  return entries;
}

/** The resource attributes that the settings promote. Throws `bad_data` when one has no possible label name. */
export function promotedLabels(resource: Resource, settings: OtlpMetricsSettings, namer: LabelNamer): SharedLabels {
  const { promoteAllResourceAttributes: all, promoteResourceAttributes: chosen, ignoreResourceAttributes: ignored } = settings;
  return resource.attributes
    .filter(({ key }) => key !== METRIC_NAME && (all ? !ignored.includes(key) : chosen.includes(key)))
    .map(({ key, value }) => ({ name: namer(key), rank: PROMOTED, key, value: valueText(value) }));
}

/** The labels of a scope, when the settings promote them and the scope has a name. */
export function scopeLabels(scope: Scope, settings: OtlpMetricsSettings, namer: LabelNamer): SharedLabels {
  if (!settings.promoteScopeMetadata || scope.name === '') return [];
  const labels = new Map(scope.attributes.map(({ key, value }) => [namer(`otel_scope_${key}`), valueText(value)]));
  // The scope's own fields come after its attributes: these cannot replace them.
  labels.set('otel_scope_name', scope.name).set('otel_scope_version', scope.version).set('otel_scope_schema_url', scope.schemaUrl);
  return [...labels].map(([name, value]) => ({ name, rank: FIXED, key: '', value }));
}

/** What `pointLabels` needs beside the attributes. */
export interface LabelContext {
  readonly namer: LabelNamer;
  readonly shared: SharedLabels;
  /** Told of attributes that share a name after escaping. */
  readonly collision: (keys: readonly string[], name: string) => void;
}

/** The labels of a point without its name. Throws `bad_data` when an attribute has no possible label name. */
export function pointLabels(attributes: Attributes, context: LabelContext): Labels {
  const entries: LabelEntry[] = context.shared.slice();
  for (const { key, value } of attributes) {
    if (key !== METRIC_NAME) entries.push({ name: context.namer(key), rank: OWN, key, value: valueText(value) });
  }
  entries.sort(compareEntries);
  const labels: string[] = [];
  for (let i = 0; i < entries.length;) {
    const first = entries[i];
    if (first === undefined) break;
    let end = i + 1;
    while (entries[end]?.name === first.name) end++;
    const value = end === i + 1 ? first.value : mergedValue(entries.slice(i, end), first, context);
    if (value !== '') labels.push(first.name, value);
    i = end;
  }
  return labels;
}

function mergedValue(same: readonly LabelEntry[], first: LabelEntry, context: LabelContext): string {
  const own = same.filter(({ rank }) => rank === OWN);
  if (own.length > 1) {
    context.collision(
      own.map(({ key }) => key),
      first.name,
    );
  }
  return first.rank === OWN ? own.map(({ value }) => value).join(';') : first.value;
}

function compareEntries(a: LabelEntry, b: LabelEntry): number {
  return compareText(a.name, b.name) || a.rank - b.rank || compareText(a.key, b.key);
}

/** The labels with one more, in its place; one of the same name is replaced. */
export function withLabel(labels: Labels, name: string, value: string): string[] {
  let at = 0;
  while (at < labels.length && compareText(labels[at] ?? '', name) < 0) at += 2;
  const added = labels.slice();
  added.splice(at, labels[at] === name ? 2 : 0, name, value);
  return added;
}

/** The labels with the metric's name. */
export function named(labels: Labels, name: string): string[] {
  return withLabel(labels, METRIC_NAME, name);
}
