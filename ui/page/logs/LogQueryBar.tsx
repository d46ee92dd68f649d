// The query of the logs page: its text in the editor, what is wrong with it, and the matchers of its streams as pieces that can be taken away.

import { IconBraces, IconTags, IconX } from '@tabler/icons-react';
import { Suspense, lazy, useEffect, useState } from 'react';
import { matchersOf, readLogql, removeStreamMatcher } from '../../data/logql-text.ts';
import { Button, IconButton } from '../../kit/Controls.tsx';
import type { RunNotes } from '../../editor/problems.ts';
import { RecentQueries } from '../../editor/RecentQueries.tsx';
import { useLogCompletionData } from '../../editor/logql/use-log-completion-data.ts';
import { QueryText } from './QueryText.tsx';
import css from './logs.module.css';

const LogqlEditor = lazy(() => import('../../editor/LogqlEditor.tsx').then((module) => ({ default: module.LogqlEditor })));

interface LogQueryBarProps {
  readonly query: string;
  /** The list of labels is open. */
  readonly browser: boolean;
  readonly onRun: (query: string) => void;
  readonly onBrowser: () => void;
}

/** A word that is being written is not called wrong before its writer pauses. */
const PAUSE_MS = 400;

/** What an answer says of its query stands with the answer; the editor says what is wrong with a text. */
const NO_NOTES: RunNotes = { query: '', notes: [] };

export function LogQueryBar({ query, browser, onRun, onBrowser }: LogQueryBarProps) {
  const [draft, setDraft] = useState(query);
  const [tried, setTried] = useState('');
  const [refusal, setRefusal] = useState('');
  const data = useLogCompletionData();
  // Another query replaces what was being written.
  const [known, setKnown] = useState(query);
  if (known !== query) {
    setKnown(query);
    setDraft(query);
  }
  const run = (text: string): void => {
    setTried(text);
    setRefusal('');
    if (readLogql(text).kind !== 'wrong') onRun(text);
  };
  const change = (text: string): void => {
    setDraft(text);
    setRefusal('');
  };
  const format = async (): Promise<void> => {
    const { formatLogqlText } = await import('../../editor/logql/format-logql-text.ts');
    const formatted = formatLogqlText(draft);
    if (formatted.kind === 'formatted') change(formatted.text);
    else setRefusal(formatted.reason);
  };
  return (
    <div className={css.query}>
      <div className={css.queryRow}>
        <IconButton label="Labels" aria-pressed={browser} onClick={onBrowser}>
          <IconTags size={16} aria-hidden />
        </IconButton>
        <div className={css.editor}>
          <Suspense fallback={<QueryText value={draft} onChange={change} onRun={run} />}>
            <LogqlEditor value={draft} data={data} notes={NO_NOTES} onChange={change} onRun={run} onFormat={() => void format()} />
          </Suspense>
        </div>
        <div className={css.queryButtons}>
          <IconButton label="Format (Ctrl-Shift-F)" aria-keyshortcuts="Control+Shift+F" onClick={() => void format()}>
            <IconBraces size={16} aria-hidden />
          </IconButton>
          <RecentQueries list="log-queries" onRun={onRun} />
          <Button primary onClick={() => run(draft)}>
            Run
          </Button>
        </div>
      </div>
      <Below draft={draft} tried={tried} refusal={refusal} />
      <Matchers query={query} onRun={onRun} />
    </div>
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
  const read = settled === draft || tried === draft ? readLogql(draft) : undefined;
  const problem =
    read?.kind === 'wrong' ? read.problem.message.replace(/^(parse error at line \d+, col \d+: )syntax error: /, '$1') : refusal;
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

function Matchers({ query, onRun }: { readonly query: string; readonly onRun: (query: string) => void }) {
  const matchers = matchersOf(query);
  if (matchers.length === 0) return null;
  return (
    <div className={css.matchers}>
      {matchers.map((m) => (
        <span key={`${m.name}${m.op}${m.value}`} className={css.matcher}>
          <code>
            {m.name}
            {m.op}&quot;{m.value}&quot;
          </code>
          <button type="button" aria-label={`Without ${m.name}${m.op}${m.value}`} onClick={() => onRun(removeStreamMatcher(query, m))}>
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
    </div>
  );
}
