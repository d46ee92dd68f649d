// What comes in: how many samples, log lines and spans a second, of how many series and services, and the targets that answer or do not.

import { Link } from '@tanstack/react-router';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import type { Target } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import { cardinality } from '../../data/questions.ts';
import { alignSpan } from '../../data/time-range.ts';
import { traceValues } from '../../data/trace-questions.ts';
import { countText, quantityText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { recent, totalGrowth } from './growth.ts';
import css from './home.module.css';

const DOWN_SHOWN = 8;

/** Samples that were stored, by whichever road they came: the program's own counters, one for each tenant. */
const SAMPLES_QUERY = '{__name__=~"sightline_metrics_samples_total|sightline_metrics_histograms_total"}';

const LINES_QUERY = 'sightline_logs_lines_total';

const SPANS_QUERY = 'sightline_traces_spans_total';

interface RateProps {
  readonly title: string;
  readonly query: string;
  /** The page that shows what comes in. */
  readonly to: '/metrics' | '/logs' | '/traces';
}

function Rate({ title, query, to }: RateProps) {
  const { span, nowMs } = useLive();
  const answer = useAnswer(recent(query, Math.min(span.endMs, nowMs)));
  const rate = answer.data && totalGrowth(answer.data.value);
  return (
    <div>
      <dt>{title}</dt>
      <dd title={rate === undefined ? 'not known yet' : String(rate)}>
        {rate === undefined ? (
          '–'
        ) : (
          <Link to={to} search={keepShell}>
            {quantityText(rate, { unit: 'none', perSecond: true })}
          </Link>
        )}
      </dd>
    </div>
  );
}

/** How many services sent spans in the range of the page. */
function Services() {
  const { span } = useLive();
  const answer = useAnswer(traceValues('resource.service.name', '', alignSpan(span, 60_000)), 'minute');
  const count = answer.data?.value.length;
  return (
    <div>
      <dt>Services</dt>
      <dd>
        {count === undefined ? (
          '–'
        ) : (
          <Link to="/services" search={keepShell}>
            {countText(count)}
          </Link>
        )}
      </dd>
    </div>
  );
}

export function Incoming({ targets }: { readonly targets: readonly Target[] }) {
  const stats = useAnswer(cardinality, 'minute');
  const series = stats.data?.value.seriesCount;
  const down = targets.filter((t) => t.health === 'down');
  const up = targets.filter((t) => t.health === 'up').length;
  return (
    <section className={css.incoming}>
      <dl className={css.numbers}>
        <Rate title="Samples in" query={SAMPLES_QUERY} to="/metrics" />
        <Rate title="Log lines in" query={LINES_QUERY} to="/logs" />
        <Rate title="Spans in" query={SPANS_QUERY} to="/traces" />
        <Services />
        <div>
          <dt>Series</dt>
          <dd>
            {series === undefined ? (
              '–'
            ) : (
              <Link to="/settings" search={(address: Address) => ({ ...keepShell(address), section: 'cardinality' })}>
                {countText(series)}
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>Targets up</dt>
          <dd>
            <Link to="/targets" search={keepShell}>
              {countText(up)} of {countText(targets.length)}
            </Link>
          </dd>
        </div>
      </dl>
      {down.length > 0 && (
        <table className={css.down}>
          <caption>Targets that do not answer</caption>
          <tbody>
            {down.slice(0, DOWN_SHOWN).map((t) => (
              <tr key={`${t.pool} ${t.url}`}>
                <th scope="row">
                  <Link
                    to="/targets"
                    search={(address: Address) => ({ ...keepShell(address), health: 'unhealthy', find: t.labels['instance'] })}
                  >
                    {t.labels['instance'] ?? t.url}
                  </Link>
                </th>
                <td>{t.pool}</td>
                <td title={t.lastError}>{t.lastError}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {down.length > DOWN_SHOWN && (
        <p className={css.more}>
          and{' '}
          <Link to="/targets" search={(address: Address) => ({ ...keepShell(address), health: 'unhealthy' })}>
            {countText(down.length - DOWN_SHOWN)} more
          </Link>
        </p>
      )}
    </section>
  );
}
