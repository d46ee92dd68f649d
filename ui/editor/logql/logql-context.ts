// What a person may want to write where the cursor stands in a LogQL text: a pure function of the text and the place.

import type { Token } from '../../../src/logs/logql/lex.ts';
import { printSelector } from '../../data/selector.ts';
import { commentsOf, isQuote } from '../loose-tokens.ts';
import { isMatchOp, matchersFrom, textOf } from '../matchers-before.ts';
import { framesOf, lineQuery, lineQueryNear } from './line-query-at.ts';
import type { Frame } from './line-query-at.ts';
import { isComparison, isListWord } from './logql-classes.ts';
import { looseTokens } from './logql-tokens.ts';
import { CONVERSIONS_OFFERED, RANGES_OFFERED, VECTORS_OFFERED } from './signatures.ts';

/** `from` is where the word begins that a choice replaces. `selector` and `query` say of which lines names are wanted. */
export type Wanted =
  | { readonly kind: 'nothing' }
  /** A selector, or what is counted over one. */
  | { readonly kind: 'operand'; readonly from: number; readonly of: 'any' | 'lines' | 'numbers'; readonly afterOperator: boolean }
  /** What goes on behind numbers. */
  | { readonly kind: 'operator'; readonly from: number; readonly words: 'numbers' | 'grouping' | 'filters' | 'range' }
  | { readonly kind: 'label'; readonly from: number; readonly selector: string }
  | { readonly kind: 'value'; readonly from: number; readonly label: string; readonly quote: string; readonly selector: string }
  /** A whole stage with its mark: `| json`, `|= "text"`. */
  | { readonly kind: 'pipe'; readonly from: number }
  /** A stage or a label filter, behind `|`. */
  | { readonly kind: 'stage'; readonly from: number; readonly query: string }
  | { readonly kind: 'flag'; readonly from: number }
  /** The name of a label or field; to compare, to list, or to unwrap. */
  | { readonly kind: 'field'; readonly from: number; readonly query: string; readonly use: 'filter' | 'list' | 'unwrap' }
  | { readonly kind: 'field_value'; readonly from: number; readonly label: string; readonly quote: string; readonly query: string }
  | { readonly kind: 'duration'; readonly from: number }
  | { readonly kind: 'template'; readonly from: number }
  | { readonly kind: 'template_field'; readonly from: number; readonly query: string };

const NOTHING: Wanted = { kind: 'nothing' };
const RANGE_WORDS = new Set(RANGES_OFFERED.map(({ label }) => label));
const VECTOR_WORDS = new Set(VECTORS_OFFERED.map(({ label }) => label));
const CONVERSION_WORDS = new Set(CONVERSIONS_OFFERED.map(({ label }) => label));
const JOINS = new Set(['and', 'or', 'unless']);
const LISTING_STAGES = new Set(['drop', 'keep', 'distinct']);
const NAMING_STAGES = new Set(['json', 'logfmt', 'label_format']);

/** What may be written at `at`. */
export function wantedAt(text: string, at: number): Wanted {
  const before = text.slice(0, at);
  const loose = looseTokens(before);
  if (commentsOf(before, loose).some(({ to }) => to === at)) return NOTHING;
  const bad = loose.bad.find(({ to }) => to === at);
  if (bad !== undefined) {
    const earlier = loose.tokens.filter(({ to }) => to <= bad.from);
    if (isQuote(before[bad.from])) return wantedInString(earlier, before, bad.from);
    if (before[bad.from] === '[') return { kind: 'duration', from: bad.from + 1 };
    return before[bad.from] === '!' && endsLines(earlier) ? { kind: 'pipe', from: bad.from } : NOTHING;
  }
  const last = loose.tokens.at(-1);
  const partial = last?.to === at && (last.kind === 'word' || last.kind === 'number' || last.kind === 'duration') ? last : undefined;
  const tokens = partial === undefined ? loose.tokens : loose.tokens.slice(0, -1);
  const from = partial?.from ?? at;
  if (isWord(tokens.at(-1), 'offset')) return { kind: 'duration', from };
  if (partial !== undefined && partial.kind !== 'word') return NOTHING;
  const frame = framesOf(tokens).at(-1);
  if (frame === undefined) return NOTHING;
  if (frame.mark === '{') return beginsItem(tokens) ? { kind: 'label', from, selector: selectorFrom(tokens, frame) } : NOTHING;
  if (frame.mark === '(' && isListWord(frame.word)) {
    return beginsItem(tokens) ? { kind: 'field', from, query: lineQueryNear(looseTokens(text).tokens, at), use: 'list' } : NOTHING;
  }
  return frame.selector === undefined ? wantedInNumbers(tokens, frame, from) : wantedInLines(tokens, frame, { from, at });
}

function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toLowerCase());
}

function beginsItem(tokens: readonly Token[]): boolean {
  return ['{', '(', ','].includes(tokens.at(-1)?.text ?? '');
}

function selectorFrom(tokens: readonly Token[], { open }: Frame): string {
  return printSelector({ metric: '', matchers: matchersFrom(tokens, open + 1) });
}

/** Whether the tokens end where a stage or a filter may follow. */
function endsLines(tokens: readonly Token[]): boolean {
  const frame = framesOf(tokens).at(-1);
  const last = tokens.at(-1);
  return frame?.selector !== undefined && (last?.text === '}' || last?.kind === 'string' || last?.kind === 'word');
}

function wantedInNumbers(tokens: readonly Token[], frame: Frame, from: number): Wanted {
  const last = tokens.at(-1);
  if (last === undefined || last.text === '(' || last.text === ',') {
    const of = last === undefined ? 'any' : RANGE_WORDS.has(frame.word) ? 'lines' : 'numbers';
    return { kind: 'operand', from, of, afterOperator: false };
  }
  if (isWord(last, ...JOINS, 'bool')) return { kind: 'operand', from, of: 'numbers', afterOperator: true };
  if (last.kind === 'punctuation' && last.text !== ')') return { kind: 'operand', from, of: 'numbers', afterOperator: true };
  const closed = last.text === ')' ? framesOf(tokens.slice(0, -1)).at(-1) : undefined;
  if (closed !== undefined && isListWord(closed.word)) {
    const isGrouping = closed.word === 'by' || closed.word === 'without';
    return isGrouping ? { kind: 'operator', from, words: 'numbers' } : { kind: 'operand', from, of: 'numbers', afterOperator: true };
  }
  const word = last.kind === 'word' ? last.text.toLowerCase() : (closed?.word ?? '');
  const groups = VECTOR_WORDS.has(word) || (last.text === ')' && RANGE_WORDS.has(word));
  return { kind: 'operator', from, words: groups ? 'grouping' : 'numbers' };
}

interface Cursor {
  readonly from: number;
  readonly at: number;
}

/** Behind a selector: its stages and filters, and the range. */
function wantedInLines(tokens: readonly Token[], frame: Frame, { from, at }: Cursor): Wanted {
  const last = tokens.at(-1);
  if (last === undefined || frame.word === 'ip') return NOTHING;
  if (last.kind === 'range') return { kind: 'operator', from, words: 'range' };
  if (frame.stage === undefined) return { kind: 'pipe', from };
  const query = lineQuery(tokens, frame, frame.stage);
  const mark = tokens[frame.stage];
  if (last === mark && from === at && last.to === at) return { kind: 'pipe', from: last.from };
  if (mark?.text !== '|') return afterFilter(last, from);
  if (last === mark) return { kind: 'stage', from, query };
  const stage = tokens[frame.stage + 1]?.text.toLowerCase() ?? '';
  if (stage === 'unwrap') return inUnwrap(last, frame, { from, query });
  if (isComparison(last)) return isNaming(stage, last) ? { kind: 'field', from, query, use: 'list' } : NOTHING;
  if (LISTING_STAGES.has(stage) && (last.text === ',' || isWord(last, stage))) return { kind: 'field', from, query, use: 'list' };
  if (NAMING_STAGES.has(stage) && last.text === ',') return NOTHING;
  if (last.text === ',' || last.text === '(' || isWord(last, 'and', 'or')) return { kind: 'field', from, query, use: 'filter' };
  if (last.kind !== 'word') return { kind: 'operator', from, words: 'filters' };
  return isWord(last, 'logfmt') ? { kind: 'flag', from } : isWord(last, 'json', 'unpack', 'decolorize') ? { kind: 'pipe', from } : NOTHING;
}

function afterFilter(last: Token, from: number): Wanted {
  return last.kind === 'string' || last.text === ')' ? { kind: 'operator', from, words: 'filters' } : NOTHING;
}

/** `label_format new=old` names a label behind its `=`. */
function isNaming(stage: string, last: Token): boolean {
  return stage === 'label_format' && last.text === '=';
}

function inUnwrap(last: Token, frame: Frame, { from, query }: { readonly from: number; readonly query: string }): Wanted {
  if (isWord(last, 'unwrap')) return { kind: 'field', from, query, use: 'unwrap' };
  if (last.text === '(' && CONVERSION_WORDS.has(frame.word)) return { kind: 'field', from, query, use: 'list' };
  return { kind: 'pipe', from };
}

function wantedInString(earlier: readonly Token[], before: string, quoteAt: number): Wanted {
  const frame = framesOf(earlier).at(-1);
  const last = earlier.at(-1);
  const named = earlier.at(-2);
  const [from, quote] = [quoteAt + 1, before[quoteAt] ?? '"'];
  if (frame === undefined || last === undefined) return NOTHING;
  const compares = isMatchOp(last.text) && named?.kind === 'word';
  if (frame.mark === '{') {
    if (!compares) return NOTHING;
    return { kind: 'value', from, label: textOf(named), quote, selector: selectorFrom(earlier.slice(0, -2), frame) };
  }
  if (frame.selector === undefined || frame.stage === undefined) return NOTHING;
  const stage = earlier[frame.stage + 1]?.text.toLowerCase() ?? '';
  const query = lineQuery(earlier, frame, frame.stage);
  if (isWord(last, 'line_format') || (stage === 'label_format' && last.text === '=')) return inTemplate(before, from, query);
  if (!compares || NAMING_STAGES.has(stage) || earlier[frame.stage]?.text !== '|') return NOTHING;
  return { kind: 'field_value', from, label: named.text, quote, query };
}

/** Within `{{ … }}` of a template: functions, and behind a dot the labels. */
function inTemplate(before: string, start: number, query: string): Wanted {
  const written = before.slice(start);
  const opened = written.lastIndexOf('{{');
  if (opened < 0 || written.indexOf('}}', opened) >= 0) return NOTHING;
  const [, lead = '', name = ''] = /(^|[^\w.])\.?(\w*)$/.exec(written.slice(opened + 2)) ?? [];
  const from = before.length - name.length;
  if (before[from - 1] === '.') return { kind: 'template_field', from, query };
  return lead === '"' || lead === '`' ? NOTHING : { kind: 'template', from };
}
