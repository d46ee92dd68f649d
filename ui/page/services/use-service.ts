// The questions behind one service's page: over time for its pictures, over the whole range for its operations. Metrics are asked first; where there
// are none of it in the range, its spans.

import { useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { marksOf, queryExemplars } from '../../data/exemplars.ts';
import type { Exemplar, Mark } from '../../data/exemplars.ts';
import { queryInstant, range } from '../../data/questions.ts';
import type { RawSeries } from '../../data/samples.ts';
import { traceInstant, traceRange } from '../../data/trace-questions.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { SECONDS } from './quantities.ts';
import { callSeries, quantilesOfSpans, quantilesOfVector, withoutEmpty } from './service-calls.ts';
import type { CallSeries } from './service-calls.ts';
import { callRates, durationQuantiles, latencySeries, spanQuantiles, spanRates } from './service-queries.ts';
import type { Scope, SpanScope } from './service-queries.ts';
import { slowest } from './slow.ts';
import { operationsOf } from './service-state.ts';
import type { Operation } from './service-state.ts';
import { lacksOf, useDurations, useDurationsOverTime, useWindow, vectorOf } from './use-calls.ts';
import type { Window } from './use-calls.ts';

const POINTS_MAX = 200;
const SERIES_MAX = 1000;
const BY_SERVICE = ['service'];

export interface ServicePictures {
  readonly basis: 'metrics' | 'spans';
  readonly calls: readonly CallSeries[];
  /** Quantiles over time; the label `q` or `p` names each. */
  readonly durations: readonly RawSeries[];
  /** Requests of which the durations are made, each with its trace. */
  readonly marks: readonly Mark[];
  readonly window: Window;
  readonly loading: boolean;
  /** Durations are on their way. */
  readonly durationsLoading: boolean;
  readonly dim: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly lacks: readonly string[];
}

const spanScope = ({ service = '', operation, kind }: Scope, entry: boolean): SpanScope => ({
  services: [service],
  operation,
  kind,
  entry,
});

/** Rate, errors and durations of a scope over time. */
export function useServicePictures(scope: Scope): ServicePictures {
  const window = useWindow(POINTS_MAX);
  const { span, stepMs, windowMs } = window;
  const metrics = useAnswer(range(callRates(scope, windowMs, []), span, stepMs, SERIES_MAX));
  const none = metrics.data !== undefined && !metrics.isPlaceholderData && metrics.data.value.length === 0;
  const some = metrics.data !== undefined && metrics.data.value.length > 0;
  const durations = useDurationsOverTime((form) => durationQuantiles(scope, windowMs, BY_SERVICE, form), window, some);
  const spans = useAnswer(none ? traceRange(spanRates(spanScope(scope, false), []), span, stepMs) : undefined);
  const raw = none ? spans.data?.value.series : metrics.data?.value;
  const calls = useMemo(() => (raw ?? []).map(callSeries), [raw]);
  const entry = calls.some((call) => call.entry) && scope.operation === undefined;
  const inSpans = useAnswer(none && calls.length > 0 ? traceRange(spanQuantiles(spanScope(scope, entry), []), span, stepMs) : undefined);
  const slow = none ? inSpans : durations;
  const over = useMemo(
    () => (none ? inSpans.data?.value.series.map(withoutEmpty) : durations.data?.value) ?? [],
    [none, inSpans.data, durations.data],
  );
  const exemplars = useAnswer(some ? queryExemplars(latencySeries(scope, entry), span) : undefined);
  const marks = useMemo(() => {
    const found: readonly Exemplar[] = (none ? inSpans.data?.value.exemplars : exemplars.data?.value) ?? [];
    return marksOf(
      slowest(found, span).map((exemplar) => ({ ...exemplar, quantity: SECONDS })),
      SECONDS,
    );
  }, [none, inSpans.data, exemplars.data, span]);
  return {
    basis: none ? 'spans' : 'metrics',
    calls,
    durations: over,
    marks,
    window,
    loading: raw === undefined,
    durationsLoading: slow.isLoading,
    dim: metrics.isPlaceholderData || slow.isPlaceholderData || spans.isPlaceholderData,
    error: metrics.error ?? (none ? spans.error : null),
    retry: () => void Promise.all([metrics.refetch(), ...(none ? [spans.refetch()] : [])]),
    lacks: lacksOf([metrics, spans, slow], [slow.error]),
  };
}

export interface Operations {
  readonly operations: readonly Operation[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** Every operation of a service over the whole range. */
export function useOperations(service: string, basis: ServicePictures['basis'] | undefined): Operations {
  const { span } = useLive();
  const { endMs, wholeMs, span: whole } = useWindow(POINTS_MAX);
  const scope: Scope = { service };
  const ofMetrics = basis === 'metrics';
  const rates = useAnswer(ofMetrics ? queryInstant(callRates(scope, wholeMs, ['span_name']), endMs) : undefined);
  const durations = useDurations(
    (form) => durationQuantiles(scope, wholeMs, ['service', 'span_kind', 'span_name'], form),
    endMs,
    ofMetrics,
  );
  const spans = basis === 'spans' ? spanScope(scope, false) : undefined;
  const spanRate = useAnswer(spans && traceInstant(spanRates(spans, ['name']), span));
  const spanDurations = useAnswer(spans && traceInstant(spanQuantiles(spans, ['kind', 'name']), whole));
  const counted = ofMetrics ? rates : spanRate;
  const operations = useMemo(() => {
    if (ofMetrics) {
      const calls = vectorOf(rates.data?.value.value).map(({ labels, times, values }) =>
        callSeries({ labels, times, values: values.map((value) => (typeof value === 'number' ? value : value.count)) }),
      );
      return operationsOf(calls, quantilesOfVector(vectorOf(durations.data?.value.value)));
    }
    const calls = (spanRate.data?.value ?? []).map(({ labels, value }) =>
      callSeries({ labels: Object.fromEntries(labels.map((label) => [label.name, label.value])), times: [0], values: [value] }),
    );
    return operationsOf(calls, quantilesOfSpans(spanDurations.data?.value ?? []));
  }, [ofMetrics, rates.data, durations.data, spanRate.data, spanDurations.data]);
  return { operations, loading: counted.data === undefined, error: counted.error, retry: () => void counted.refetch() };
}
