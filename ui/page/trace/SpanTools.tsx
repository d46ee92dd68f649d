// The bar above the spans: search within them, errors, folding, and what stands beside them.

import { IconChevronDown, IconChevronUp, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { countText } from '../../data/units.ts';
import { Button, IconButton, inputClass } from '../../kit/Controls.tsx';
import { nextPlace } from './find-spans.ts';
import type { TraceEvent, TraceState } from './trace-state.ts';
import type { TraceView } from './trace-view.ts';
import { foldable } from './visible-rows.ts';
import type { Folded } from './visible-rows.ts';
import css from './trace.module.css';

interface SpanToolsProps {
  readonly view: TraceView;
  readonly state: TraceState;
  readonly matches: readonly number[] | undefined;
  readonly current: number;
  readonly folded: Folded;
  readonly onGo: (at: number | undefined) => void;
  readonly onFoldAll: () => void;
  readonly onEvent: (event: TraceEvent) => void;
}

export function SpanTools(props: SpanToolsProps) {
  const { view, state, current, folded, onGo, onFoldAll, onEvent } = props;
  const { errors } = view;
  return (
    <div className={css.tools}>
      <Search {...props} />
      <div className={css.joined}>
        <Button
          disabled={errors.length === 0}
          aria-pressed={state.errorsOnly}
          title="Only spans that failed, and the way to them"
          onClick={() => onEvent({ kind: 'errors toggled' })}
        >
          {errors.length === 0 ? 'No errors' : `Errors ${countText(errors.length)}`}
        </Button>
        {errors.length > 0 && (
          <IconButton label="Next error (e)" onClick={() => onGo(nextPlace(errors, current, 1))}>
            <IconChevronDown size={16} aria-hidden />
          </IconButton>
        )}
      </div>
      <Button aria-pressed={state.panel === 'path'} onClick={() => onEvent({ kind: 'panel toggled', panel: 'path' })}>
        Critical path
      </Button>
      <Button aria-pressed={state.panel === 'services'} onClick={() => onEvent({ kind: 'panel toggled', panel: 'services' })}>
        Services {countText(view.services.length)}
      </Button>
      <Button onClick={onFoldAll}>
        {foldable(view.tree).every((at) => folded.has(at)) && folded.size > 0 ? 'Unfold all' : 'Fold all'}
      </Button>
      {state.zoom && <Button onClick={() => onEvent({ kind: 'zoomed', window: undefined })}>Whole trace</Button>}
      <span className={css.legend} aria-hidden>
        <i data-kind="own" /> own time <i data-kind="critical" /> critical path <i data-kind="event" /> event
      </span>
    </div>
  );
}

const TYPING_MS = 150;

function Search({ state, matches, current, onGo, onEvent }: SpanToolsProps) {
  // What is typed and not yet sought; nothing once it is.
  const [typed, setTyped] = useState<string | undefined>();
  const text = typed ?? state.find;
  useEffect(() => {
    if (typed === undefined) return undefined;
    const timer = setTimeout(() => {
      onEvent({ kind: 'text sought', text: typed });
      setTyped(undefined);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, onEvent]);
  const go = (direction: 1 | -1): void => onGo(nextPlace(matches ?? [], current, direction));
  const nth = matches?.indexOf(current) ?? -1;
  const count = matches && `${nth >= 0 ? `${countText(nth + 1)} of ` : ''}${countText(matches.length)}`;
  return (
    <div className={css.search} role="search">
      <IconSearch size={14} aria-hidden />
      <input
        className={inputClass}
        type="search"
        value={text}
        placeholder="Find in this trace"
        aria-label="Find in this trace"
        data-query
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
          if (event.key !== 'Escape') return;
          setTyped('');
          document.querySelector<HTMLElement>('[data-spans]')?.focus();
        }}
      />
      <span role="status">{count}</span>
      {matches && matches.length > 0 && (
        <>
          <IconButton label="Match before (N)" onClick={() => go(-1)}>
            <IconChevronUp size={16} aria-hidden />
          </IconButton>
          <IconButton label="Next match (n)" onClick={() => go(1)}>
            <IconChevronDown size={16} aria-hidden />
          </IconButton>
        </>
      )}
    </div>
  );
}
