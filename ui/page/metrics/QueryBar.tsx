// The query: its text in the editor, what is wrong with it, and the matchers of its selectors as pieces that can be taken away or added.

import { IconBraces, IconX } from '@tabler/icons-react';
import { Suspense, lazy, useEffect, useState } from 'react';
import { addMatcher, commonMatchers, readQuery, removeMatcher } from '../../data/query-text.ts';
import type { MetricOffered } from '../../editor/promql/completions.ts';
import { formatQuery } from '../../editor/promql/format-query.ts';
import type { RunNotes } from '../../editor/problems.ts';
import { RecentQueries } from '../../editor/RecentQueries.tsx';
import { useCompletionData } from '../../editor/promql/use-completion-data.ts';
import { Button, IconButton } from '../../kit/Controls.tsx';
import { AddMatcher } from './AddMatcher.tsx';
import css from './metrics.module.css';

const PromqlEditor = lazy(() => import('../../editor/PromqlEditor.tsx').then((module) => ({ default: module.PromqlEditor })));

interface QueryBarProps {
  readonly query: string;
  /** The metrics that exist, to complete a name with. */
  readonly metrics: readonly MetricOffered[];
  readonly notes: RunNotes;
  readonly onRun: (query: string) => void;
}

/** A word that is being written is not called wrong before its writer pauses. */
const PAUSE_MS = 400;

export function QueryBar({ query, metrics, notes, onRun }: QueryBarProps) {
  const [draft, setDraft] = useState(query);
  const [refusal, setRefusal] = useState('');
  const data = useCompletionData(metrics);
  // Another query replaces what was being written.
  const [known, setKnown] = useState(query);
  if (known !== query) {
    setKnown(query);
    setDraft(query);
  }
  const change = (text: string): void => {
    setDraft(text);
    setRefusal('');
  };
  const run = (text: string): void => {
    const read = readQuery(text);
    if (read.kind === 'wrong') setRefusal(read.problem.message);
    else onRun(text);
  };
  const format = (): void => {
    const formatted = formatQuery(draft);
    if (formatted.kind === 'formatted') change(formatted.text);
    else setRefusal(formatted.reason);
  };
  return (
    <div className={css.query}>
      <div className={css.queryRow}>
        <div className={css.editor}>
          <Suspense fallback={<pre className={css.editorWait}>{draft}</pre>}>
            <PromqlEditor value={draft} data={data} notes={notes} onChange={change} onRun={run} onFormat={format} />
          </Suspense>
        </div>
        <div className={css.queryButtons}>
          <IconButton label="Format (Ctrl-Shift-F)" aria-keyshortcuts="Control+Shift+F" onClick={format}>
            <IconBraces size={16} aria-hidden />
          </IconButton>
          <RecentQueries list="queries" onRun={onRun} />
          <Button primary onClick={() => run(draft)}>
            Run
          </Button>
        </div>
      </div>
      <Below draft={draft} refusal={refusal} />
      <Matchers query={query} onRun={onRun} />
    </div>
  );
}

/** The line beneath the editor: what is wrong, else how it is used. Always there, so that nothing moves. */
function Below({ draft, refusal }: { readonly draft: string; readonly refusal: string }) {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  const read = settled === draft ? readQuery(settled) : undefined;
  const problem = refusal !== '' ? refusal : read?.kind === 'wrong' ? read.problem.message : '';
  return (
    <div id="query-problem" className={css.below} data-level={problem === '' ? 'hint' : 'error'} role="status">
      {problem === '' ? (
        <span className={css.keys}>
          <kbd>Enter</kbd> runs, <kbd>Shift-Enter</kbd> breaks the line, <kbd>Tab</kbd> completes
        </span>
      ) : (
        problem
      )}
    </div>
  );
}

/** The matchers that all selectors of the query share. */
function Matchers({ query, onRun }: { readonly query: string; readonly onRun: (query: string) => void }) {
  const matchers = commonMatchers(query);
  if (matchers === undefined) return null;
  return (
    <div className={css.matchers}>
      {matchers.map((m) => (
        <span key={`${m.name}${m.op}${m.value}`} className={css.matcher}>
          <code>
            {m.name}
            {m.op}&quot;{m.value}&quot;
          </code>
          <button type="button" aria-label={`Without ${m.name}${m.op}${m.value}`} onClick={() => onRun(removeMatcher(query, m))}>
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
      <AddMatcher query={query} onAdd={(m) => onRun(addMatcher(query, m))} />
    </div>
  );
}
