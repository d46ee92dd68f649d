// `target_info`: one series per resource that carries its attributes, to be joined to the others by `job` and `instance`.

import type { Resource } from '../../otlp/any-value.ts';
import { labelValue } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import { IDENTIFYING_ATTRIBUTES, identityLabels, named, pointLabels } from './otlp-labels.ts';
import type { LabelContext } from './otlp-labels.ts';
import type { OtlpMetricsSettings } from './otlp-settings.ts';

/** Half of PromQL's default lookback: samples that far apart are found at every time between. */
const INTERVAL_MS = 150_000;
/** A request over a longer time gets its latest samples; 576 are a day. */
const SAMPLES_MAX = 576;

/** The name of the family. */
export function targetInfoName(settings: OtlpMetricsSettings): string {
  return settings.namespace === '' ? 'target_info' : `${settings.namespace}_target_info`;
}

/** The series of a resource, or undefined when it would say nothing beyond `job` and `instance`, or has neither. */
export function targetInfoLabels(
  resource: Resource,
  settings: OtlpMetricsSettings,
  context: Omit<LabelContext, 'shared'>,
): Labels | undefined {
  const others = resource.attributes.filter(({ key }) => !IDENTIFYING_ATTRIBUTES.includes(key));
  if (others.length === 0) return undefined;
  const attributes = settings.keepIdentifyingResourceAttributes ? resource.attributes : others;
  const labels = pointLabels(attributes, { ...context, shared: identityLabels(resource) });
  if (labelValue(labels, 'job') === '' && labelValue(labels, 'instance') === '') return undefined;
  return named(labels, targetInfoName(settings));
}

/** When the series has samples, for points from `firstMs` to `lastMs`: at both ends, and often enough between. */
export function targetInfoTimes(firstMs: number, lastMs: number): number[] {
  const count = Math.ceil((lastMs - firstMs) / INTERVAL_MS);
  const skipped = Math.max(0, count - SAMPLES_MAX);
  const times: number[] = [];
  for (let i = skipped; i < count; i++) times.push(firstMs + i * INTERVAL_MS);
  times.push(lastMs);
  return times;
}
