// What each token of a LogQL text is, for its colour: the lexer's words told apart by what stands around them.

import type { Token } from '../../../src/logs/logql/lex.ts';
import { withRest } from '../token-classes.ts';
import type { ClassedToken, TokenClass } from '../token-classes.ts';
import { looseTokens } from './logql-tokens.ts';
import { CALLS_OFFERED, CONVERSIONS_OFFERED, RANGES_OFFERED, STAGES_OFFERED, VECTORS_OFFERED } from './signatures.ts';

const named = (offered: readonly { readonly label: string }[]): ReadonlySet<string> => new Set(offered.map(({ label }) => label));
const CALLED = named([...RANGES_OFFERED, ...VECTORS_OFFERED, ...CALLS_OFFERED]);
const CONVERSIONS = named(CONVERSIONS_OFFERED);
const STAGES = named(STAGES_OFFERED);
const LIST_WORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'of']);
const COMPARISONS = new Set(['=', '==', '!=', '=~', '!~', '>', '>=', '<', '<=']);

/** Whether a word is followed by a list of labels in parentheses. */
export function isListWord(word: string): boolean {
  return LIST_WORDS.has(word);
}

export function isComparison(token: Token | undefined): boolean {
  return token?.kind === 'punctuation' && COMPARISONS.has(token.text);
}

/** The tokens, comments and unfinished parts of a text with their classes, in its order. */
export function classTokens(text: string): readonly ClassedToken[] {
  const loose = looseTokens(text);
  const classed = loose.tokens.map((token, i): ClassedToken => {
    const around = { before: loose.tokens[i - 1], next: loose.tokens[i + 1] };
    return { kind: classOf(token, around), from: token.from, to: token.to };
  });
  const ranges = loose.bad.filter(({ from }) => text[from] === '[').map(({ from, to }): ClassedToken => ({ kind: 'number', from, to }));
  return withRest(text, loose, [...classed, ...ranges]);
}

interface Around {
  readonly before: Token | undefined;
  readonly next: Token | undefined;
}

function classOf(token: Token, around: Around): TokenClass {
  switch (token.kind) {
    case 'number':
    case 'duration':
    case 'bytes':
    case 'range':
    case 'end':
      return 'number';
    case 'string':
      return 'string';
    case 'flag':
      return 'keyword';
    case 'punctuation':
      return '(){},'.includes(token.text) ? 'bracket' : 'operator';
    case 'word':
      return classOfWord(token.text.toLowerCase(), around);
  }
}

/** A word before a comparison is a label, whatever else it might be: `| json="x"`. */
function classOfWord(word: string, { before, next }: Around): TokenClass {
  const isCalled = next?.text === '(';
  if (before?.text === '|' && STAGES.has(word) && (!isComparison(next) || next?.text.startsWith('!') === true)) return 'keyword';
  if (isComparison(next)) return 'label';
  const isGrouped = next?.kind === 'word' && /^(?:by|without)$/i.test(next.text);
  if (CALLED.has(word) && (isCalled || isGrouped)) return 'function';
  if (isCalled && (word === 'ip' || (before?.text.toLowerCase() === 'unwrap' && CONVERSIONS.has(word)))) return 'function';
  if (LIST_WORDS.has(word) && (isCalled || word.startsWith('group_'))) return 'keyword';
  return KEYWORDS.has(word) ? 'keyword' : 'label';
}
