// The selector around the cursor, as far as it is written in front of it: what completion narrows its questions by.

import { unquoted } from '../../src/query/scanner.ts';
import type { Matcher } from '../../src/query/matchers.ts';

interface Worded {
  readonly kind: string;
  readonly text: string;
}

const MATCH_OPS = ['=', '!=', '=~', '!~'] as const;

export function isMatchOp(text: string | undefined): boolean {
  return MATCH_OPS.some((op) => op === text);
}

/** What a token says: the text of a string, else its own; empty for an escape that is still being written. */
export function textOf(token: Worded): string {
  if (token.kind !== 'string') return token.text;
  const found = unquoted(token.text);
  return typeof found === 'string' ? found : '';
}

/** The whole matchers among the tokens from `index` on. */
export function matchersFrom(tokens: readonly Worded[], index: number): readonly Matcher[] {
  const matchers: Matcher[] = [];
  for (let i = index; i + 2 < tokens.length; i++) {
    const [name, compares, value] = tokens.slice(i, i + 3);
    const op = MATCH_OPS.find((known) => known === compares?.text);
    if (name && op !== undefined && value?.kind === 'string') matchers.push({ name: textOf(name), op, value: textOf(value) });
  }
  return matchers;
}
