// What a person may want to write where the cursor stands: a pure function of the text and the place.

import type { Token } from '../../../src/metrics/promql/lex.ts';
import { printSelector } from '../../data/selector.ts';
import { commentsOf, isQuote } from '../loose-tokens.ts';
import type { LooseTokens } from '../loose-tokens.ts';
import { isMatchOp, matchersFrom, textOf } from '../matchers-before.ts';
import { openMarks } from '../token-classes.ts';
import type { Open } from '../token-classes.ts';
import { looseTokens } from './promql-tokens.ts';
import { classTokens, isLabelList, SET_WORDS } from './token-classes.ts';

/** `from` is where the word begins that a choice replaces. Selectors narrow what is offered to series that fit. */
export type Wanted =
  | { readonly kind: 'nothing' }
  /** An operand: a metric, a function, an aggregation; behind an operator its modifiers too. */
  | { readonly kind: 'operand'; readonly from: number; readonly afterOperator: boolean }
  /** What goes on behind an operand. */
  | { readonly kind: 'operator'; readonly from: number; readonly grouping: boolean }
  | { readonly kind: 'label'; readonly from: number; readonly selectors: readonly string[]; readonly list: boolean }
  | { readonly kind: 'value'; readonly from: number; readonly label: string; readonly quote: string; readonly selectors: readonly string[] }
  | { readonly kind: 'name'; readonly from: number; readonly quote: string }
  | { readonly kind: 'duration'; readonly from: number };

const NOTHING: Wanted = { kind: 'nothing' };
const SELECTORS_MAX = 10;
const AGGREGATED = /^(sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|count_values|quantile|limitk|limit_ratio)$/i;

/** What may be written at `at`. */
export function wantedAt(text: string, at: number): Wanted {
  const before = text.slice(0, at);
  const loose = looseTokens(before);
  if (commentsOf(before, loose).some(({ to }) => to === at)) return NOTHING;
  const opened = loose.bad.find(({ from, to }) => to === at && isQuote(before[from]));
  if (opened) return wantedInString(before, loose, opened.from);
  if (loose.bad.some(({ to }) => to === at)) return NOTHING;
  const last = loose.tokens.at(-1);
  const partial = last?.to === at && isPart(last) ? last : undefined;
  const tokens = partial ? loose.tokens.slice(0, -1) : loose.tokens;
  const from = partial?.from ?? at;
  const inner = openMarks(tokens).at(-1);
  if (inner?.mark === '[') return tokens.at(-1)?.text === '[' || tokens.at(-1)?.text === ':' ? { kind: 'duration', from } : NOTHING;
  if (inner?.mark !== '{' && tokens.at(-1)?.text.toLowerCase() === 'offset') return { kind: 'duration', from };
  if (partial !== undefined && partial.kind !== 'word') return NOTHING;
  if (inner?.mark === '{') return beginsMatcher(tokens) ? { kind: 'label', from, selectors: around(tokens, inner), list: false } : NOTHING;
  if (inner !== undefined && isLabelList(inner)) {
    return beginsMatcher(tokens) ? { kind: 'label', from, selectors: metricsOf(text), list: true } : NOTHING;
  }
  return wantedInExpression(tokens, from);
}

function isPart({ kind }: Token): boolean {
  return kind === 'word' || kind === 'number' || kind === 'duration';
}

function beginsMatcher(tokens: readonly Token[]): boolean {
  return ['{', '(', ','].includes(tokens.at(-1)?.text ?? '');
}

function wantedInExpression(tokens: readonly Token[], from: number): Wanted {
  const last = tokens.at(-1);
  if (last === undefined) return { kind: 'operand', from, afterOperator: false };
  const word = last.text.toLowerCase();
  if (last.kind === 'word' && SET_WORDS.includes(word)) return { kind: 'operand', from, afterOperator: true };
  if (last.kind === 'word' && word === 'bool') return { kind: 'operand', from, afterOperator: true };
  if (last.kind === 'punctuation' && !')}]'.includes(last.text)) {
    return { kind: 'operand', from, afterOperator: !'(,{'.includes(last.text) };
  }
  if (last.text === ')' && closesLabelList(tokens)) return { kind: 'operand', from, afterOperator: true };
  return { kind: 'operator', from, grouping: AGGREGATED.test(word) || last.text === ')' };
}

/** Whether the last token ends `on (…)`, behind which an operand follows. */
function closesLabelList(tokens: readonly Token[]): boolean {
  const open = openMarks(tokens.slice(0, -1)).at(-1);
  return open !== undefined && isLabelList(open) && open.word !== 'by' && open.word !== 'without';
}

function wantedInString(before: string, { tokens }: LooseTokens<Token>, from: number): Wanted {
  const earlier = tokens.filter((token) => token.to <= from);
  const inner = openMarks(earlier).at(-1);
  const quote = before[from] ?? '"';
  if (inner?.mark !== '{') return NOTHING;
  const last = earlier.at(-1);
  if (last?.text === '{' || last?.text === ',') return { kind: 'name', from: from + 1, quote };
  const label = earlier.at(-2);
  if (last === undefined || label === undefined || !isMatchOp(last.text)) return NOTHING;
  const name = textOf(label);
  const selectors = name === '__name__' ? [] : around(earlier.slice(0, -2), inner);
  return { kind: 'value', from: from + 1, label: name, quote, selectors };
}

/** The selector around the cursor as far as it is whole: its name, and the matchers in front of the cursor. */
function around(tokens: readonly Token[], { index }: Open): readonly string[] {
  const named = tokens[index - 1];
  const metric = named?.kind === 'word' ? named.text : '';
  const matchers = matchersFrom(tokens, index + 1);
  const printed = printSelector({ metric, matchers });
  return printed === '' ? [] : [printed];
}

/** The metrics that a text names, as selectors. */
function metricsOf(text: string): readonly string[] {
  const named = classTokens(text).filter(({ kind }) => kind === 'metric');
  return [...new Set(named.map(({ from, to }) => text.slice(from, to)))].slice(0, SELECTORS_MAX);
}
