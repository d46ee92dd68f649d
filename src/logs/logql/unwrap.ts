// `| unwrap duration(took)`: the number that a line counts with.
//
// Source: Grafana Loki `pkg/logql/log/metrics_extraction.go`.

import type { Unwrap, UnwrapConversion } from './ast.ts';
import { convertBytes, convertDuration, convertNumber } from './convert-value.ts';
import type { Converted } from './convert-value.ts';
import type { Line } from './pipeline.ts';
import { labelFilterStage } from './stage/label-filter.ts';

const SAMPLE_EXTRACTION_ERROR = 'SampleExtractionErr';

/**
 * The number of a line behind its pipeline, or undefined where the line counts for nothing: it lacks the label, or a filter behind the
 * unwrapping drops it. A value that is no number counts as 0 and marks the line with `__error__`; such a line keeps all its labels.
 */
export function compileUnwrap({ label, conversion, filters }: Unwrap): (line: Line) => number | undefined {
  const convert = converters[conversion];
  const stages = filters.map(labelFilterStage);
  return (line) => {
    const { labels } = line;
    const text = labels.get(label) ?? '';
    if (text === '') return undefined;
    const converted = convert(text);
    if (typeof converted !== 'number') labels.setError(SAMPLE_EXTRACTION_ERROR, converted.problem);
    for (const run of stages) if (!run(line)) return undefined;
    return typeof converted === 'number' ? converted : 0;
  };
}

const NS_PER_S = 1e9;

/** In two parts, as Go's `Duration.Seconds`. */
function convertSeconds(text: string): Converted {
  const ns = convertDuration(text);
  return typeof ns === 'number' ? Math.trunc(ns / NS_PER_S) + (ns % NS_PER_S) / NS_PER_S : ns;
}

const converters: Readonly<Record<UnwrapConversion, (text: string) => Converted>> = {
  '': convertNumber,
  duration: convertSeconds,
  duration_seconds: convertSeconds,
  bytes: convertBytes,
};
