// What a word of a TraceQL text means: a field, a function, an operator, a status or a kind.

import type { Explanation } from '../explain.ts';
import type { Described } from '../offers.ts';
import { isScope } from './traceql-classes.ts';
import { looseTokens } from './traceql-tokens.ts';
import {
  AGGREGATES_OFFERED,
  HINTS_OFFERED,
  INTRINSICS_OFFERED,
  KINDS_OFFERED,
  LOGICAL_OFFERED,
  METRICS_OFFERED,
  OPERATORS_OFFERED,
  OTHERS_OFFERED,
  SCOPES_OFFERED,
  STAGES_OFFERED,
  STATUSES_OFFERED,
  STRUCTURE_OFFERED,
} from './words.ts';

const words = (...lists: readonly (readonly Described[])[]): ReadonlyMap<string, Described> =>
  new Map(lists.flat().map((one) => [one.label, one]));

const FIELDS = words(INTRINSICS_OFFERED);
const SCOPES = words(SCOPES_OFFERED);
const WITHIN = words(OPERATORS_OFFERED, LOGICAL_OFFERED, STATUSES_OFFERED, KINDS_OFFERED, OTHERS_OFFERED);
const BETWEEN = words(
  STRUCTURE_OFFERED,
  LOGICAL_OFFERED,
  AGGREGATES_OFFERED,
  STAGES_OFFERED,
  METRICS_OFFERED,
  HINTS_OFFERED,
  OTHERS_OFFERED,
);

/** What stands at a place, explained; nothing where it is a value. */
export function explainAt(text: string, at: number): Explanation | undefined {
  const { tokens } = looseTokens(text);
  const index = tokens.findIndex(({ from, to }) => from <= at && at < to);
  const token = tokens[index];
  if (token === undefined) return undefined;
  const before = tokens[index - 1];
  const [scope, name] = isScope(token) ? [token, tokens[index + 1]] : isScope(before) && before?.to === token.from ? [before, token] : [];
  if (scope !== undefined) {
    const to = name !== undefined && name.from === scope.to ? name.to : scope.to;
    return placed(FIELDS.get(text.slice(scope.from, to)) ?? SCOPES.get(scope.text), scope.from, to);
  }
  const depth = tokens.slice(0, index).reduce((sum, { kind }) => sum + (kind === '{' ? 1 : kind === '}' ? -1 : 0), 0);
  const found = depth > 0 ? (FIELDS.get(token.text) ?? WITHIN.get(token.text)) : (BETWEEN.get(token.text) ?? FIELDS.get(token.text));
  return placed(found, token.from, token.to);
}

function placed(described: Described | undefined, from: number, to: number): Explanation | undefined {
  if (described === undefined) return undefined;
  const { label, form, text, example } = described;
  return { title: form.startsWith('(') ? `${label}${form}` : `${label} ${form}`.trim(), text, example, from, to };
}
