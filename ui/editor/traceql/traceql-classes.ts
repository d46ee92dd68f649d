// What each token of a TraceQL text is, for its colour.

import { isQuote } from '../loose-tokens.ts';
import type { ClassedToken, TokenClass } from '../token-classes.ts';
import { commentsIn, looseTokens } from './traceql-tokens.ts';
import type { TraceqlToken } from './traceql-tokens.ts';
import { AGGREGATES_OFFERED, KINDS_OFFERED, METRICS_OFFERED, STATUSES_OFFERED } from './words.ts';

const named = (offered: readonly { readonly label: string }[]): ReadonlySet<string> => new Set(offered.map(({ label }) => label));
const CALLED = new Set([...named(AGGREGATES_OFFERED), ...named(METRICS_OFFERED), 'select', 'coalesce']);
const CONSTANTS = new Set([...named(STATUSES_OFFERED), ...named(KINDS_OFFERED), 'nil', 'true', 'false']);
const SCOPE = /^(?:parent|resource|span|event|link|instrumentation|trace)?[.:]$/;

/** Whether a token opens a field's name: `span.`, `.`, `trace:`. */
export function isScope(token: TraceqlToken | undefined): boolean {
  return token !== undefined && SCOPE.test(token.kind);
}

/** The tokens, comments and unfinished strings of a text with their classes, in its order. */
export function classTokens(text: string): readonly ClassedToken[] {
  const loose = looseTokens(text);
  const classed = loose.tokens.map((token, i): ClassedToken => {
    const { from, to } = token;
    return { kind: classOf(token, loose.tokens[i - 1], loose.tokens[i + 1]), from, to };
  });
  const strings = loose.bad.filter(({ from }) => isQuote(text[from])).map(({ from, to }): ClassedToken => ({ kind: 'string', from, to }));
  const comments = commentsIn(text, loose).map(({ from, to }): ClassedToken => ({ kind: 'comment', from, to }));
  return [...classed, ...strings, ...comments].sort((a, b) => a.from - b.from);
}

function classOf(token: TraceqlToken, before: TraceqlToken | undefined, next: TraceqlToken | undefined): TokenClass {
  const { kind } = token;
  if (kind === 'STRING') return 'string';
  if (kind === 'INTEGER' || kind === 'FLOAT' || kind === 'DURATION') return 'number';
  if (isScope(token) || (isScope(before) && before?.to === token.from)) return 'label';
  if (kind === 'IDENTIFIER') return 'label';
  if (/^[a-z]/i.test(kind)) {
    if (kind === 'by' || kind === 'with') return 'keyword';
    if (CALLED.has(kind) && next?.kind === '(') return 'function';
    return CONSTANTS.has(kind) ? 'number' : 'keyword';
  }
  return '(){},'.includes(kind) ? 'bracket' : 'operator';
}
