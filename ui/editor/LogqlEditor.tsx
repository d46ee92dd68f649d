// The LogQL editor: the editor with the server's own LogQL lexer, parser and printer. Loaded when a page wants it.

import { QueryEditor } from './QueryEditor.tsx';
import type { QueryEditorProps, QueryLanguage } from './QueryEditor.tsx';
import { completeFrom } from './logql/completions.ts';
import type { LogCompletionData } from './logql/completion-data.ts';
import { diagnosticsOf } from './logql/diagnose.ts';
import { explainAt } from './logql/explain.ts';
import { classTokens } from './logql/logql-classes.ts';

const LOGQL: QueryLanguage<LogCompletionData> = {
  example: '{app="shop"} |= "error" | json',
  classTokens,
  diagnose: diagnosticsOf,
  explain: explainAt,
  completeFrom,
};

export function LogqlEditor(props: QueryEditorProps<LogCompletionData>) {
  return <QueryEditor language={LOGQL} {...props} />;
}
