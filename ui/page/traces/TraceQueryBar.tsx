// The query of the traces page: the bar with the TraceQL editor, and the builder that reads and writes the same text.

import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { Suspense, lazy } from 'react';
import type { Formatted } from '../../data/formatted.ts';
import { readTraceql } from '../../data/traceql-text.ts';
import type { RunNotes } from '../../editor/problems.ts';
import { useTraceCompletionData } from '../../editor/traceql/use-trace-completion-data.ts';
import { IconButton } from '../../kit/Controls.tsx';
import { QueryBar } from '../../kit/QueryBar.tsx';
import { useDraft } from '../../kit/use-draft.ts';

const TraceqlEditor = lazy(() => import('../../editor/TraceqlEditor.tsx').then((module) => ({ default: module.TraceqlEditor })));
const Builder = lazy(() => import('./Builder.tsx').then((module) => ({ default: module.Builder })));

interface TraceQueryBarProps {
  readonly query: string;
  readonly builder: boolean;
  readonly onRun: (query: string) => void;
  readonly onBuilder: () => void;
}

/** What an answer says of its query stands with the answer; the editor says what is wrong with a text. */
const NO_NOTES: RunNotes = { query: '', notes: [] };

function problemOf(text: string): string {
  const read = readTraceql(text);
  return read.kind === 'wrong' ? read.problem.message : '';
}

async function format(text: string): Promise<Formatted> {
  const { formatTraceqlText } = await import('../../editor/traceql/format-traceql-text.ts');
  return formatTraceqlText(text);
}

export function TraceQueryBar({ query, builder, onRun, onBuilder }: TraceQueryBarProps) {
  const draft = useDraft({ query, problemOf, format, onRun });
  const data = useTraceCompletionData();
  return (
    <QueryBar
      draft={draft}
      recent="trace-queries"
      example={'{ resource.service.name = "shop" && duration > 500ms }'}
      onRun={onRun}
      lead={
        <IconButton label="Builder" aria-pressed={builder} onClick={onBuilder}>
          <IconAdjustmentsHorizontal size={16} aria-hidden />
        </IconButton>
      }
      editor={
        <TraceqlEditor value={draft.text} data={data} notes={NO_NOTES} onChange={draft.change} onRun={draft.run} onFormat={draft.format} />
      }
    >
      {builder && (
        <Suspense>
          <Builder text={draft.text} data={data} onRun={draft.run} />
        </Suspense>
      )}
    </QueryBar>
  );
}
