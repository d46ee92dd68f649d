// Two traces compared: both waterfalls in one column, a row for every way from the root, and the differences as a table.

import { useMemo } from 'react';
import { countText } from '../../data/units.ts';
import { Segments } from '../../kit/Controls.tsx';
import { PathLink } from '../../kit/PathLink.tsx';
import { tracePath } from '../../data/links.ts';
import { lengthText } from './bar-layout.ts';
import { changeCounts, compareTraces, isDifferent } from './compare-traces.ts';
import type { Change } from './compare-traces.ts';
import { ComparedSpans } from './ComparedSpans.tsx';
import { Differences } from './Differences.tsx';
import { differenceText } from './difference-text.ts';
import type { Kept, TraceEvent, TraceState } from './trace-state.ts';
import type { TraceView } from './trace-view.ts';
import css from './compare.module.css';

interface Compared {
  readonly id: string;
  readonly view: TraceView;
}

interface ComparisonProps {
  readonly a: Compared;
  readonly b: Compared;
  readonly state: Pick<TraceState, 'table' | 'kept'>;
  readonly onEvent: (event: TraceEvent) => void;
}

export function Comparison({ a, b, state, onEvent }: ComparisonProps) {
  const { table, kept } = state;
  const rows = useMemo(() => compareTraces(a.view, b.view), [a.view, b.view]);
  const counts = useMemo(() => changeCounts(rows), [rows]);
  const different = useMemo(() => rows.filter(isDifferent).length, [rows]);
  const length = Math.max(a.view.trace.length, b.view.trace.length, 1);
  const choices: readonly (readonly [Kept, string])[] = [
    ['all', `All ${countText(rows.length)}`],
    ['different', `Different ${countText(different)}`],
    ['slower', `Slower ${countText(counts.slower)}`],
    ['faster', `Faster ${countText(counts.faster)}`],
    ['only in A', `Only in A ${countText(counts['only in A'])}`],
    ['only in B', `Only in B ${countText(counts['only in B'])}`],
  ];
  return (
    <>
      <div className={css.sides}>
        <Side letter="A" {...a} />
        <Side letter="B" {...b} />
        <span>
          B against A:{' '}
          <b data-change={changeOf(b.view.trace.length - a.view.trace.length)}>
            {differenceText(a.view.trace.length, b.view.trace.length)}
          </b>
        </span>
      </div>
      <div className={css.tools}>
        <Segments
          label="Form"
          value={table ? 'table' : 'spans'}
          choices={[
            ['spans', 'Spans'],
            ['table', 'Table'],
          ]}
          onChoose={(form) => onEvent({ kind: 'form chosen', table: form === 'table' })}
        />
        <Segments label="Which rows" value={kept} choices={choices} onChoose={(chosen) => onEvent({ kind: 'rows chosen', kept: chosen })} />
      </div>
      {table ? <Differences rows={rows} kept={kept} /> : <ComparedSpans rows={rows} kept={kept} length={length} />}
    </>
  );
}

function changeOf(difference: number): Change {
  return difference > 0 ? 'slower' : difference < 0 ? 'faster' : 'same';
}

function Side({ letter, id, view }: Compared & { readonly letter: string }) {
  return (
    <span>
      <b className={css.letter} data-side={letter}>
        {letter}
      </b>{' '}
      <PathLink path={tracePath(id)}>{id}</PathLink> {lengthText(view.trace.length)}, {countText(view.trace.spans.length)} spans
    </span>
  );
}
