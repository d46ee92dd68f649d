// The home page: with nothing configured, how this host is, what comes in, and which targets do not answer.

import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleXFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import { useLive } from '../../data/Live.tsx';
import { cardinality, targets as targetsQuestion } from '../../data/questions.ts';
import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { useAddress } from '../../data/use-address.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { recent } from './growth.ts';
import { HOST_QUERY, chosenHost, hostsOf, verdict } from './home-state.ts';
import type { Concern, Host, Measure, Verdict } from './home-state.ts';
import { FirstData } from './FirstData.tsx';
import { HostCharts } from './HostCharts.tsx';
import { Incoming } from './Incoming.tsx';
import { useWaiting } from './use-waiting.ts';
import css from './home.module.css';

const BYTE_RATE: Quantity = { unit: 'bytes', perSecond: true };

/** A host that never tells its CPU time is not waited for longer than a minute. */
const LOOKS_FOR_RATES = 12;

export function Home() {
  const { span, nowMs, refresh } = useLive();
  const { address, set } = useAddress();
  // A range that lies in the past is answered as of its end.
  const atMs = Math.min(span.endMs, nowMs);
  const now = useAnswer(recent(HOST_QUERY, atMs));
  const targets = useAnswer(targetsQuestion);
  const series = useAnswer(cardinality, 'minute').data?.value.seriesCount;
  const hosts = useMemo(() => hostsOf(now.data?.value ?? []), [now.data]);
  const host = chosenHost(hosts, address);
  const empty = now.isSuccess && hosts.length === 0;
  useWaiting(empty || (host !== undefined && host.cpu === undefined), empty ? Number.POSITIVE_INFINITY : LOOKS_FOR_RATES, refresh);
  if (now.error) return <Failed title="The hosts cannot be read" error={now.error} onRetry={() => void now.refetch()} />;
  if (!now.data || targets.isPending) return <Skeleton rows={14} />;
  const active = targets.data?.value.active ?? [];
  const warnings = [...now.data.warnings, ...(targets.error ? [`Targets are missing: ${targets.error.message}`] : [])];
  return (
    <div className={css.page}>
      <Notices texts={warnings} />
      {hosts.length + active.length > 0 && <Sentence verdict={verdict(hosts, active)} />}
      {hosts.length > 0 && <HostTable hosts={hosts} chosen={host?.key ?? ''} onChoose={(key) => set({ host: key }, true)} />}
      {host && <HostCharts host={host} />}
      <Incoming targets={active} />
      {hosts.length === 0 && <FirstData nothing={active.length === 0 && series === 0} />}
    </div>
  );
}

const ICONS = { ok: IconCircleCheckFilled, warn: IconAlertTriangleFilled, bad: IconCircleXFilled } as const;

function Sentence({ verdict: { concern, text } }: { readonly verdict: Verdict }) {
  const Icon = ICONS[concern];
  return (
    <h1 className={css.sentence} data-concern={concern}>
      <Icon size={20} aria-label={{ ok: 'Well', warn: 'Warning', bad: 'Trouble' }[concern]} />
      {text}
    </h1>
  );
}

const HOSTS_SHOWN = 50;

interface HostTableProps {
  readonly hosts: readonly Host[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}

function HostTable({ hosts, chosen, onChoose }: HostTableProps) {
  return (
    <div className={css.hostBox}>
      <table className={css.hosts}>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
            <th scope="col">Fullest disk</th>
            <th scope="col" className={css.desk}>
              Load
            </th>
            <th scope="col" className={css.desk}>
              Network in
            </th>
            <th scope="col" className={css.desk}>
              Network out
            </th>
          </tr>
        </thead>
        <tbody>
          {hosts.slice(0, HOSTS_SHOWN).map((host) => (
            <tr key={host.key} aria-current={host.key === chosen && hosts.length > 1}>
              <th scope="row">
                <button type="button" onClick={() => onChoose(host.key)} title={`${host.instance} (job ${host.job})`}>
                  <Mark concern={host.concern} />
                  <span>{host.instance}</span>
                </button>
              </th>
              <Share measure={host.cpu} />
              <Share measure={host.memory} />
              <Share measure={host.disk} note={host.disk?.mountpoint} />
              <td className={css.desk}>{quantityText(host.load1, { unit: 'none', perSecond: false })}</td>
              <td className={css.desk}>{quantityText(host.receive, BYTE_RATE)}</td>
              <td className={css.desk}>{quantityText(host.transmit, BYTE_RATE)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {hosts.length > HOSTS_SHOWN && (
        <p className={css.more}>
          {HOSTS_SHOWN} of {hosts.length} hosts are listed, those with trouble first.{' '}
          <Link to="/metrics" search={(now: Address) => ({ ...keepShell(now), q: 'node_load1' })}>
            See them all as a metric
          </Link>
        </p>
      )}
    </div>
  );
}

function Mark({ concern }: { readonly concern: Concern }) {
  const Icon = ICONS[concern];
  return <Icon size={14} className={css.mark} data-concern={concern} aria-label={concern} />;
}

function Share({ measure, note }: { readonly measure: Measure | undefined; readonly note?: string | undefined }) {
  if (!measure) return <td>–</td>;
  return (
    <td title={note}>
      <span className={css.share} data-concern={measure.concern}>
        <i>
          <i style={{ width: `${Math.min(100, measure.value * 100)}%` }} />
        </i>
        <span>{Math.round(measure.value * 100)} %</span>
        {note && <small>{note}</small>}
      </span>
    </td>
  );
}
