// What the push roads do alike: a parsed page into a write, and refusals into words of the answer.

import type { MetricWrite, WriteSummary } from '../write.ts';
import type { ExpositionSink } from './exposition.ts';
import type { Labels } from '../../query/labels.ts';

export interface PageWriteOptions {
  /** Milliseconds for samples that bring no time. */
  readonly ts: number;
  /** The final labels of a series. */
  readonly relabel: (labels: Labels) => Labels;
}

/** A sink that writes a page as it is parsed. */
export function pageWriter(write: MetricWrite, { ts: defaultTs, relabel }: PageWriteOptions): ExpositionSink {
  let labels: Labels = [];
  let at = defaultTs;
  return {
    metadata: (metadata) => write.metadata(metadata),
    sample(series, value, ts, startTs) {
      labels = relabel(series.labels());
      at = ts ?? defaultTs;
      write.sample(labels, at, value, startTs);
    },
    histogram(series, histogram, ts, startTs) {
      labels = relabel(series.labels());
      at = ts ?? defaultTs;
      write.histogram(labels, at, histogram, startTs);
    },
    exemplar(_series, exemplar) {
      write.exemplar(labels, { ...exemplar, ts: exemplar.ts ?? at });
    },
  };
}

/** What of a write was refused and why; '' when all is stored. */
export function describeRefusals({ refusals }: WriteSummary): string {
  const count = refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  if (count === 0) return '';
  const reasons = refusals.map((refusal) => `${refusal.reason} (${refusal.count}): ${refusal.message}`);
  return `${count} of the request's items were refused, the others are stored; ${reasons.join('; ')}`;
}
