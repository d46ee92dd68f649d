// The PromQL editor: the editor with the server's own PromQL lexer, parser and printer. Loaded when a page wants it.

import { QueryEditor } from './QueryEditor.tsx';
import type { QueryEditorProps, QueryLanguage } from './QueryEditor.tsx';
import { completeFrom } from './promql/completions.ts';
import type { CompletionData } from './promql/completions.ts';
import { diagnosticsOf } from './promql/diagnose.ts';
import { explainAt } from './promql/explain.ts';
import { classTokens } from './promql/token-classes.ts';

const PROMQL: QueryLanguage<CompletionData> = {
  example: 'sum by (job) (rate(http_requests_total[5m]))',
  classTokens,
  diagnose: diagnosticsOf,
  explain: explainAt,
  completeFrom,
};

export function PromqlEditor(props: QueryEditorProps<CompletionData>) {
  return <QueryEditor language={PROMQL} {...props} />;
}
