// What tells a selection from the rest: traces of a region of the picture, or spans of a condition, held against all others that the query finds.

import { useState } from 'react';
import { useLive } from '../../data/Live.tsx';
import { traceInstant } from '../../data/trace-questions.ts';
import type { TraceRow } from '../../data/trace-search.ts';
import { compareQuery, durationConditions, durationText, narrowed, readTraceql } from '../../data/traceql-text.ts';
import { spanText } from '../../data/time-text.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Answered } from '../../kit/Answered.tsx';
import { Button, inputClass, monoClass } from '../../kit/Controls.tsx';
import { Notices, Skeleton } from '../../kit/States.tsx';
import { ComparedAttributes } from './ComparedAttributes.tsx';
import { comparisonOf, regionCondition } from './comparison.ts';
import type { TracesEvent, TracesState } from './traces-state.ts';
import css from './compare.module.css';

interface CompareProps {
  readonly state: TracesState;
  readonly query: string;
  readonly traces: readonly TraceRow[];
  readonly isPending: boolean;
  /** The search found all that there is. */
  readonly isWhole: boolean;
  readonly onRun: (query: string) => void;
  readonly onEvent: (event: TracesEvent) => void;
}

export function Compare({ state, query, traces, isPending, isWhole, onRun, onEvent }: CompareProps) {
  const { span } = useLive();
  const { selection } = state;
  const region = selection.kind === 'region' && !isPending ? regionCondition(traces, selection.region) : undefined;
  const condition = selection.kind === 'condition' ? selection.text : (region?.condition ?? '');
  const written = selection.kind === 'condition' ? selection.text : '';
  const answer = useAnswer(condition === '' ? undefined : traceInstant(compareQuery(query, condition, undefined), span));
  const notes = region === undefined ? [] : notesOf(region, isWhole);
  return (
    <section className={css.compare} aria-label="Comparison">
      <Selected state={state} query={query} count={region?.of} onRun={onRun} onEvent={onEvent} />
      <Notices texts={notes} level="info" />
      {selection.kind === 'none' ? (
        <p className={css.hint}>
          Drag over a part of the picture above, or choose a condition: here stands which attributes tell those spans from the rest, most
          telling first.
        </p>
      ) : isPending ? (
        <Skeleton rows={10} />
      ) : region?.of === 0 ? (
        <p className={css.hint}>No found trace lies in this region.</p>
      ) : (
        <div className={css.answer} data-dim={answer.isPlaceholderData}>
          <Answered answer={answer}>
            {(series) => <ComparedAttributes comparison={comparisonOf(series, written)} query={query} onRun={onRun} />}
          </Answered>
        </div>
      )}
    </section>
  );
}

/** How far the selected traces stand for all that lie in their region. */
function notesOf({ of, named }: ReturnType<typeof regionCondition>, isWhole: boolean): readonly string[] {
  const sampled = `${countText(named)} of the ${countText(of)} selected traces are compared, chosen evenly. Select fewer to compare each.`;
  const unreached = 'Traces that the search did not reach count as others, those in this region too.';
  return [...(named < of ? [sampled] : []), ...(isWhole ? [] : [unreached])];
}

const CONDITIONS: readonly (readonly [string, string])[] = [
  ['Errors', 'status = error'],
  ['Over 1 s', 'duration > 1s'],
];

interface SelectedProps extends Pick<CompareProps, 'state' | 'query' | 'onRun' | 'onEvent'> {
  /** Traces in the region. */
  readonly count: number | undefined;
}

/** What is selected, and how to select something else. */
function Selected({ state: { selection }, query, count, onRun, onEvent }: SelectedProps) {
  const live = useLive();
  const written = selection.kind === 'condition' ? selection.text : '';
  const [draft, setDraft] = useState(written);
  const [known, setKnown] = useState(written);
  if (known !== written) {
    setKnown(written);
    setDraft(written);
  }
  const read = readTraceql(draft.trim() === '' ? '' : `{ ${draft} }`);
  const choose = (text: string): void => onEvent({ kind: 'condition chosen', text });
  return (
    <form
      className={css.selected}
      onSubmit={(event) => {
        event.preventDefault();
        if (read.kind === 'spans' || read.kind === 'empty') choose(draft);
      }}
    >
      {selection.kind === 'region' && (
        <>
          <span>
            <b>{count === undefined ? '' : `${countText(count)} ${count === 1 ? 'trace' : 'traces'} `}selected</b>:{' '}
            {spanText(selection.region.startMs, selection.region.endMs, live.zone)}, {durationText(selection.region.minS)} to{' '}
            {durationText(selection.region.maxS)}
          </span>
          <Button
            onClick={() => {
              const { startMs, endMs, minS, maxS } = selection.region;
              live.zoom({ startMs, endMs });
              onRun(narrowed(query, durationConditions('traceDuration', minS, maxS)));
            }}
          >
            Only these
          </Button>
          <Button onClick={() => onEvent({ kind: 'selection cleared' })}>Clear</Button>
        </>
      )}
      {CONDITIONS.map(([title, text]) => (
        <Button key={text} aria-pressed={written === text} onClick={() => choose(written === text ? '' : text)}>
          {title}
        </Button>
      ))}
      <input
        className={`${inputClass} ${monoClass}`}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        placeholder="span.http.response.status_code >= 500"
        aria-label="Condition that selects spans"
        aria-invalid={read.kind === 'wrong'}
        aria-describedby="condition-problem"
      />
      <Button type="submit">Compare</Button>
      <span id="condition-problem" className={css.problem} role="status">
        {read.kind === 'wrong' ? read.problem.message : ''}
      </span>
    </form>
  );
}
