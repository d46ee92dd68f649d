// The TraceQL editor: the editor with the server's own TraceQL lexer, parser and printer. Loaded when a page wants it.

import { QueryEditor } from './QueryEditor.tsx';
import type { QueryEditorProps, QueryLanguage } from './QueryEditor.tsx';
import type { TraceCompletionData } from './traceql/completion-data.ts';
import { completeFrom } from './traceql/completions.ts';
import { diagnosticsOf } from './traceql/diagnose.ts';
import { explainAt } from './traceql/explain.ts';
import { classTokens } from './traceql/traceql-classes.ts';

const TRACEQL: QueryLanguage<TraceCompletionData> = {
  example: '{ resource.service.name = "shop" && duration > 500ms }',
  classTokens,
  diagnose: diagnosticsOf,
  explain: explainAt,
  completeFrom,
};

export function TraceqlEditor(props: QueryEditorProps<TraceCompletionData>) {
  return <QueryEditor language={TRACEQL} {...props} />;
}
