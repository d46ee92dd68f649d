// A field's name alone, as the routes of tags take it: `span.http.status_code`, `resource."two words"`, `duration`.
//
// It is what could stand within braces by itself. Source: Tempo `pkg/traceql/parse.go`, `ParseIdentifier`.

import { RequestError } from '../../base/request-error.ts';
import type { Field } from './ast.ts';
import { parseAsWritten } from './parse.ts';

/** The field that a name means. Throws `bad_data` for anything that is no field alone. */
export function parseIdentifier(text: string): Field {
  const { root, hints } = parseAsWritten(`{${text}}`);
  const stage = root.type === 'pipeline' && root.stages.length === 1 && hints.length === 0 ? root.stages[0] : undefined;
  if (stage?.type === 'filter' && (stage.expr.type === 'attribute' || stage.expr.type === 'intrinsic')) return stage.expr;
  throw new RequestError('bad_data', `failed to parse identifier ${text}`);
}
