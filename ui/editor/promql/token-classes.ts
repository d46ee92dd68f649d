// What each token of a query is, for its colour: the lexer's words told apart by what stands around them.

import { AGGREGATE_OPS } from '../../../src/metrics/promql/ast.ts';
import { FUNCTIONS } from '../../../src/metrics/promql/functions.ts';
import type { Token } from '../../../src/metrics/promql/lex.ts';
import { withRest } from '../token-classes.ts';
import type { ClassedToken, Open, TokenClass } from '../token-classes.ts';
import { looseTokens } from './promql-tokens.ts';

export const SET_WORDS: readonly string[] = ['and', 'or', 'unless', 'atan2'];
const LIST_WORDS: readonly string[] = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'];
const KEYWORDS = new Set([...SET_WORDS, ...LIST_WORDS, 'bool', 'offset', 'anchored', 'smoothed', 'fill', 'fill_left', 'fill_right']);

export function isLabelList({ mark, word }: Open): boolean {
  return mark === '(' && LIST_WORDS.includes(word);
}

/** The tokens, comments and unfinished strings of a text with their classes, in its order. */
export function classTokens(text: string): readonly ClassedToken[] {
  const loose = looseTokens(text);
  const open: string[] = [];
  const classed = loose.tokens.map((token, i): ClassedToken => {
    const kind = classOf(token, { before: loose.tokens[i - 1], next: loose.tokens[i + 1], within: open.at(-1) ?? '' });
    if (token.kind === 'punctuation') {
      const word = loose.tokens[i - 1]?.text.toLowerCase() ?? '';
      if (token.text === '(') open.push(LIST_WORDS.includes(word) ? 'labels' : '(');
      else if (token.text === '{' || token.text === '[') open.push(token.text);
      else if (')}]'.includes(token.text)) open.pop();
    }
    return { kind, from: token.from, to: token.to };
  });
  return withRest(text, loose, classed);
}

interface Around {
  readonly before: Token | undefined;
  readonly next: Token | undefined;
  readonly within: string;
}

function classOf(token: Token, around: Around): TokenClass {
  switch (token.kind) {
    case 'number':
    case 'duration':
    case 'end':
      return 'number';
    case 'string':
      return 'string';
    case 'punctuation':
      return '(){}[],'.includes(token.text) ? 'bracket' : 'operator';
    case 'word':
      return classOfWord(token.text, around);
  }
}

function classOfWord(text: string, { before, next, within }: Around): TokenClass {
  const word = text.toLowerCase();
  const called = next?.text === '(';
  if (within === '{' || within === 'labels') return 'label';
  if (within === '[') return 'function';
  if (before?.text === '@' && called) return 'keyword';
  if (AGGREGATE_OPS.some((op) => op === word) && (called || next?.text === 'by' || next?.text === 'without')) return 'function';
  if (called && FUNCTIONS.has(text)) return 'function';
  return KEYWORDS.has(word) ? 'keyword' : 'metric';
}
