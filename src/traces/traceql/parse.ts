// The only parser of TraceQL: text ─▶ tokens ─▶ tree, driven by the states that the grammar makes.
//
// An LR parser never calls itself, so that depth costs it nothing; whoever walks the tree does, so depth is bounded here.

import { RequestError } from '../../base/request-error.ts';
import type { Place, Query } from './ast.ts';
import { foldMemberships } from './fold-memberships.ts';
import { RULES, parserStates } from './grammar.ts';
import { END, ERROR_ACTION, type ParserState } from './lalr.ts';
import { END_OF_TEXT, Lexer, type Token } from './lex.ts';
import { TERMINALS } from './tokens.ts';

/** Longer texts are refused before they are read. */
export const QUERY_LENGTH_MAX = 128 * 1024;
/** Expressions within expressions; a chain of `&&` is as deep as it is long. */
const DEPTH_MAX = 2000;
/** A message that would list more than these lists none. */
const EXPECTED_MAX = 4;

/** The tree of a query. Throws `bad_data`: `parse error at line 1, col 7: syntax error: …`, with the place. */
export function parseTraceql(text: string): Query {
  return foldMemberships(parseAsWritten(text));
}

/** The same with every comparison as it was written: what is laid out for a person again. */
export function parseAsWritten(text: string): Query {
  if (text.length > QUERY_LENGTH_MAX)
    throw new RequestError('bad_data', `parse error : a query of ${text.length} characters, ${QUERY_LENGTH_MAX} at most`);
  return new Parser(text).parse();
}

interface Entry {
  readonly state: number;
  readonly value: unknown;
  readonly place: Place;
  readonly depth: number;
}

const numberOfTerminal = new Map(TERMINALS.map((name, index) => [name, index + 1]));

class Parser {
  readonly #lexer: Lexer;
  readonly #states: readonly ParserState[] = parserStates();
  readonly #stack: Entry[] = [{ state: 0, value: undefined, place: { from: 0, to: 0 }, depth: 0 }];
  #ahead: Token | undefined;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  parse(): Query {
    for (;;) {
      const top = this.#stack.at(-1);
      const state = this.#states[top?.state ?? 0];
      if (state === undefined) throw new Error('traceql: no such state');
      // A state that can do one thing only does it without reading on, as the peer's does: that is where errors are placed.
      const reduce = state.shifts.size === 0 && state.exceptions.size === 0 ? state.reduce : undefined;
      if (reduce !== undefined) {
        this.#reduce(reduce);
        continue;
      }
      this.#ahead ??= this.#lexer.next();
      const terminal = this.#ahead.kind === END_OF_TEXT ? END : (numberOfTerminal.get(this.#ahead.kind) ?? -1);
      const shift = state.shifts.get(terminal);
      if (shift !== undefined) {
        this.#stack.push({ state: shift, value: this.#ahead.value, place: this.#ahead.place, depth: 0 });
        this.#ahead = undefined;
        continue;
      }
      // The parser knows by its rules what lies on the stack; its first rule makes a query.
      if (terminal === END && state.accepts) return top?.value as Query;
      const rule = state.exceptions.get(terminal) ?? state.reduce;
      if (rule === undefined || rule === ERROR_ACTION) throw this.#unexpected(this.#ahead, state);
      this.#reduce(rule);
    }
  }

  #reduce(number: number): void {
    const rule = RULES[number];
    if (rule === undefined) throw new Error('traceql: no such rule');
    const entries = this.#stack.splice(-rule.right.length);
    const place = { from: entries[0]?.place.from ?? 0, to: entries.at(-1)?.place.to ?? 0 };
    const error = (message: string): RequestError => this.#lexer.error(message);
    // What each part came to is known to the rule that takes it.
    const value = rule.make({ place, part: <Part>(index: number) => entries[index]?.value as Part, error });
    // Brackets, and names for the same thing, add nothing to the tree.
    const depth = Math.max(...entries.map((entry) => entry.depth)) + (entries.some((entry) => entry.value === value) ? 0 : 1);
    if (depth > DEPTH_MAX) throw error(`expressions within more than ${DEPTH_MAX} others`);
    const next = this.#states[this.#stack.at(-1)?.state ?? 0]?.gotos.get(rule.left);
    if (next === undefined) throw new Error(`traceql: no way on from ${rule.left}`);
    this.#stack.push({ state: next, value, place, depth });
  }

  #unexpected(token: Token, state: ParserState): RequestError {
    const expected =
      state.reduce === undefined ? [...state.shifts.keys()].sort((a, b) => a - b).map((number) => TERMINALS[number - 1]) : [];
    const list = expected.length === 0 || expected.length > EXPECTED_MAX ? '' : `, expecting ${expected.join(' or ')}`;
    return this.#lexer.error(`syntax error: unexpected ${token.kind}${list}`);
  }
}
