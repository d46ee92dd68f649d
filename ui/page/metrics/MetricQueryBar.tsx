// The query of the metrics page: the bar with the PromQL editor, and the matchers of its selectors as pieces that can be taken away or added.

import { lazy } from 'react';
import type { Formatted } from '../../data/formatted.ts';
import { addMatcher, commonMatchers, readQuery, removeMatcher } from '../../data/query-text.ts';
import type { MetricOffered } from '../../editor/promql/completions.ts';
import type { RunNotes } from '../../editor/problems.ts';
import { useCompletionData } from '../../editor/promql/use-completion-data.ts';
import { QueryBar } from '../../kit/QueryBar.tsx';
import { QueryMatchers } from '../../kit/QueryMatchers.tsx';
import { useDraft } from '../../kit/use-draft.ts';
import { AddMatcher } from './AddMatcher.tsx';

const PromqlEditor = lazy(() => import('../../editor/PromqlEditor.tsx').then((module) => ({ default: module.PromqlEditor })));

interface MetricQueryBarProps {
  readonly query: string;
  /** The metrics that exist, to complete a name with. */
  readonly metrics: readonly MetricOffered[];
  readonly notes: RunNotes;
  readonly onRun: (query: string) => void;
}

function problemOf(text: string): string {
  const read = readQuery(text);
  return read.kind === 'wrong' ? read.problem.message : '';
}

async function format(text: string): Promise<Formatted> {
  const { formatQuery } = await import('../../editor/promql/format-query.ts');
  return formatQuery(text);
}

export function MetricQueryBar({ query, metrics, notes, onRun }: MetricQueryBarProps) {
  const draft = useDraft({ query, problemOf, format, onRun });
  const data = useCompletionData(metrics);
  // Those that all selectors of the query share.
  const matchers = commonMatchers(query);
  return (
    <QueryBar
      draft={draft}
      recent="queries"
      example="sum by (job) (rate(http_requests_total[5m]))"
      onRun={onRun}
      editor={
        <PromqlEditor value={draft.text} data={data} notes={notes} onChange={draft.change} onRun={draft.run} onFormat={draft.format} />
      }
    >
      {matchers && (
        <QueryMatchers matchers={matchers} onRemove={(m) => onRun(removeMatcher(query, m))}>
          <AddMatcher query={query} onAdd={(m) => onRun(addMatcher(query, m))} />
        </QueryMatchers>
      )}
    </QueryBar>
  );
}
