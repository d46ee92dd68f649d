// The settings page: what runs here, what it was told, and where its series come from.

import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import type { Question } from '../../data/api.ts';
import type { Cardinality, Named } from '../../data/decode.ts';
import { cardinality, config, facts } from '../../data/questions.ts';
import { printSelector } from '../../data/selector.ts';
import type { Matcher } from '../../../src/query/matchers.ts';
import { countText, quantityText } from '../../data/units.ts';
import { useAddress } from '../../data/use-address.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { Segments, inputClass } from '../../kit/Controls.tsx';
import { Empty, Failed, Lines, Notices, Skeleton } from '../../kit/States.tsx';
import { SECTIONS, factTitle, findFacts, openSection, readSettings, settingsAddress, shares, tellingFacts } from './settings-state.ts';
import css from './settings.module.css';

const BUILD = facts('status/buildinfo');
const RUNTIME = facts('status/runtimeinfo');
const FLAGS = facts('status/flags');

export function Settings() {
  const { address, set } = useAddress();
  const state = useMemo(() => readSettings(address), [address]);
  return (
    <div className={css.page}>
      <div className={css.tools}>
        <Segments
          label="Section"
          value={state.section}
          choices={SECTIONS}
          onChoose={(section) => set(settingsAddress(openSection(section)))}
        />
      </div>
      {state.section === 'status' && (
        <>
          <Facts title="Build" question={BUILD} />
          <Facts title="Runtime" question={RUNTIME} />
        </>
      )}
      {state.section === 'cardinality' && <CardinalitySection />}
      {state.section === 'flags' && (
        <>
          <div className={css.find}>
            <input
              className={inputClass}
              data-query
              value={state.find}
              onChange={(e) => set(settingsAddress({ ...state, find: e.target.value }), true)}
              placeholder="Find a flag"
              aria-label="Find a flag"
              spellCheck={false}
            />
          </div>
          <Facts title="Flags" question={FLAGS} find={state.find} />
        </>
      )}
      {state.section === 'config' && <Config />}
    </div>
  );
}

interface FactsProps {
  readonly title: string;
  readonly question: Question<readonly (readonly [string, string])[]>;
  /** Only the rows with this text; without it, the rows that say something. */
  readonly find?: string;
}

function Facts({ title, question, find }: FactsProps) {
  const answer = useAnswer(question);
  if (answer.error) return <Failed title={`${title} cannot be shown`} error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton rows={6} />;
  const rows = find === undefined ? tellingFacts(answer.data.value) : findFacts(answer.data.value, find);
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className={css.none}>{(find ?? '') === '' ? 'Nothing to say.' : 'Nothing is called that.'}</p>
      ) : (
        <dl className={css.facts}>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{factTitle(name)}</dt>
              <dd>{value === '' ? '–' : value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Config() {
  const answer = useAnswer(config);
  if (answer.error) return <Failed title="The configuration cannot be shown" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton rows={12} />;
  if (answer.data.value.trim() === '') return <Empty title="No configuration was given">Every setting has its default.</Empty>;
  return (
    <section className={css.section}>
      <div className={css.find}>
        <CopyButton title="Copy" text={answer.data.value} />
      </div>
      <Lines text={answer.data.value} />
    </section>
  );
}

const ROWS_SHOWN = 15;

function CardinalitySection() {
  const answer = useAnswer(cardinality);
  if (answer.error) return <Failed title="Cardinality cannot be shown" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton rows={12} />;
  const stats: Cardinality = answer.data.value;
  const bytes = (value: number): string => quantityText(value, { unit: 'bytes', perSecond: false });
  return (
    <>
      <Notices texts={answer.data.warnings} />
      {stats.seriesCount !== undefined && (
        <p className={css.total}>
          <b>{countText(stats.seriesCount)}</b> series. What has the most of them costs the most.
        </p>
      )}
      <div className={css.tables}>
        <Ranking
          title="Metrics with the most series"
          rows={stats.seriesByMetric}
          link={(name) => printSelector({ metric: name, matchers: [] })}
        />
        <Ranking title="Labels with the most values" rows={stats.valuesByLabel} />
        <Ranking title="Label pairs with the most series" rows={stats.seriesByPair} link={pairSelector} />
        <Ranking title="Labels that take the most memory" rows={stats.bytesByLabel} text={bytes} />
      </div>
    </>
  );
}

/** `job=node` as a selector. */
function pairSelector(pair: string): string {
  const at = pair.indexOf('=');
  const matcher: Matcher = { name: pair.slice(0, at), op: '=', value: pair.slice(at + 1) };
  return printSelector({ metric: '', matchers: [matcher] });
}

interface RankingProps {
  readonly title: string;
  readonly rows: readonly Named[];
  readonly text?: (value: number) => string;
  /** The query that a row leads to. */
  readonly link?: (name: string) => string;
}

function Ranking({ title, rows, text = countText, link }: RankingProps) {
  if (rows.length === 0) return null;
  return (
    <section className={css.section}>
      <h2>{title}</h2>
      <table className={css.ranking}>
        <tbody>
          {shares(rows, ROWS_SHOWN).map((row) => (
            <tr key={row.name}>
              <th scope="row">
                {link ? (
                  <Link to="/metrics" search={(now: Address) => ({ ...keepShell(now), q: link(row.name) })}>
                    {row.name}
                  </Link>
                ) : (
                  row.name
                )}
              </th>
              <td className={css.bar}>
                <i style={{ width: `${row.share * 100}%` }} />
              </td>
              <td title={String(row.value)}>{text(row.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
