// The numbers that a metrics query makes of spans over time, drawn as metrics are, with the exemplars that lead to traces; or what a comparison found.

import { useMemo } from 'react';
import type { MetricsExpression } from '../../../src/traces/traceql/ast.ts';
import type { Exemplar } from '../../data/exemplars.ts';
import { useLive } from '../../data/Live.tsx';
import { traceInstant, traceRange } from '../../data/trace-questions.ts';
import type { InstantSeries, TraceExemplar } from '../../data/trace-metrics.ts';
import { firstStageOf } from '../../data/traceql-text.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import { lengthText } from '../../data/time-text.ts';
import { countText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Segments } from '../../kit/Controls.tsx';
import { Answered } from '../../kit/Answered.tsx';
import { Empty } from '../../kit/States.tsx';
import type { MetricsEvent, MetricsState } from '../metrics/metrics-state.ts';
import { Picture } from '../metrics/Picture.tsx';
import { ResultTable } from '../metrics/ResultTable.tsx';
import { comparisonOf } from './comparison.ts';
import { ComparedAttributes } from './ComparedAttributes.tsx';
import { traceQuantityOf } from './trace-quantity.ts';
import css from './traces.module.css';

interface TraceMetricResultProps {
  readonly state: MetricsState;
  readonly expr: MetricsExpression;
  readonly onRun: (query: string) => void;
  readonly onEvent: (event: MetricsEvent) => void;
}

export function TraceMetricResult(props: TraceMetricResultProps) {
  const { state, expr, onRun } = props;
  const { span } = useLive();
  const isComparison = firstStageOf(expr)?.type === 'compare';
  const compared = useAnswer(isComparison ? traceInstant(state.query, span) : undefined);
  if (!isComparison) return <Numbers {...props} />;
  return (
    <section className={css.metric}>
      <Answered answer={compared}>
        {(series) => <ComparedAttributes comparison={comparisonOf(series)} query={state.query} onRun={onRun} />}
      </Answered>
    </section>
  );
}

const NO_VALUES = (
  <Empty title="No values in this time range">
    <p>No span passes the query's filters, or none has the field that is measured. Look at the spans: run the part in front of the bar.</p>
  </Empty>
);

function Numbers({ state, expr, onEvent }: TraceMetricResultProps) {
  const { span } = useLive();
  const stepMs = stepFor(span, Math.min(240, Math.max(60, Math.round(innerWidth / 10))));
  const asked = useMemo(() => ({ span: alignSpan(span, stepMs), stepMs }), [span, stepMs]);
  const range = useAnswer(state.view === 'chart' ? traceRange(state.query, asked.span, stepMs) : undefined);
  const instant = useAnswer(state.view === 'table' ? traceInstant(state.query, span) : undefined);
  const quantity = traceQuantityOf(expr);
  const series = range.data?.value.series.length;
  return (
    <section className={css.metric}>
      <div className={css.toolbar}>
        <Segments
          label="View"
          value={state.view}
          choices={[
            ['chart', 'Chart'],
            ['table', 'Table'],
          ]}
          onChoose={(view) => onEvent({ kind: 'view chosen', view })}
        />
        <span className={css.facts}>
          {state.view === 'table'
            ? 'over all of the time range'
            : `${series === undefined ? '' : `${countText(series)} series · `}step ${lengthText(stepMs)}`}
        </span>
      </div>
      {state.view === 'chart' ? (
        <Answered answer={range}>
          {({ series: raw, exemplars }) =>
            raw.length === 0 ? (
              NO_VALUES
            ) : (
              <Picture
                raw={raw}
                earlier={[]}
                asked={asked}
                state={state}
                quantity={quantity}
                dim={range.isPlaceholderData}
                exemplars={exemplars.map((exemplar) => exemplarOf(exemplar, quantity))}
                onEvent={onEvent}
              />
            )
          }
        </Answered>
      ) : (
        <Answered answer={instant}>
          {(found) =>
            found.length === 0 ? (
              NO_VALUES
            ) : (
              <ResultTable
                value={{ kind: 'vector', series: found.map(sampleOf) }}
                quantity={quantity}
                sort={state.tableSort}
                onSort={(column) => onEvent({ kind: 'table sorted', column })}
              />
            )
          }
        </Answered>
      )}
    </section>
  );
}

/** What it measures is what its chart shows. */
function exemplarOf({ series, labels, value, atMs }: TraceExemplar, quantity: Quantity): Exemplar {
  return { series, labels, value, atMs, quantity };
}

function sampleOf({ labels, value }: InstantSeries): {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
} {
  return { labels: Object.fromEntries(labels.map(({ name, value: text }) => [name, text])), times: [], values: [value] };
}
