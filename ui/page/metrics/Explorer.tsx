// The right side of the metrics page: one query over time, in whatever state its answer is.

import type { MetricMeta } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import { range } from '../../data/questions.ts';
import { rateWindowSteps } from '../../data/samples.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { lengthText } from '../../data/time-text.ts';
import { unitOfName } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button, Segments } from '../../kit/Controls.tsx';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { isCounter, metricOf } from './metrics-state.ts';
import type { MetricsEvent, MetricsState } from './metrics-state.ts';
import { Picture, spanBefore } from './Picture.tsx';
import type { Asked } from './Picture.tsx';
import css from './metrics.module.css';

interface ExplorerProps {
  readonly state: MetricsState;
  readonly meta: MetricMeta | undefined;
  readonly onEvent: (event: MetricsEvent) => void;
}

/** One point for every three pixels of the window is as fine as a line shows. */
function pointsMax(): number {
  return Math.min(800, Math.max(200, Math.round(innerWidth / 300) * 100));
}

/** What is asked: whole steps, and for a rate its window before the start. */
function askedOf(span: Span, state: MetricsState): Asked {
  const stepMs = stepFor(span, pointsMax());
  const aligned = alignSpan(span, stepMs);
  const windowSteps = state.calc === 'rate' ? rateWindowSteps(stepMs) : 0;
  return { span: { startMs: aligned.startMs - windowSteps * stepMs, endMs: aligned.endMs }, stepMs, windowSteps };
}

export function Explorer({ state, meta, onEvent }: ExplorerProps) {
  const live = useLive();
  const question = askedOf(live.span, state);
  const answer = useAnswer(range(state.query, question.span, question.stepMs));
  const earlierSpan = spanBefore(question);
  const earlier = useAnswer(state.before ? range(state.query, earlierSpan, question.stepMs) : undefined);
  const metric = metricOf(state.query);
  const rate = state.calc === 'rate';
  return (
    <section className={css.explorer}>
      <div className={css.about}>
        {meta && meta.type !== '' && <b>{meta.type}</b>}
        <span>{meta?.help}</span>
      </div>
      <div className={css.controls}>
        <Segments
          label="View"
          value={state.view}
          choices={[
            ['chart', 'Chart'],
            ['table', 'Table'],
          ]}
          onChoose={(view) => onEvent({ kind: 'view chosen', view })}
        />
        {(rate || isCounter(metric, meta)) && (
          <Segments
            label="Values"
            value={state.calc}
            choices={[
              ['raw', 'Raw value'],
              ['rate', 'Rate'],
            ]}
            onChoose={(calc) => onEvent({ kind: 'calc chosen', calc })}
          />
        )}
        {state.view === 'chart' && (
          <Button aria-pressed={state.before} onClick={() => onEvent({ kind: 'before toggled' })}>
            Period before
          </Button>
        )}
        {rate && (
          <span className={css.hint}>
            per second over {lengthText(question.windowSteps * question.stepMs)}, computed in this browser from the drawn points
          </span>
        )}
        <span className={css.hint}>step {lengthText(question.stepMs)}</span>
      </div>
      {state.before && earlier.error && <Notices texts={[`The period before is missing: ${earlier.error.message}`]} />}
      {answer.error && <Failed title="This query failed" error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton rows={10} />}
      {answer.data && !answer.error && (
        <>
          <Notices texts={answer.data.warnings} />
          <Picture
            raw={answer.data.value}
            earlier={state.before ? (earlier.data?.value ?? []) : []}
            asked={question}
            state={state}
            quantity={{ unit: unitOfName(metric), perSecond: rate }}
            dim={answer.isPlaceholderData}
            onEvent={onEvent}
          />
        </>
      )}
    </section>
  );
}
