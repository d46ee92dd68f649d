// The figures of services: asked of the metrics that are made of spans, and of the spans themselves for services that have no such metrics in the range.
//
//   names of services in spans ─┐
//   PromQL: calls ──────────────┴▶ who is missing ─▶ TraceQL over the spans of those alone ─▶ both together
//
// The metrics cost the same however many spans there are; the spans are always right (older than the metrics' limit, or sent before they began).

import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Answer, Question } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import type { InstantResult, InstantValue, SampleSeries } from '../../data/query-result.ts';
import { queryInstant, range } from '../../data/questions.ts';
import type { RawSeries } from '../../data/samples.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { traceInstant, traceRange, traceValues } from '../../data/trace-questions.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { callSeries, quantilesOfSpans, quantilesOfVector, withoutEmpty } from './service-calls.ts';
import type { CallSeries, Quantile } from './service-calls.ts';
import { callRates, durationQuantile, durationQuantiles, spanQuantiles, spanRates } from './service-queries.ts';
import type { HistogramForm, Scope, SpanScope } from './service-queries.ts';
import type { Steps } from './service-rows.ts';

/** Metrics from spans come every 15 s: a window holds a few of them. */
const WINDOW_LEAST_MS = 60_000;
/** Series of one answer: kinds and statuses of a few thousand services. */
const SERIES_MAX = 20_000;

export interface Window {
  /** Whole steps around the range. */
  readonly span: Span;
  readonly stepMs: number;
  /** What a rate at each step looks back. */
  readonly windowMs: number;
  /** The range itself. */
  readonly wholeMs: number;
  readonly endMs: number;
}

export function useWindow(pointsMax: number): Window {
  const { span: asked } = useLive();
  const { startMs, endMs } = asked;
  return useMemo(() => {
    const stepMs = stepFor({ startMs, endMs }, pointsMax);
    const span = alignSpan({ startMs, endMs }, stepMs);
    return { span, stepMs, windowMs: Math.max(WINDOW_LEAST_MS, stepMs), wholeMs: Math.max(WINDOW_LEAST_MS, endMs - startMs), endMs };
  }, [startMs, endMs, pointsMax]);
}

export function stepsOf({ span, stepMs, endMs }: Window): Steps {
  const count = Math.floor((span.endMs - span.startMs) / stepMs) + 1;
  return { startS: span.startMs / 1000, stepS: stepMs / 1000, count, endS: endMs / 1000 };
}

export function vectorOf(value: InstantValue | undefined): readonly SampleSeries[] {
  return value?.kind === 'vector' ? value.series : [];
}

/** A quantile question over histograms of one form; the other form where there is none of the first. */
export function useDurations(make: (form: HistogramForm) => string, atMs: number, wanted: boolean): UseQueryResult<Answer<InstantResult>> {
  const native = useAnswer(wanted ? queryInstant(make('native'), atMs) : undefined);
  const none = native.data !== undefined && !native.isPlaceholderData && vectorOf(native.data.value.value).length === 0;
  const classic = useAnswer(none ? queryInstant(make('classic'), atMs) : undefined);
  return none ? classic : native;
}

/** The same over time. */
export function useDurationsOverTime(
  make: (form: HistogramForm) => string,
  { span, stepMs }: Window,
  wanted: boolean,
): UseQueryResult<Answer<readonly RawSeries[]>> {
  const native = useAnswer(wanted ? range(make('native'), span, stepMs, SERIES_MAX) : undefined);
  const none = native.data !== undefined && !native.isPlaceholderData && native.data.value.length === 0;
  const classic = useAnswer(none ? range(make('classic'), span, stepMs, SERIES_MAX) : undefined);
  return none ? classic : native;
}

/** What the figures rest on. */
export interface Basis {
  /** Services whose figures come from metrics, and from spans. */
  readonly metrics: number;
  readonly spans: number;
}

export interface ServiceFigures {
  readonly calls: readonly CallSeries[];
  readonly quantiles: readonly Quantile[];
  readonly p95: readonly CallSeries[];
  readonly basis: Basis;
  /** Names of all services that sent spans in the range. */
  readonly names: ReadonlySet<string>;
  readonly window: Window;
  /** What is missing, and why. */
  readonly lacks: readonly string[];
  readonly dim: boolean;
}

export type Figures =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: Error; readonly retry: () => void }
  | { readonly kind: 'ready'; readonly figures: ServiceFigures };

const SPARK_POINTS = 40;
const ALL: Scope = {};
const BY_SERVICE = ['service'];

export function useServiceList(): Figures {
  const { span } = useLive();
  const window = useWindow(SPARK_POINTS);
  const { endMs, wholeMs, windowMs } = window;
  const names = useAnswer(traceValues('resource.service.name', '', alignSpan(span, 60_000)));
  const calls = useAnswer(range(callRates(ALL, windowMs, []), window.span, window.stepMs, SERIES_MAX));
  const counted = useMemo(() => calls.data?.value.map(callSeries) ?? [], [calls.data]);
  const known = useMemo(() => new Set(names.data?.value.map(({ value }) => value)), [names.data]);
  const inMetrics = useMemo(() => new Set(counted.map(({ service }) => service)), [counted]);
  const settled = calls.data !== undefined && names.data !== undefined && !calls.isPlaceholderData && !names.isPlaceholderData;
  const missing = useMemo(() => (settled ? [...known].filter((name) => !inMetrics.has(name)) : []), [settled, known, inMetrics]);
  const hasMetrics = counted.length > 0;
  const quantiles = useDurations((form) => durationQuantiles(ALL, wholeMs, BY_SERVICE, form), endMs, hasMetrics);
  const p95 = useDurationsOverTime((form) => durationQuantile(ALL, windowMs, BY_SERVICE, form), window, hasMetrics);
  const spans = useSpanFigures(missing, window);
  const answers = [calls, names, quantiles, p95, ...spans.answers];
  const failed = calls.error ?? names.error ?? spans.error;
  if (failed) return { kind: 'failed', error: failed, retry: () => void Promise.all([calls.refetch(), names.refetch(), spans.retry()]) };
  if (calls.data === undefined || names.data === undefined || (!hasMetrics && spans.waits)) return { kind: 'loading' };
  const isMissing = new Set(missing);
  const ofSpans = <T extends { readonly service: string }>(items: readonly T[]): readonly T[] =>
    items.filter((i) => isMissing.has(i.service));
  return {
    kind: 'ready',
    figures: {
      calls: [...counted, ...ofSpans(spans.calls)],
      quantiles: [...quantilesOfVector(vectorOf(quantiles.data?.value.value)), ...ofSpans(spans.quantiles)],
      p95: [...(p95.data?.value ?? []).map(callSeries), ...ofSpans(spans.p95)],
      basis: { metrics: inMetrics.size, spans: new Set(ofSpans(spans.calls).map(({ service }) => service)).size },
      names: new Set([...inMetrics, ...ofSpans(spans.calls).map(({ service }) => service)]),
      window,
      lacks: lacksOf(answers, [quantiles.error, p95.error]),
      dim: answers.some((answer) => answer.isPlaceholderData),
    },
  };
}

export function lacksOf(answers: readonly UseQueryResult<Answer<unknown>>[], errors: readonly (Error | null)[]): readonly string[] {
  return [
    ...new Set([
      ...answers.flatMap((answer) => answer.data?.warnings ?? []),
      ...errors.flatMap((error) => (error === null ? [] : [`Durations are missing: ${error.message}`])),
    ]),
  ];
}

interface SpanFigures {
  readonly calls: readonly CallSeries[];
  readonly quantiles: readonly Quantile[];
  readonly p95: readonly CallSeries[];
  readonly waits: boolean;
  readonly error: Error | null;
  readonly retry: () => Promise<unknown>;
  readonly answers: readonly UseQueryResult<Answer<unknown>>[];
}

/** Figures of some services out of their spans; none of none. */
function useSpanFigures(services: readonly string[], { span, stepMs }: Window): SpanFigures {
  const wanted = services.length > 0;
  const scope: SpanScope = { services, entry: false };
  const when = <T>(is: boolean, question: () => Question<T>): Question<T> | undefined => (is ? question() : undefined);
  const rates = useAnswer(when(wanted, () => traceRange(spanRates(scope, []), span, stepMs)));
  const calls = useMemo(() => (wanted ? (rates.data?.value.series.map(callSeries) ?? []) : []), [rates.data, wanted]);
  const answering = new Set(calls.filter((call) => call.entry).map((call) => call.service));
  const others = rates.data === undefined ? [] : services.filter((name) => !answering.has(name));
  const entry: SpanScope = { services, entry: true };
  const rest: SpanScope = { services: others, entry: false };
  const [isEntry, isRest] = [answering.size > 0, others.length > 0];
  const ofEntry = useAnswer(when(isEntry, () => traceInstant(spanQuantiles(entry, []), span)));
  const ofRest = useAnswer(when(isRest, () => traceInstant(spanQuantiles(rest, []), span)));
  const overEntry = useAnswer(when(isEntry, () => traceRange(spanQuantiles(entry, []), span, stepMs)));
  const overRest = useAnswer(when(isRest, () => traceRange(spanQuantiles(rest, []), span, stepMs)));
  const among = <T extends { readonly service: string }>(items: readonly T[], inEntry: boolean): readonly T[] =>
    items.filter(({ service }) => answering.has(service) === inEntry);
  const slow = (answer: typeof overEntry): readonly CallSeries[] =>
    (answer.data?.value.series ?? []).filter(({ labels }) => labels['p'] === '0.95').map((series) => callSeries(withoutEmpty(series)));
  return {
    calls,
    quantiles: [
      ...among(quantilesOfSpans((isEntry && ofEntry.data?.value) || []), true),
      ...among(quantilesOfSpans((isRest && ofRest.data?.value) || []), false),
    ],
    p95: [...among(isEntry ? slow(overEntry) : [], true), ...among(isRest ? slow(overRest) : [], false)],
    waits: wanted && rates.data === undefined,
    error: wanted ? (rates.error ?? ofEntry.error ?? ofRest.error) : null,
    retry: () => rates.refetch(),
    answers: [rates, ofEntry, ofRest, overEntry, overRest],
  };
}
