// The metrics page: what is there at the left, one query over time at the right. Its state is its address.

import { IconArrowLeft } from '@tabler/icons-react';
import { useCallback, useDeferredValue, useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { metricOf } from '../../data/query-text.ts';
import { cardinality, metadata, metricNames } from '../../data/questions.ts';
import { rememberRecent } from '../../data/recent.ts';
import { alignSpan } from '../../data/time-range.ts';
import { useAddress } from '../../data/use-address.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Failed, Lines, Notices, Skeleton } from '../../kit/States.tsx';
import { Explorer } from './Explorer.tsx';
import { MetricList } from './MetricList.tsx';
import { findMetrics, metaOf, metricRows, metricsAddress, readMetrics, reduceMetrics } from './metrics-state.ts';
import type { MetricsEvent } from './metrics-state.ts';
import { MetricQueryBar } from './MetricQueryBar.tsx';
import { useResult } from './use-result.ts';
import css from './metrics.module.css';

const NO_METADATA = new Map<string, never>();

export function Metrics() {
  const { span, refresh } = useLive();
  const { address, set } = useAddress();
  const state = useMemo(() => readMetrics(address), [address]);
  const send = useCallback(
    (event: MetricsEvent): void => {
      const next = reduceMetrics(state, event);
      if (next.query !== state.query) rememberRecent('queries', next.query);
      // Only another query is a step to go back over.
      set(metricsAddress(next), next.query === state.query);
    },
    [state, set],
  );
  const choose = useCallback((name: string) => send({ kind: 'metric chosen', name }), [send]);

  const names = useAnswer(metricNames(alignSpan(span, 300_000)), 'minute');
  const described = useAnswer(metadata, 'minute');
  const counted = useAnswer(cardinality, 'minute');
  const meta = described.data?.value ?? NO_METADATA;
  const list = names.data?.value;
  const series = counted.data?.value.seriesByMetric;
  const { find, sort } = state;
  const all = useMemo(() => metricRows(list ?? [], meta, new Map(series?.map((s) => [s.name, s.value]))), [list, meta, series]);
  // The field follows every letter at once, the list when there is time.
  const sought = useDeferredValue(find);
  const rows = useMemo(() => findMetrics(all, { find: sought, sort }), [all, sought, sort]);
  const existing = useMemo(() => new Set(list), [list]);
  const metric = metricOf(state.query);
  const result = useResult(state);
  // The same query again asks for what is new.
  const run = (query: string): void => (query.trim() === state.query ? refresh() : send({ kind: 'query run', query }));
  return (
    <div className={css.page} data-open={state.query !== ''}>
      {names.error ? (
        <Failed title="The names cannot be listed" error={names.error} onRetry={() => void names.refetch()} />
      ) : list === undefined ? (
        <aside className={css.list}>
          <Skeleton rows={20} />
        </aside>
      ) : (
        <MetricList
          rows={rows}
          total={list.length}
          chosen={metric}
          find={find}
          sort={sort}
          onFind={(text) => send({ kind: 'find typed', find: text })}
          onSort={(by) => send({ kind: 'list sorted', sort: by })}
          onChoose={choose}
        />
      )}
      <div className={css.right}>
        <div className={css.back}>
          <Button onClick={() => send({ kind: 'closed' })}>
            <IconArrowLeft size={16} aria-hidden />
            All metrics
          </Button>
        </div>
        <MetricQueryBar query={state.query} metrics={all} notes={result.notes} onRun={run} />
        <Notices texts={described.error ? [`Types and help are missing: ${described.error.message}`] : []} />
        {state.query === '' ? (
          <Start none={list?.length === 0} />
        ) : (
          <Explorer state={state} result={result} meta={metaOf(metric, meta)} names={existing} onEvent={send} />
        )}
      </div>
    </div>
  );
}

function Start({ none }: { readonly none: boolean }) {
  if (!none) {
    return (
      <Empty title="Choose a metric">
        <p>
          Or write a query above: <code>up</code>, <code>{'node_load1{instance="web-1"}'}</code>,{' '}
          <code>{'sum by (job) (rate(http_requests_total[5m]))'}</code>. The key / leads there.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No metrics in this time range">
      <p>Widen the time range, choose another tenant, or send the first sample:</p>
      <Lines text={`echo 'hello_world 1' | curl --data-binary @- ${location.origin}/api/v1/import/prometheus`} />
    </Empty>
  );
}
