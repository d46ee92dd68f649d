// The query of the logs page: the bar with the LogQL editor, and the matchers of its streams as pieces.

import { IconTags } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Formatted } from '../../data/formatted.ts';
import { matchersOf, readLogql, removeStreamMatcher } from '../../data/logql-text.ts';
import type { RunNotes } from '../../editor/problems.ts';
import { useLogCompletionData } from '../../editor/logql/use-log-completion-data.ts';
import { IconButton } from '../../kit/Controls.tsx';
import { QueryBar } from '../../kit/QueryBar.tsx';
import { QueryMatchers } from '../../kit/QueryMatchers.tsx';
import { useDraft } from '../../kit/use-draft.ts';

const LogqlEditor = lazy(() => import('../../editor/LogqlEditor.tsx').then((module) => ({ default: module.LogqlEditor })));

interface LogQueryBarProps {
  readonly query: string;
  /** The list of labels is open. */
  readonly browser: boolean;
  readonly onRun: (query: string) => void;
  readonly onBrowser: () => void;
}

/** What an answer says of its query stands with the answer; the editor says what is wrong with a text. */
const NO_NOTES: RunNotes = { query: '', notes: [] };

function problemOf(text: string): string {
  const read = readLogql(text);
  return read.kind === 'wrong' ? read.problem.message.replace(/^(parse error at line \d+, col \d+: )syntax error: /, '$1') : '';
}

async function format(text: string): Promise<Formatted> {
  const { formatLogqlText } = await import('../../editor/logql/format-logql-text.ts');
  return formatLogqlText(text);
}

export function LogQueryBar({ query, browser, onRun, onBrowser }: LogQueryBarProps) {
  const draft = useDraft({ query, problemOf, format, onRun });
  const data = useLogCompletionData();
  const matchers = matchersOf(query);
  return (
    <QueryBar
      draft={draft}
      recent="log-queries"
      example={'{app="shop"} |= "error" | json'}
      onRun={onRun}
      lead={
        <IconButton label="Labels" aria-pressed={browser} onClick={onBrowser}>
          <IconTags size={16} aria-hidden />
        </IconButton>
      }
      editor={
        <LogqlEditor value={draft.text} data={data} notes={NO_NOTES} onChange={draft.change} onRun={draft.run} onFormat={draft.format} />
      }
    >
      {matchers.length > 0 && <QueryMatchers matchers={matchers} onRemove={(m) => onRun(removeStreamMatcher(query, m))} />}
    </QueryBar>
  );
}
