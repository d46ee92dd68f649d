// The head of a trace's page: what it is named after, and its facts in one line.

import { useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { instantText, zoneName } from '../../data/time-text.ts';
import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { CopyMenu } from './CopyMenu.tsx';
import { lengthText } from './bar-layout.ts';
import { CompareMenu } from './CompareMenu.tsx';
import type { TraceEvent, TraceState } from './trace-state.ts';
import { absoluteMs, absoluteNs, serviceText } from './trace.ts';
import type { TraceView } from './trace-view.ts';
import css from './trace.module.css';

interface TraceHeadProps {
  readonly traceId: string;
  readonly view: TraceView;
  readonly state: TraceState;
  readonly onEvent: (event: TraceEvent) => void;
}

export function TraceHead({ traceId, view, state, onEvent }: TraceHeadProps) {
  const { zone } = useLive();
  const { trace, tree, errors, services } = view;
  const root = tree.nodes[tree.root]?.span;
  const service = root?.source.service ?? '';
  const start = absoluteMs(trace, 0);
  const facts: readonly (readonly [string, string, string?])[] = useMemo(
    () => [
      ['Start', `${instantText(start, zone)}.${String(start % 1000).padStart(3, '0')}`, `${absoluteNs(trace, 0)} ns, ${zoneName(zone)}`],
      ['Duration', lengthText(trace.length), `${trace.length} ns`],
      ['Spans', countText(trace.spans.length)],
      ['Services', countText(services.length)],
      ['Errors', countText(errors.length)],
      ['Depth', countText(tree.depth)],
    ],
    [start, zone, trace, services, errors, tree],
  );
  return (
    <header className={css.head}>
      <div className={css.title}>
        <i style={{ background: serviceColour(service) }} aria-hidden />
        <h1>
          {serviceText(service)} <span>{root?.name}</span>
        </h1>
        <div className={css.headButtons}>
          <CompareMenu traceId={traceId} view={view} compare={state.compare} onEvent={onEvent} />
          <CopyMenu traceId={traceId} view={view} />
        </div>
      </div>
      <dl className={css.facts}>
        {facts.map(([name, value, exact]) => (
          <div key={name} title={exact} data-bad={name === 'Errors' && errors.length > 0}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div className={css.traceId}>
          <dt>Trace</dt>
          <dd>{traceId}</dd>
        </div>
      </dl>
    </header>
  );
}
