// The targets page: what is scraped, whether it answers, and why not. Details open beside the list.

import { IconCircleCheckFilled, IconCircleXFilled, IconHelpCircleFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import type { Target } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import { targets as targetsQuestion } from '../../data/questions.ts';
import { printSelector } from '../../data/selector.ts';
import { agoText, instantText, zoneName } from '../../data/time-text.ts';
import { countText, quantityText } from '../../data/units.ts';
import { useAddress } from '../../data/use-address.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { Segments, inputClass, selectClass } from '../../kit/Controls.tsx';
import { SidePanel, useEscape } from '../../kit/SidePanel.tsx';
import { Empty, Failed, Lines, Notices, Skeleton } from '../../kit/States.tsx';
import { poolsOf, readTargets, reduceTargets, targetKey, targetRows, targetsAddress } from './targets-state.ts';
import type { TargetsEvent, TargetsState } from './targets-state.ts';
import css from './targets.module.css';

const SCRAPE_LINES = `scrape:
  - job_name: web
    static_configs:
      - targets: ['web-1:9100']`;

export function Targets() {
  const { address, set } = useAddress();
  const state = useMemo(() => readTargets(address), [address]);
  const send = (event: TargetsEvent): void => set(targetsAddress(reduceTargets(state, event)), event.kind !== 'opened');
  const answer = useAnswer(targetsQuestion);
  if (answer.error) return <Failed title="The targets cannot be listed" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton rows={16} />;
  const { active, dropped, droppedCount } = answer.data.value;
  if (active.length === 0) {
    return (
      <Empty title="Nothing is scraped">
        <p>Targets appear here once the configuration names some. In the file given with --config:</p>
        <Lines text={SCRAPE_LINES} />
        {droppedCount > 0 && <p>{countText(droppedCount)} targets were discovered and dropped by relabelling.</p>}
      </Empty>
    );
  }
  const opened = active.find((t) => targetKey(t) === state.open);
  return (
    <div className={css.page} data-open={opened !== undefined}>
      <div className={css.left}>
        <Notices texts={answer.data.warnings} />
        <Filters active={active} state={state} onEvent={send} />
        <TargetList rows={targetRows(active, state)} open={state.open} onEvent={send} />
        {droppedCount > 0 && (
          <p className={css.foot}>
            {countText(droppedCount)} discovered targets were dropped by relabelling
            {dropped.length < droppedCount ? `, ${countText(dropped.length)} of them are kept to look at` : ''}.
          </p>
        )}
      </div>
      {opened && <Detail target={opened} onClose={() => send({ kind: 'closed' })} />}
    </div>
  );
}

interface FiltersProps {
  readonly active: readonly Target[];
  readonly state: TargetsState;
  readonly onEvent: (event: TargetsEvent) => void;
}

function Filters({ active, state, onEvent }: FiltersProps) {
  const pools = useMemo(() => poolsOf(active), [active]);
  const up = active.filter((t) => t.health === 'up').length;
  return (
    <div className={css.tools}>
      <Segments
        label="Health"
        value={state.health}
        choices={[
          ['all', `All ${countText(active.length)}`],
          ['unhealthy', `Unhealthy ${countText(active.length - up)}`],
          ['up', `Up ${countText(up)}`],
        ]}
        onChoose={(health) => onEvent({ kind: 'health chosen', health })}
      />
      <select
        className={selectClass}
        value={state.pool}
        aria-label="Pool"
        onChange={(e) => onEvent({ kind: 'pool chosen', pool: e.target.value })}
      >
        <option value="">all {countText(pools.length)} pools</option>
        {pools.map((pool) => (
          <option key={pool.name} value={pool.name}>
            {pool.name} ({pool.up}/{pool.total} up)
          </option>
        ))}
      </select>
      <input
        className={inputClass}
        data-query
        value={state.find}
        onChange={(e) => onEvent({ kind: 'find typed', find: e.target.value })}
        placeholder="Find in addresses, labels, errors"
        aria-label="Find a target"
        spellCheck={false}
      />
    </div>
  );
}

export function HealthMark({ health }: { readonly health: Target['health'] }) {
  const Icon = { up: IconCircleCheckFilled, down: IconCircleXFilled, unknown: IconHelpCircleFilled }[health];
  return (
    <span className={css.health} data-health={health}>
      <Icon size={14} aria-hidden />
      {health}
    </span>
  );
}

const ROW_HEIGHT = 44;

interface TargetListProps {
  readonly rows: readonly Target[];
  readonly open: string;
  readonly onEvent: (event: TargetsEvent) => void;
}

function TargetList({ rows, open, onEvent }: TargetListProps) {
  const { nowMs } = useLive();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const at = rows.findIndex((t) => targetKey(t) === open);
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : rows[Math.max(0, at + step)];
    if (step === undefined || !next) return;
    event.preventDefault();
    onEvent({ kind: 'opened', key: targetKey(next) });
    virtual.scrollToIndex(Math.max(0, at + step));
  };
  if (rows.length === 0) return <Empty title="No target passes these filters" />;
  return (
    <div
      ref={scroller}
      className={css.rows}
      role="listbox"
      aria-label="Targets"
      tabIndex={0}
      onKeyDown={press}
      aria-activedescendant={open === '' ? undefined : `target-${open}`}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const target = rows[index];
          if (!target) return null;
          const key = targetKey(target);
          return (
            <div
              key={`${key} ${index}`}
              id={`target-${key}`}
              role="option"
              aria-selected={key === open}
              className={css.row}
              style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
              onClick={() => onEvent({ kind: 'opened', key })}
            >
              <HealthMark health={target.health} />
              <span className={css.url}>{target.url}</span>
              <span className={css.when}>{target.lastScrapeMs === 0 ? 'not scraped yet' : agoText(target.lastScrapeMs, nowMs)}</span>
              <span className={css.pool}>{target.pool}</span>
              {target.lastError === '' ? (
                <span className={css.labels}>{labelsText(target.labels)}</span>
              ) : (
                <span className={css.error}>{target.lastError}</span>
              )}
              <span className={css.when}>
                {target.lastScrapeMs === 0 ? '' : quantityText(target.lastDurationS, { unit: 'seconds', perSecond: false })}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => name !== 'job')
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ');
}

function Detail({ target, onClose }: { readonly target: Target; readonly onClose: () => void }) {
  const { nowMs, zone } = useLive();
  useEscape(onClose);
  const matchers = ['job', 'instance'].flatMap((label) =>
    target.labels[label] ? [{ name: label, op: '=' as const, value: target.labels[label] }] : [],
  );
  const head = (
    <>
      <HealthMark health={target.health} />
      <h2>{target.labels['instance'] ?? target.url}</h2>
    </>
  );
  const link = (metric: string): string => printSelector({ metric, matchers });
  return (
    <SidePanel label="Target" head={head} className={css.panel} onClose={onClose}>
      {target.lastError !== '' && <div className={css.reason}>{target.lastError}</div>}
      <dl className={css.facts}>
        <dt>Address</dt>
        <dd>{target.url}</dd>
        <dt>Pool</dt>
        <dd>{target.pool}</dd>
        <dt>Last scrape</dt>
        <dd>
          {target.lastScrapeMs === 0
            ? 'never'
            : `${agoText(target.lastScrapeMs, nowMs)}, ${instantText(target.lastScrapeMs, zone)} ${zoneName(zone)}`}
        </dd>
        <dt>Took</dt>
        <dd>{target.lastScrapeMs === 0 ? '–' : quantityText(target.lastDurationS, { unit: 'seconds', perSecond: false })}</dd>
        <dt>Every</dt>
        <dd>
          {target.interval || '–'}
          {target.timeout !== '' && `, gives up after ${target.timeout}`}
        </dd>
      </dl>
      <div className={css.links}>
        {['up', 'scrape_samples_scraped', 'scrape_duration_seconds'].map((metric) => (
          <Link key={metric} to="/metrics" search={(now: Address) => ({ ...keepShell(now), q: link(metric) })}>
            {metric}
          </Link>
        ))}
      </div>
      <LabelTable title="Labels" labels={target.labels} />
      <LabelTable title="Discovered labels" labels={target.discovered} />
      <div>
        <CopyButton title="Copy as JSON" text={() => JSON.stringify(target, undefined, 2)} />
      </div>
    </SidePanel>
  );
}

function LabelTable({ title, labels }: { readonly title: string; readonly labels: Readonly<Record<string, string>> }) {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className={css.facts}>
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
