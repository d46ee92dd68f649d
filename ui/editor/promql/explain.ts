// What a word of a PromQL text means: the signature of a function, what an aggregation or an operator does.

import type { Explanation } from '../explain.ts';
import { AGGREGATIONS_OFFERED, FUNCTIONS_OFFERED, GROUPING_OFFERED, MATCHING_OFFERED, OPERATORS_OFFERED } from './signatures.ts';
import { classTokens } from './token-classes.ts';

const CALLED = new Map([...FUNCTIONS_OFFERED, ...AGGREGATIONS_OFFERED].map(({ label, detail }) => [label, detail]));
const WORDS = new Map([...OPERATORS_OFFERED, ...MATCHING_OFFERED, ...GROUPING_OFFERED].map(({ label, detail }) => [label, detail]));

export function explainAt(text: string, at: number): Explanation | undefined {
  const token = classTokens(text).find(({ from, to }) => from <= at && at < to);
  if (token === undefined || (token.kind !== 'function' && token.kind !== 'keyword')) return undefined;
  const { from, to } = token;
  const word = text.slice(from, to).toLowerCase();
  const detail = token.kind === 'function' ? CALLED.get(word) : undefined;
  if (detail !== undefined) return { from, to, title: `${word} ${detail}`, text: '', example: '' };
  const meaning = WORDS.get(word);
  return meaning === undefined ? undefined : { from, to, title: word, text: meaning, example: '' };
}
