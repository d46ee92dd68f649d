// The query of the traces page: its text in the editor, what is wrong with it, and the builder that reads and writes the same text.

import { IconAdjustmentsHorizontal, IconBraces } from '@tabler/icons-react';
import { Suspense, lazy, useEffect, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { readTraceql } from '../../data/traceql-text.ts';
import type { RunNotes } from '../../editor/problems.ts';
import { RecentQueries } from '../../editor/RecentQueries.tsx';
import { useTraceCompletionData } from '../../editor/traceql/use-trace-completion-data.ts';
import { Button, IconButton, inputClass, monoClass } from '../../kit/Controls.tsx';
import css from './traces.module.css';

const TraceqlEditor = lazy(() => import('../../editor/TraceqlEditor.tsx').then((module) => ({ default: module.TraceqlEditor })));
const Builder = lazy(() => import('./Builder.tsx').then((module) => ({ default: module.Builder })));

interface TraceQueryBarProps {
  readonly query: string;
  readonly builder: boolean;
  readonly onRun: (query: string) => void;
  readonly onBuilder: () => void;
}

/** A word that is being written is not called wrong before its writer pauses. */
const PAUSE_MS = 400;

/** What an answer says of its query stands with the answer; the editor says what is wrong with a text. */
const NO_NOTES: RunNotes = { query: '', notes: [] };

export function TraceQueryBar({ query, builder, onRun, onBuilder }: TraceQueryBarProps) {
  const [draft, setDraft] = useState(query);
  const [tried, setTried] = useState('');
  const [refusal, setRefusal] = useState('');
  const data = useTraceCompletionData();
  // Another query replaces what was being written.
  const [known, setKnown] = useState(query);
  if (known !== query) {
    setKnown(query);
    setDraft(query);
  }
  const run = (text: string): void => {
    setTried(text);
    setRefusal('');
    if (readTraceql(text).kind !== 'wrong') onRun(text);
  };
  const change = (text: string): void => {
    setDraft(text);
    setRefusal('');
  };
  const format = async (): Promise<void> => {
    const { formatTraceqlText } = await import('../../editor/traceql/format-traceql-text.ts');
    const formatted = formatTraceqlText(draft);
    if (formatted.kind === 'formatted') change(formatted.text);
    else setRefusal(formatted.reason);
  };
  return (
    <div className={css.query}>
      <div className={css.queryRow}>
        <IconButton label="Builder" aria-pressed={builder} onClick={onBuilder}>
          <IconAdjustmentsHorizontal size={16} aria-hidden />
        </IconButton>
        <div className={css.editor}>
          <Suspense fallback={<QueryText value={draft} onChange={change} onRun={run} />}>
            <TraceqlEditor value={draft} data={data} notes={NO_NOTES} onChange={change} onRun={run} onFormat={() => void format()} />
          </Suspense>
        </div>
        <div className={css.queryButtons}>
          <IconButton label="Format (Shift-Alt-F)" aria-keyshortcuts="Shift+Alt+F" onClick={() => void format()}>
            <IconBraces size={16} aria-hidden />
          </IconButton>
          <RecentQueries list="trace-queries" onRun={onRun} />
          <Button primary onClick={() => run(draft)}>
            Run
          </Button>
        </div>
      </div>
      <Below draft={draft} tried={tried} refusal={refusal} />
      {builder && (
        <Suspense>
          <Builder text={draft} data={data} onRun={run} />
        </Suspense>
      )}
    </div>
  );
}

interface QueryTextProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
}

/** The text where the editor is not loaded yet: the same text, the same keys. */
function QueryText({ value, onChange, onRun }: QueryTextProps) {
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    onRun(value);
  };
  return (
    <textarea
      className={`${inputClass} ${monoClass} ${css.plainEditor}`}
      rows={Math.min(8, value.split('\n').length)}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={press}
      placeholder={'{ resource.service.name = "shop" && duration > 500ms }'}
      aria-label="Query"
      aria-describedby="query-problem"
      data-query=""
      spellCheck={false}
    />
  );
}

interface BelowProps {
  readonly draft: string;
  /** The text that somebody wanted to run: what is wrong with it is said at once. */
  readonly tried: string;
  /** Why the text cannot be laid out. */
  readonly refusal: string;
}

/** The line beneath the editor: what is wrong, else how it is used. Always there, so that nothing moves. */
function Below({ draft, tried, refusal }: BelowProps) {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  const read = settled === draft || tried === draft ? readTraceql(draft) : undefined;
  const problem = read?.kind === 'wrong' ? read.problem.message : refusal;
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
