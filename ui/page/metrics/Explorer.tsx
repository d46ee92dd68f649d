// The right side of the metrics page below the query: its answer as a picture or a table, in whatever state it is.

import type { MetricMeta } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import type { QueryStats } from '../../data/query-result.ts';
import { quantityOf } from '../../data/query-quantity.ts';
import { metricOf, rateForm } from '../../data/query-text.ts';
import { instantText, lengthText, zoneName } from '../../data/time-text.ts';
import { countText, quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { Button, Segments } from '../../kit/Controls.tsx';
import { Answered } from '../../kit/Answered.tsx';
import { Empty, Notices } from '../../kit/States.tsx';
import { InstantView } from './InstantView.tsx';
import { isCounter } from './metrics-state.ts';
import type { MetricsEvent, MetricsState } from './metrics-state.ts';
import { Picture } from './Picture.tsx';
import type { Result } from './use-result.ts';
import { whyEmpty } from './why-empty.ts';
import css from './metrics.module.css';

interface ExplorerProps {
  readonly state: MetricsState;
  readonly result: Result;
  readonly meta: MetricMeta | undefined;
  readonly names: ReadonlySet<string>;
  readonly onEvent: (event: MetricsEvent) => void;
}

const PLAIN: Quantity = { unit: 'none', perSecond: false };
/** A rate needs some samples in its window, and its windows should meet. */
const RATE_WINDOW_MS = 300_000;

export function Explorer(props: ExplorerProps) {
  const { state, result, meta, names, onEvent } = props;
  const { expr, view, range, instant, earlier, exemplars } = result;
  const quantity = expr === undefined ? PLAIN : quantityOf(expr);
  const empty = (
    <Empty title={view === 'chart' ? 'No series match in this time range' : 'No series has a value at this time'}>
      {(expr === undefined ? [] : whyEmpty(expr, names, view)).map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
    </Empty>
  );
  return (
    <section className={css.explorer}>
      {meta && (meta.type !== '' || meta.help !== '') && (
        <div className={css.about}>
          {meta.type !== '' && <b>{meta.type}</b>}
          <span>{meta.help}</span>
        </div>
      )}
      <Controls {...props} />
      {state.before && earlier.error && <Notices texts={[`The period before is missing: ${earlier.error.message}`]} />}
      {exemplars.error && <Notices texts={[`Exemplars are missing: ${exemplars.error.message}`]} />}
      {view === 'chart' ? (
        <Answered answer={range}>
          {({ series }) =>
            series.length === 0 ? (
              empty
            ) : (
              <Picture
                raw={series}
                {...(exemplars.data && { exemplars: exemplars.data.value })}
                earlier={state.before ? (earlier.data?.value.series ?? []) : []}
                asked={result.asked}
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
          {({ value }) => <InstantView value={value} expr={expr} quantity={quantity} state={state} empty={empty} onEvent={onEvent} />}
        </Answered>
      )}
    </section>
  );
}

function Controls({ state, result, meta, onEvent }: ExplorerProps) {
  const { asked, drawable, view } = result;
  const form = rateForm(state.query, Math.max(RATE_WINDOW_MS, asked.stepMs));
  const rateable = form !== undefined && (form.kind === 'rate' || isCounter(metricOf(state.query), meta));
  return (
    <div className={css.controls}>
      <Segments
        label="View"
        value={view}
        choices={[
          ['chart', 'Chart'],
          ['table', 'Table'],
        ]}
        onChoose={(chosen) => onEvent({ kind: 'view chosen', view: chosen })}
      />
      {form && rateable && (
        <Segments
          label="Values"
          value={form.kind}
          choices={[
            ['raw', 'Raw value'],
            ['rate', 'Rate'],
          ]}
          onChoose={(kind) => kind !== form.kind && onEvent({ kind: 'query run', query: form.other })}
        />
      )}
      {view === 'chart' && (
        <Button aria-pressed={state.before} onClick={() => onEvent({ kind: 'before toggled' })}>
          Period before
        </Button>
      )}
      {!drawable && <span className={css.hint}>This expression has no value over time to draw.</span>}
      <Facts result={result} />
    </div>
  );
}

/** What the answer amounts to, small beside it. */
function Facts({ result }: { readonly result: Result }) {
  const live = useLive();
  const { view, range, instant, asked } = result;
  if (view === 'chart') {
    const series = range.data?.value.series.length;
    const parts = [...amounts(series, range.data?.value.stats), `step ${lengthText(asked.stepMs)}`];
    return <span className={css.facts}>{parts.join(' · ')}</span>;
  }
  const value = instant.data?.value.value;
  const series = value && 'series' in value ? value.series.length : undefined;
  const at = `at ${instantText(live.span.endMs, live.zone)} ${zoneName(live.zone)}`;
  return <span className={css.facts}>{[...amounts(series, instant.data?.value.stats), at].join(' · ')}</span>;
}

function amounts(series: number | undefined, stats: QueryStats | undefined): readonly string[] {
  const parts = series === undefined ? [] : [`${countText(series)} series`];
  if (stats)
    parts.push(
      `${countText(stats.samples)} ${stats.samples === 1 ? 'sample' : 'samples'}`,
      quantityText(stats.seconds, { unit: 'seconds', perSecond: false }),
    );
  return parts;
}
