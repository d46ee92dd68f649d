// How long the traces of a search took, over time: a click opens one, a drag selects those that are held against the rest.

import { useMemo } from 'react';
import { Scatter } from '../../chart/Scatter.tsx';
import type { Point } from '../../chart/Scatter.tsx';
import { useLive } from '../../data/Live.tsx';
import type { TraceRow } from '../../data/trace-search.ts';
import { serviceColour } from '../../kit/colour.ts';
import { traceTitle } from './trace-rows.ts';
import type { TracesEvent, TracesState } from './traces-state.ts';
import css from './traces.module.css';

interface TraceScatterProps {
  readonly traces: readonly TraceRow[];
  readonly isPending: boolean;
  readonly dim: boolean;
  readonly state: TracesState;
  readonly onOpen: (traceId: string) => void;
  readonly onEvent: (event: TracesEvent) => void;
}

const HEIGHT = 168;
const SECONDS = { unit: 'seconds', perSecond: false } as const;
/** The answers have whole milliseconds: a trace of none is drawn as a half. */
const LEAST_S = 0.0005;

export function TraceScatter({ traces, isPending, dim, state, onOpen, onEvent }: TraceScatterProps) {
  const live = useLive();
  const points = useMemo(
    () =>
      traces
        .map((trace): Point => ({
          key: trace.traceId,
          atMs: trace.startMs,
          value: Math.max(LEAST_S, trace.durationS),
          colour: serviceColour(trace.service),
          isError: trace.errors > 0,
          title: traceTitle(trace),
        }))
        .sort((a, b) => a.atMs - b.atMs),
    [traces],
  );
  const { selection } = state;
  const region = selection.kind === 'region' ? selection.region : undefined;
  const box = useMemo(() => region && { startMs: region.startMs, endMs: region.endMs, low: region.minS, high: region.maxS }, [region]);
  return (
    <div className={css.scatter}>
      <p className={css.caption}>
        Duration of each trace. <span className={css.desk}>Click a point to open it; drag over some to compare them with the rest.</span>{' '}
        <span className={css.cross} aria-hidden>
          ✕
        </span>{' '}
        with errors
      </p>
      {isPending ? (
        <div style={{ height: HEIGHT }} />
      ) : (
        <Scatter
          points={points}
          span={live.span}
          zone={live.zone}
          quantity={SECONDS}
          height={HEIGHT}
          title="Duration of each trace over time; the table below has them all"
          dim={dim}
          box={box}
          onOpen={onOpen}
          onBox={({ low, high, ...span }) => onEvent({ kind: 'region chosen', region: { ...span, minS: low, maxS: high } })}
          onBack={live.zoomBack}
        />
      )}
    </div>
  );
}
