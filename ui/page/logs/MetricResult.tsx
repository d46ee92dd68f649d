// The numbers that a metric query makes of lines: over time as a picture, or at the end of the range as a table, as metrics are shown.

import type { MetricExpr } from '../../../src/logs/logql/ast.ts';
import { useLive } from '../../data/Live.tsx';
import { logInstant, logRange } from '../../data/log-questions.ts';
import { logQuantityOf } from '../../data/logql-quantity.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import { instantText, lengthText, zoneName } from '../../data/time-text.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Segments } from '../../kit/Controls.tsx';
import { Answered } from '../../kit/Answered.tsx';
import { Empty } from '../../kit/States.tsx';
import { InstantView } from '../metrics/InstantView.tsx';
import type { MetricsEvent, MetricsState } from '../metrics/metrics-state.ts';
import { Picture } from '../metrics/Picture.tsx';
import css from './logs.module.css';

interface MetricResultProps {
  readonly state: MetricsState;
  readonly expr: MetricExpr;
  readonly onEvent: (event: MetricsEvent) => void;
}

export function MetricResult({ state, expr, onEvent }: MetricResultProps) {
  const { span, zone } = useLive();
  const stepMs = stepFor(span, Math.min(400, Math.max(120, Math.round(innerWidth / 5))));
  const asked = { span: alignSpan(span, stepMs), stepMs };
  const range = useAnswer(state.view === 'chart' ? logRange(state.query, asked.span, stepMs) : undefined);
  const instant = useAnswer(state.view === 'table' ? logInstant(state.query, span.endMs) : undefined);
  const quantity = logQuantityOf(expr);
  const series = range.data?.value.series.length;
  const empty = (
    <Empty title="No values in this time range">
      <p>
        No line passes the query's filters, or none has the field that is measured. Look at the lines: run the part in front of the
        brackets.
      </p>
    </Empty>
  );
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
          {state.view === 'chart'
            ? `${series === undefined ? '' : `${countText(series)} series · `}step ${lengthText(stepMs)}`
            : `at ${instantText(span.endMs, zone)} ${zoneName(zone)}`}
        </span>
      </div>
      {state.view === 'chart' ? (
        <Answered answer={range}>
          {({ series: raw }) =>
            raw.length === 0 ? (
              empty
            ) : (
              <Picture
                raw={raw}
                earlier={[]}
                asked={asked}
                state={state}
                quantity={quantity}
                dim={range.isPlaceholderData}
                onEvent={onEvent}
              />
            )
          }
        </Answered>
      ) : (
        <Answered answer={instant}>
          {({ value }) => <InstantView value={value} expr={undefined} quantity={quantity} state={state} empty={empty} onEvent={onEvent} />}
        </Answered>
      )}
    </section>
  );
}
