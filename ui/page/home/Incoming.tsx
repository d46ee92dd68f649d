// What comes in: how many samples and log lines a second and series there are, and the targets that answer or do not.

import { Link } from '@tanstack/react-router';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import type { Target } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import { cardinality } from '../../data/questions.ts';
import { countText, quantityText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { recent, totalGrowth } from './growth.ts';
import css from './home.module.css';

const DOWN_SHOWN = 8;

/** Samples that were stored, by whichever road they came: the program's own counters, one for each tenant. */
const SAMPLES_QUERY = '{__name__=~"sightline_metrics_samples_total|sightline_metrics_histograms_total"}';

const LINES_QUERY = 'sightline_logs_lines_total';

function Rate({ title, query }: { readonly title: string; readonly query: string }) {
  const { span, nowMs } = useLive();
  const answer = useAnswer(recent(query, Math.min(span.endMs, nowMs)));
  const rate = answer.data && totalGrowth(answer.data.value);
  return (
    <div>
      <dt>{title}</dt>
      <dd title={rate === undefined ? 'not known yet' : String(rate)}>
        {rate === undefined ? '–' : quantityText(rate, { unit: 'none', perSecond: true })}
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
        <Rate title="Samples in" query={SAMPLES_QUERY} />
        <Rate title="Log lines in" query={LINES_QUERY} />
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
