// By which labels the samples of a range are told apart: what every source of them must agree on.

import type { RangeRequest } from './range-source.ts';

/** Labels to keep, or labels to drop; dropping none keeps all of them. */
export interface SampleGrouping {
  readonly kind: 'by' | 'without';
  readonly labels: readonly string[];
}

/** The label whose value became the sample's is no label of its series any more, unless it is asked for by name. */
export function sampleGrouping({ range: { unwrap }, grouping }: RangeRequest): SampleGrouping {
  if (grouping?.kind === 'by') return grouping;
  return { kind: 'without', labels: [...(grouping?.labels ?? []), ...(unwrap === undefined ? [] : [unwrap.label])] };
}
