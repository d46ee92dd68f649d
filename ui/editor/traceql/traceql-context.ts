// What a person may want to write where the cursor stands in a TraceQL text: a pure function of the text and the place.

import { readTraceql } from '../../data/traceql-text.ts';
import { isQuote } from '../loose-tokens.ts';
import { isScope } from './traceql-classes.ts';
import { commentsIn, looseTokens } from './traceql-tokens.ts';
import type { TraceqlToken } from './traceql-tokens.ts';
import { METRICS_OFFERED, OPERATORS_OFFERED, STRUCTURE_OFFERED } from './words.ts';

/** `from` is where the word begins that a choice replaces. */
export type Wanted =
  | { readonly kind: 'nothing' }
  /** Braces, where spans are chosen. */
  | { readonly kind: 'spans'; readonly from: number }
  /** A field of a span: to compare it, or to list it. */
  | { readonly kind: 'field'; readonly from: number; readonly use: 'compare' | 'list' }
  /** What a field is compared by. */
  | { readonly kind: 'operator'; readonly from: number }
  /** A value of a field; `quote` is empty where none is open yet, `query` chooses the spans whose values are meant. */
  | { readonly kind: 'value'; readonly from: number; readonly field: string; readonly quote: string; readonly query: string }
  /** What goes on within braces, behind a whole comparison. */
  | { readonly kind: 'logical'; readonly from: number }
  /** A stage, behind `|`. */
  | { readonly kind: 'stage'; readonly from: number }
  /** What goes on behind braces or a stage. */
  | { readonly kind: 'after'; readonly from: number; readonly of: 'spans' | 'metrics' | 'stage' }
  | { readonly kind: 'hint'; readonly from: number };

const NOTHING: Wanted = { kind: 'nothing' };
const COMPARES = new Set(OPERATORS_OFFERED.map(({ label }) => label));
const STRUCTURES = new Set([...STRUCTURE_OFFERED.map(({ label }) => label), '&&', '||']);
const METRICS = new Set(METRICS_OFFERED.map(({ label }) => label));
const LISTING = new Set(['by', 'select', 'avg', 'min', 'max', 'sum']);
const LITERALS = new Set(['STRING', 'INTEGER', 'FLOAT', 'DURATION', 'true', 'false', 'nil']);
const LITERAL_WORDS = new Set(['error', 'ok', 'unset', 'server', 'client', 'producer', 'consumer', 'internal', 'unspecified']);

/** What may be written at `at`. */
export function wantedAt(text: string, at: number): Wanted {
  const before = text.slice(0, at);
  const loose = looseTokens(before);
  if (commentsIn(before, loose).some(({ from, to }) => from < at && to === at)) return NOTHING;
  const bad = loose.bad.find(({ to }) => to === at);
  if (bad !== undefined) {
    const quote = before[bad.from];
    if (!isQuote(quote) || quote === undefined) return NOTHING;
    const earlier = loose.tokens.filter(({ to }) => to <= bad.from);
    return compared(before, earlier, { from: bad.from + 1, quote });
  }
  const { tokens, from } = withoutPartial(loose.tokens, at);
  const open = openMarks(tokens);
  const frame = open.at(-1);
  if (open.some(({ mark }) => mark === '{')) return withinBraces(before, tokens, from);
  if (frame !== undefined && frame.word !== '') return withinCall(tokens, frame.word, from);
  return between(tokens, from);
}

interface Whole {
  readonly tokens: readonly TraceqlToken[];
  readonly from: number;
}

/** The tokens without the word that the cursor stands at the end of: a field's name goes with its scope. */
function withoutPartial(tokens: readonly TraceqlToken[], at: number): Whole {
  const last = tokens.at(-1);
  if (last === undefined || last.to !== at) return { tokens, from: at };
  let first = tokens.length - 1;
  if (!isScope(last) && !/^[\p{L}_]/u.test(last.text)) return { tokens, from: at };
  if (last.kind === 'DURATION') return { tokens, from: at };
  while (first > 0 && isScope(tokens[first - 1]) && tokens[first - 1]?.to === tokens[first]?.from) first--;
  return { tokens: tokens.slice(0, first), from: tokens[first]?.from ?? at };
}

interface Open {
  readonly mark: string;
  /** What is called, in front of a parenthesis. */
  readonly word: string;
}

function openMarks(tokens: readonly TraceqlToken[]): readonly Open[] {
  const open: Open[] = [];
  tokens.forEach(({ kind }, i) => {
    const before = tokens[i - 1]?.kind ?? '';
    if (kind === '{' || kind === '(') open.push({ mark: kind, word: /^[a-z]/.test(before) ? before : '' });
    else if (kind === '}' || kind === ')') open.pop();
  });
  return open;
}

function isLiteral({ kind }: TraceqlToken): boolean {
  return LITERALS.has(kind) || LITERAL_WORDS.has(kind);
}

function withinBraces(text: string, tokens: readonly TraceqlToken[], from: number): Wanted {
  const last = tokens.at(-1);
  if (last === undefined) return NOTHING;
  if (COMPARES.has(last.kind)) return compared(text, tokens, { from, quote: '' });
  if (last.kind === ')' || (isLiteral(last) && tokens.at(-2) !== undefined && COMPARES.has(tokens.at(-2)?.kind ?? ''))) {
    return { kind: 'logical', from };
  }
  if (last.kind === 'IDENTIFIER' || /^[a-z]/i.test(last.kind)) return { kind: 'operator', from };
  return isLiteral(last) ? { kind: 'logical', from } : { kind: 'field', from, use: 'compare' };
}

/** Behind a comparison's operator: the values of the field in front of it. */
function compared(
  text: string,
  tokens: readonly TraceqlToken[],
  { from, quote }: { readonly from: number; readonly quote: string },
): Wanted {
  const operator = tokens.at(-1);
  if (operator === undefined || !COMPARES.has(operator.kind) || !openMarks(tokens).some(({ mark }) => mark === '{')) return NOTHING;
  const end = tokens.length - 2;
  let first = end;
  while (first > 0 && isScope(tokens[first - 1]) && tokens[first - 1]?.to === tokens[first]?.from) first--;
  const [start, name] = [tokens[first], tokens[end]];
  if (start === undefined || name === undefined || !(/^[\p{L}_]/u.test(name.text) || first < end)) return NOTHING;
  const field = text.slice(start.from, name.to);
  return { kind: 'value', from, field, quote, query: queryBefore(text, tokens.slice(0, first)) };
}

/** The conditions in front of one, as a query of their own; empty where they are none by themselves. */
function queryBefore(text: string, tokens: readonly TraceqlToken[]): string {
  const brace = tokens.findLast(({ kind }) => kind === '{');
  const last = tokens.at(-1);
  if (brace === undefined || last?.kind !== '&&') return '';
  const query = `{ ${text.slice(brace.to, last.from).trim()} }`;
  return readTraceql(query).kind === 'spans' ? query : '';
}

function withinCall(tokens: readonly TraceqlToken[], word: string, from: number): Wanted {
  const last = tokens.at(-1)?.kind;
  const begins = last === '(' || last === ',';
  if (word === 'with') return begins ? { kind: 'hint', from } : NOTHING;
  if (word === 'compare') return last === '(' ? { kind: 'spans', from } : NOTHING;
  if (LISTING.has(word)) return begins ? { kind: 'field', from, use: 'list' } : NOTHING;
  return METRICS.has(word) && word.endsWith('_over_time') && last === '(' ? { kind: 'field', from, use: 'list' } : NOTHING;
}

function between(tokens: readonly TraceqlToken[], from: number): Wanted {
  const last = tokens.at(-1);
  if (last === undefined || last.kind === '(' || STRUCTURES.has(last.kind)) return { kind: 'spans', from };
  if (last.kind === '|') return { kind: 'stage', from };
  if (last.kind === '}') return { kind: 'after', from, of: 'spans' };
  if (last.kind !== ')') return LITERALS.has(last.kind) ? { kind: 'after', from, of: 'stage' } : NOTHING;
  const word = calledBefore(tokens);
  return { kind: 'after', from, of: METRICS.has(word) ? 'metrics' : word === '' ? 'spans' : 'stage' };
}

/** What the closing parenthesis at the end belongs to; behind `by (…)` what stands in front of that. */
function calledBefore(tokens: readonly TraceqlToken[]): string {
  let depth = 0;
  for (let i = tokens.length - 1; i >= 0; i--) {
    const kind = tokens[i]?.kind;
    if (kind === ')') depth++;
    else if (kind === '(') depth--;
    if (depth > 0) continue;
    const word = tokens[i - 1]?.kind ?? '';
    return word === 'by' && tokens[i - 2]?.kind === ')' ? calledBefore(tokens.slice(0, i - 1)) : /^[a-z]/.test(word) ? word : '';
  }
  return '';
}
