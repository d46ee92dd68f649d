// The `load` command of a promqltest script: a step, then one line per series, with start timestamps where a line gives them.
//
//   load 1m                              load_with_nhcb 30s
//     requests_total{job="a"}@st -1m       latency_bucket{le="0.1"} 1+1x5
//     requests_total{job="a"} 1+1x5        latency_bucket{le="+Inf"} 2+2x5
//
// Source: Prometheus promql/promqltest (its README). A start timestamp is an offset from its sample's time.

import { parseDuration } from '../../src/base/duration.ts';
import { RequestError } from '../../src/base/request-error.ts';
import { parseSeriesDescription } from '../../src/metrics/promql/series-notation.ts';
import type { SeriesDescription, StepValue } from '../../src/metrics/promql/series-notation.ts';
import { labelsKey } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { ScriptError } from './script-error.ts';

export interface LoadedSample {
  readonly ts: number;
  readonly value: Exclude<StepValue, { readonly kind: 'gap' }>;
  readonly startTs?: number;
}

export interface LoadedSeries {
  readonly labels: Labels;
  readonly samples: readonly LoadedSample[];
}

export interface Load {
  readonly kind: 'load';
  /** Counted from 1. */
  readonly line: number;
  readonly series: readonly LoadedSeries[];
  /** Whether classic histograms are loaded as native ones with custom buckets too. */
  readonly withCustomBuckets: boolean;
}

/** Offsets from the samples' times in milliseconds; undefined where a sample has no start timestamp. */
type StartOffsets = readonly (number | undefined)[];

interface PendingStart {
  readonly labels: Labels;
  readonly offsets: StartOffsets;
  readonly index: number;
}

const LOAD = /^load(?:_(with_nhcb))?\s+(.+?)$/;

/** Reads the command at `index` of the trimmed lines; gives it and the index of its last line. Throws `ScriptError`. */
export function parseLoad(lines: readonly string[], index: number): { readonly load: Load; readonly last: number } {
  const found = LOAD.exec(lines[index] ?? '');
  if (found === null) throw ScriptError.atLine(index, 'invalid load command. (load[_with_nhcb] <step:duration>)');
  const stepMs = parseDuration(found[2] ?? '');
  if (typeof stepMs !== 'number') throw ScriptError.atLine(index, `invalid step definition "${found[2]}": ${stepMs.problem}`);
  const series = new Map<string, LoadedSeries>();
  let defaults: StartOffsets = [];
  let pending: PendingStart | undefined;
  let at = index;
  while (at + 1 < lines.length && lines[at + 1] !== '') {
    at++;
    const line = lines[at] ?? '';
    const start = startLine(line, at);
    if (start === undefined) {
      const description = parseSeriesLine(line, at);
      if (pending !== undefined) requireFit(pending, description);
      series.set(labelsKey(description.labels), loaded(description, stepMs, pending?.offsets ?? [], defaults));
      pending = undefined;
    } else {
      if (pending !== undefined) throw ScriptError.atLine(pending.index, '@st line has no following sample line');
      if (start.labels.length === 0) defaults = start.offsets;
      else pending = start;
    }
  }
  if (pending !== undefined) throw ScriptError.atLine(pending.index, '@st line has no following sample line');
  return { load: { kind: 'load', line: index + 1, series: [...series.values()], withCustomBuckets: found[1] !== undefined }, last: at };
}

/** A series in notation on the line at `index`. Throws `ScriptError` with the line's own number. */
export function parseSeriesLine(line: string, index: number): SeriesDescription {
  try {
    return parseSeriesDescription(line);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw ScriptError.ofParser(error, index, 0);
  }
}

function requireFit({ labels, offsets, index }: PendingStart, { labels: own, values }: SeriesDescription): void {
  if (labelsKey(labels) !== labelsKey(own)) throw ScriptError.atLine(index, '@st metric does not match the following sample line metric');
  if (offsets.length !== values.length) {
    throw ScriptError.atLine(index, `@st line has ${offsets.length} values but sample line has ${values.length}`);
  }
}

function loaded({ labels, values }: SeriesDescription, stepMs: number, own: StartOffsets, defaults: StartOffsets): LoadedSeries {
  const samples = values.flatMap((value, i): LoadedSample[] => {
    if (value.kind === 'gap') return [];
    const ts = i * stepMs;
    const offset = own.length > 0 ? own[i] : defaults[i % defaults.length];
    return [{ ts, value, ...(offset === undefined ? {} : { startTs: ts + offset }) }];
  });
  return { labels, samples };
}

// ── start timestamps ──

function startLine(line: string, index: number): PendingStart | undefined {
  const [, series, sequence] = /^(\S*)@st\s+(.*)$/.exec(line) ?? [];
  if (series === undefined || sequence === undefined) return undefined;
  const labels = series === '' ? [] : startLabels(series, index);
  return { labels, offsets: parseStartOffsets(sequence, index), index };
}

function startLabels(series: string, index: number): Labels {
  try {
    return parseSeriesLine(`${series} _`, index).labels;
  } catch (error) {
    throw ScriptError.atLine(index, `invalid @st line metric "${series}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

const LENGTH = String.raw`[+-]?\d+(?:[a-wyzA-Z]+\d*)*`;
const ITEM = new RegExp(`^(?:(_)|(\\*)|(${LENGTH}))(?:([+-])(${LENGTH}))?(?:x(\\d+))?$`);

function parseStartOffsets(sequence: string, index: number): StartOffsets {
  const offsets: (number | undefined)[] = [];
  for (const item of sequence.trim().split(/\s+/)) offsets.push(...startItem(item, offsets, index));
  return offsets;
}

/** `_`, `_xN`, `*`, `*xN`, `LENGTH`, `LENGTHxN`, `LENGTH+LENGTHxN`: what one item stands for. */
function startItem(item: string, before: StartOffsets, index: number): StartOffsets {
  const fail = (problem: string): ScriptError => ScriptError.atLine(index, `invalid @st sequence: invalid ST item "${item}": ${problem}`);
  const [whole, gap, again, first, sign, increment, times] = ITEM.exec(item) ?? [];
  if (whole === undefined) throw fail('neither an offset nor a repetition of one');
  if (gap !== undefined) {
    if (sign !== undefined || times === '0') throw fail('invalid repeat count');
    return Array.from({ length: Number(times ?? 1) }, () => undefined);
  }
  if (increment !== undefined && times === undefined) throw fail("expected 'x<count>' after step duration");
  const start = again === undefined ? signedDuration(first ?? '') : (before.findLast((offset) => offset !== undefined) ?? 0);
  const step = increment === undefined ? 0 : signedDuration(`${sign}${increment}`);
  if (typeof start !== 'number') throw fail(start.problem);
  if (typeof step !== 'number') throw fail(step.problem);
  return Array.from({ length: Number(times ?? 0) + 1 }, (_, i) => start + i * step);
}

function signedDuration(text: string): number | { readonly problem: string } {
  const length = parseDuration(text.replace(/^[+-]+/, ''));
  if (typeof length !== 'number') return { problem: `invalid duration "${text}": ${length.problem}` };
  return text.startsWith('-') ? -length : length;
}
