// What metrics say of who sent a span: service, job and instance, and the labels of its `traces_target_info`.
//
// Source: Tempo `modules/generator/processor/util` and `…/spanmetrics`.

import type { Attributes } from '../../otlp/any-value.ts';
import { valueText } from '../../otlp/any-value.ts';
import { labelsOf, type Labels } from '../../query/labels.ts';
import { attributeText, labelName, labelText } from './label-text.ts';

const IDENTIFYING: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);
const TAKEN: ReadonlySet<string> = new Set(['job', 'instance']);

export interface SourceIdentity {
  /** `service.name`, empty where there is none. */
  readonly service: string;
  /** `service.namespace/service.name`; empty without a name. */
  readonly job: string;
  readonly instance: string;
}

export function sourceIdentity(resource: Attributes, bytesMax: number): SourceIdentity {
  const text = (key: string): string => labelText(attributeText(key, resource) ?? '', bytesMax);
  const service = text('service.name');
  const namespace = text('service.namespace');
  const job = service === '' || namespace === '' ? service : labelText(`${namespace}/${service}`, bytesMax);
  return { service, job, instance: text('service.instance.id') };
}

/** The labels of a resource's `traces_target_info`; undefined where it would say nothing beyond `job` and `instance`, or has neither. */
export function targetInfoLabels(resource: Attributes, { job, instance }: SourceIdentity, bytesMax: number): Labels | undefined {
  if (job === '' && instance === '') return undefined;
  const others = resource.filter(({ key }) => key !== '' && !/^\d/.test(key) && !IDENTIFYING.has(key));
  if (others.length === 0) return undefined;
  const pairs = others.map(({ key, value }): [string, string] => [labelName(key, TAKEN), labelText(valueText(value), bytesMax)]);
  return labelsOf([...pairs, ['job', job], ['instance', instance]]);
}
