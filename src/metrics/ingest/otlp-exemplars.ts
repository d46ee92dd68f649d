// OTLP exemplars as Prometheus exemplars: the trace and span as labels, the attributes that the series lacks beside them while there is room.

import { valueText } from '../../otlp/any-value.ts';
import { labelsOf } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import type { MetricWrite } from '../write.ts';
import type { OtlpExemplar, OtlpPoint } from './otlp-points.ts';

/** OpenMetrics' bound for an exemplar's labels, in characters. */
const EXEMPLAR_CHARACTERS_MAX = 128;

export interface ExemplarOwner extends OtlpPoint {
  readonly exemplars: readonly OtlpExemplar[];
}

/** Writes a point's exemplars; `seriesFor` gives the series that an exemplar of that value belongs to. */
export function writeExemplars(write: MetricWrite, point: ExemplarOwner, seriesFor: (value: number) => Labels): void {
  for (const exemplar of point.exemplars) {
    if (exemplar.value === undefined) {
      write.refuse('invalid_exemplar', 'unsupported exemplar value type: Empty');
      continue;
    }
    const ts = exemplar.time.ms === 0 ? point.time.ms : exemplar.time.ms;
    write.exemplar(seriesFor(exemplar.value), { labels: exemplarLabels(exemplar), value: exemplar.value, ts });
  }
}

function exemplarLabels(exemplar: OtlpExemplar): Labels {
  const ids: [string, string][] = [
    ['trace_id', exemplar.traceId],
    ['span_id', exemplar.spanId],
  ];
  const attributes = exemplar.attributes.map(({ key, value }): [string, string] => [key, valueText(value)]);
  const all = [...attributes, ...ids.filter(([, id]) => id !== '')];
  const fits = all.reduce((sum, [name, value]) => sum + characters(name) + characters(value), 0) <= EXEMPLAR_CHARACTERS_MAX;
  return labelsOf(fits ? all : ids);
}

function characters(text: string): number {
  // A code point takes at most two units, so a longer text is over the bound anyway and need not be counted.
  return text.length > 2 * EXEMPLAR_CHARACTERS_MAX ? text.length : Array.from(text).length;
}
