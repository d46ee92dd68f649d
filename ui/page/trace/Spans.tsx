// The spans of one trace: the tools over them, the map, the waterfall, and beside it the details of a span, the critical path or the services.

import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { CriticalPanel } from './CriticalPanel.tsx';
import { nextPlace, normal } from './find-spans.ts';
import { MiniMap } from './MiniMap.tsx';
import { ServicePanel } from './ServicePanel.tsx';
import { SpanDetail } from './SpanDetail.tsx';
import { SpanTools } from './SpanTools.tsx';
import { windowOf } from './trace-state.ts';
import type { Panel, TraceEvent, TraceState } from './trace-state.ts';
import type { Window } from './bar-layout.ts';
import type { TraceView } from './trace-view.ts';
import { foldable, revealed, toggled, toggledAll, visibleRows } from './visible-rows.ts';
import type { Folded } from './visible-rows.ts';
import type { Jump } from './Waterfall.tsx';
import { Waterfall } from './Waterfall.tsx';
import css from './trace.module.css';

interface SpansProps {
  readonly traceId: string;
  readonly view: TraceView;
  readonly state: TraceState;
  readonly dim: boolean;
  readonly onEvent: (event: TraceEvent) => void;
}

const NONE: Folded = new Set();

export function Spans({ traceId, view, state, dim, onEvent }: SpansProps) {
  const { tree, errors, placeOfKey, keys } = view;
  const [folded, setFolded] = useState(NONE);
  const openAt = placeOfKey.get(state.span) ?? -1;
  const [current, setCurrent] = useState(openAt);
  const [jump, setJump] = useState<Jump | undefined>(openAt < 0 ? undefined : { at: openAt, turn: 0, align: 'center' });
  const window = useMemo(() => windowOf(state.zoom, view.trace.length), [state.zoom, view]);
  const { matches, kept, rows, wanted } = useShown(view, state, folded, current);
  const isOpen = openAt >= 0;
  const open = useCallback(
    (at: number) => {
      setCurrent(at);
      onEvent({ kind: 'span opened', id: keys[at] ?? '' });
    },
    [keys, onEvent],
  );
  const go = useCallback(
    (at: number | undefined, align: Jump['align'] = 'center'): void => {
      if (at === undefined) return;
      setFolded((now) => revealed(tree, now, at));
      setCurrent(at);
      setJump((last) => ({ at, align, turn: (last?.turn ?? 0) + 1 }));
      // Where a detail is open, it follows.
      if (isOpen) open(at);
    },
    [tree, isOpen, open],
  );
  const close = useCallback(() => {
    if (isOpen) onEvent({ kind: 'span closed' });
    else if (state.panel !== '') onEvent({ kind: 'panel toggled', panel: state.panel });
    // The keyboard goes back to where it was.
    document.querySelector<HTMLElement>('[data-spans]')?.focus();
  }, [isOpen, state.panel, onEvent]);
  const zoomToCurrent = (): void => {
    const span = tree.nodes[current]?.span;
    if (state.zoom) onEvent({ kind: 'zoomed', window: undefined });
    else if (span) onEvent({ kind: 'zoomed', window: { start: span.start, end: span.end } });
  };
  useKeys({
    e: () => go(nextPlace(errors, current, 1)),
    E: () => go(nextPlace(errors, current, -1)),
    n: () => go(nextPlace(matches ?? [], current, 1)),
    N: () => go(nextPlace(matches ?? [], current, -1)),
    z: zoomToCurrent,
    Escape: close,
  });
  const fold = useCallback((at: number) => setFolded((now) => toggled(now, at)), []);
  const foldService = (service?: string): void => setFolded((now) => toggledAll(now, foldable(tree, service)));
  const zoom = (wanted: TraceState['zoom']): void => onEvent({ kind: 'zoomed', window: wanted });
  return (
    <>
      <SpanTools
        view={view}
        state={state}
        matches={matches}
        current={current}
        folded={folded}
        onGo={go}
        onFoldAll={() => foldService()}
        onEvent={onEvent}
      />
      <MiniMap view={view} window={window} onZoom={zoom} />
      <div className={css.split}>
        <Waterfall
          view={view}
          rows={rows}
          window={window}
          folded={folded}
          current={current}
          openAt={openAt}
          jump={jump}
          matches={kept}
          wanted={wanted}
          dim={dim}
          onMove={(at) => go(at, 'auto')}
          onOpen={open}
          onClose={close}
          onFold={fold}
          onZoom={zoom}
        />
        <Beside
          traceId={traceId}
          view={view}
          panel={state.panel}
          openAt={openAt}
          wanted={wanted}
          folded={folded}
          onGo={go}
          onOpen={open}
          onFold={foldService}
          onZoom={zoom}
          onClose={close}
        />
      </div>
    </>
  );
}

interface Shown {
  /** Places that have what is sought; nothing where nothing is. */
  readonly matches: readonly number[] | undefined;
  /** Places that are not dimmed; nothing where none is. */
  readonly kept: ReadonlySet<number> | undefined;
  readonly rows: readonly number[];
  readonly wanted: string;
}

function useShown(view: TraceView, { find: text, errorsOnly }: TraceState, folded: Folded, current: number): Shown {
  const { tree, errors } = view;
  const find = useDeferredValue(text);
  const matches = useMemo(() => sought(view, find, errorsOnly), [view, find, errorsOnly]);
  // The way to what is kept is dimmed like what is not found.
  const wanted = matches ?? (errorsOnly ? errors : undefined);
  const kept = useMemo(() => wanted && new Set(wanted), [wanted]);
  // The current row has its place among those that are kept, wherever a jump leads.
  const only = useMemo(() => (errorsOnly ? [...errors, current] : undefined), [errorsOnly, errors, current]);
  const rows = useMemo(() => visibleRows(tree, folded, only), [tree, folded, only]);
  return { matches, kept, rows, wanted: normal(find) };
}

/** What is found among the rows that are kept. */
function sought({ finder, tree }: TraceView, text: string, errorsOnly: boolean): readonly number[] | undefined {
  const places = finder.find(text);
  return errorsOnly ? places?.filter((at) => tree.nodes[at]?.span.status === 'error') : places;
}

interface BesideProps {
  readonly traceId: string;
  readonly view: TraceView;
  readonly panel: Panel;
  readonly openAt: number;
  readonly wanted: string;
  readonly folded: Folded;
  readonly onGo: (at: number) => void;
  readonly onOpen: (at: number) => void;
  readonly onFold: (service: string) => void;
  readonly onZoom: (window: Window) => void;
  readonly onClose: () => void;
}

/** What stands beside the spans: the details of the open one come before all else. */
function Beside({ panel, openAt, onOpen, onGo, onFold, ...rest }: BesideProps) {
  if (openAt >= 0) return <SpanDetail {...rest} at={openAt} onGo={onGo} />;
  if (panel === 'services') return <ServicePanel {...rest} onFold={onFold} />;
  if (panel === '') return null;
  const show = (at: number): void => {
    onGo(at);
    onOpen(at);
  };
  return <CriticalPanel {...rest} onOpen={show} />;
}

/** Keys of the page, wherever the focus is but in a text, a dialog or a menu. */
function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof Element && target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]')) return;
      latest.current[event.key]?.();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
