// Tables of an LALR(1) parser, made from a grammar that is data.
//
//   rules ─▶ LR(0) states ─▶ lookaheads (DeRemer and Pennello, no empty rules) ─▶ conflicts decided by precedence ─▶ actions per state
//
// The peer's parser is a yacc's. What it accepts follows from how yacc decides conflicts (the rule written first; a shift before a reduction), and
// what its messages say from yacc's default reductions: so those are done the same way. Source: goyacc's `output` and `wract`.

export type Associativity = 'left' | 'right' | 'nonassoc';

export interface GrammarRule {
  readonly left: string;
  readonly right: readonly string[];
}

export interface Grammar {
  /** In the order in which messages list them. What is neither a terminal nor the left side of a rule is a mistake. */
  readonly terminals: readonly string[];
  /** From the weakest. */
  readonly precedence: readonly { readonly associativity: Associativity; readonly terminals: readonly string[] }[];
  /** The first rule's left side is the start. */
  readonly rules: readonly GrammarRule[];
}

/** What a state does: shift where the terminal is known, else an exception (a rule, or -1 for an error), else the default. */
export interface ParserState {
  readonly shifts: ReadonlyMap<number, number>;
  readonly exceptions: ReadonlyMap<number, number>;
  /** A rule, or undefined where anything else is an error. */
  readonly reduce: number | undefined;
  readonly gotos: ReadonlyMap<string, number>;
  readonly accepts: boolean;
}

export const ERROR_ACTION = -1;

/** The terminal of the end of the text; those of the grammar are numbered from 1. */
export const END = 0;

interface Item {
  readonly rule: number;
  readonly dot: number;
}

interface State {
  readonly items: readonly Item[];
  readonly next: Map<string, number>;
}

const START = '$accept';

interface Compiled {
  readonly rules: readonly GrammarRule[];
  readonly rulesOf: ReadonlyMap<string, readonly number[]>;
  readonly terminalNumber: ReadonlyMap<string, number>;
  readonly terminals: readonly string[];
}

/** States from the first, which begins the parse. Rules keep their numbers of the grammar. */
export function lalrStates(grammar: Grammar): readonly ParserState[] {
  const compiled = compile(grammar);
  const states = lr0States(compiled);
  const lookaheads = lookaheadsOf(compiled, states);
  const levels = precedenceLevels(grammar);
  return states.map((state, number) => actionsOf(compiled, state, { lookaheads: lookaheads[number] ?? new Map(), levels }));
}

/** The start rule is the last, so that the others keep their numbers. */
function compile(grammar: Grammar): Compiled {
  const rules = [...grammar.rules, { left: START, right: [grammar.rules[0]?.left ?? ''] }];
  const rulesOf = new Map<string, number[]>();
  for (const [number, rule] of rules.entries()) {
    const known = rulesOf.get(rule.left);
    if (known === undefined) rulesOf.set(rule.left, [number]);
    else known.push(number);
  }
  const terminalNumber = new Map(grammar.terminals.map((name, index) => [name, index + 1]));
  for (const symbol of rules.flatMap((rule) => rule.right))
    if (!terminalNumber.has(symbol) && !rulesOf.has(symbol)) throw new Error(`grammar: ${symbol} is neither a terminal nor a rule`);
  return { rules, rulesOf, terminalNumber, terminals: grammar.terminals };
}

function symbolAfter(grammar: Compiled, item: Item): string | undefined {
  return grammar.rules[item.rule]?.right[item.dot];
}

/** The kernel and every rule that may begin at one of its dots. */
function closure(grammar: Compiled, kernel: readonly Item[]): Item[] {
  const items = [...kernel];
  const added = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const symbol = item === undefined ? undefined : symbolAfter(grammar, item);
    if (symbol === undefined || added.has(symbol)) continue;
    added.add(symbol);
    for (const rule of grammar.rulesOf.get(symbol) ?? []) items.push({ rule, dot: 0 });
  }
  return items;
}

function lr0States(grammar: Compiled): readonly State[] {
  const states: State[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (kernel: readonly Item[]): number => {
    const key = kernel.map((item) => `${item.rule}.${item.dot}`).join(' ');
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, states.length);
    states.push({ items: closure(grammar, kernel), next: new Map() });
    return states.length - 1;
  };
  numberOf([{ rule: grammar.rules.length - 1, dot: 0 }]);
  for (let i = 0; i < states.length; i++) {
    const state = states[i];
    if (state === undefined) break;
    const kernels = new Map<string, Item[]>();
    for (const item of state.items) {
      const symbol = symbolAfter(grammar, item);
      if (symbol === undefined) continue;
      const kernel = kernels.get(symbol) ?? [];
      kernels.set(symbol, kernel);
      kernel.push({ rule: item.rule, dot: item.dot + 1 });
    }
    for (const [symbol, kernel] of kernels) state.next.set(symbol, numberOf(kernel));
  }
  return states;
}

/** Sets of terminals, a bit each. */
type Lookaheads = ReadonlyMap<number, bigint>;

/** What may follow each reduction, by state and rule. A transition is a state and the nonterminal that leaves it. */
function lookaheadsOf(grammar: Compiled, states: readonly State[]): readonly Lookaheads[] {
  const follow = new Map<string, bigint>();
  const includes: { readonly from: string; readonly to: string }[] = [];
  const lookback: { readonly state: number; readonly rule: number; readonly from: string }[] = [];
  for (const [number, state] of states.entries())
    for (const [symbol, next] of state.next) {
      if (grammar.terminalNumber.has(symbol)) continue;
      const transition = `${number} ${symbol}`;
      follow.set(transition, readable(grammar, states[next]));
      for (const rule of grammar.rulesOf.get(symbol) ?? []) {
        let at = number;
        const parts = grammar.rules[rule]?.right ?? [];
        for (const [index, part] of parts.entries()) {
          // What follows the whole rule follows its last part.
          if (index === parts.length - 1 && !grammar.terminalNumber.has(part)) includes.push({ from: transition, to: `${at} ${part}` });
          at = states[at]?.next.get(part) ?? 0;
        }
        lookback.push({ state: at, rule, from: transition });
      }
    }
  spread(follow, includes);
  const lookaheads = states.map(() => new Map<number, bigint>());
  for (const { state, rule, from } of lookback) {
    const known = lookaheads[state];
    known?.set(rule, (known.get(rule) ?? 0n) | (follow.get(from) ?? 0n));
  }
  lookaheads[states[0]?.next.get(grammar.rules.at(-1)?.right[0] ?? '') ?? 0]?.set(grammar.rules.length - 1, 1n);
  return lookaheads;
}

/** The terminals that a state shifts; the end of the text after the start. */
function readable(grammar: Compiled, state: State | undefined): bigint {
  let set = 0n;
  for (const symbol of state?.next.keys() ?? []) {
    const terminal = grammar.terminalNumber.get(symbol);
    if (terminal !== undefined) set |= 1n << BigInt(terminal);
  }
  const isStart = state?.items.some((item) => item.rule === grammar.rules.length - 1 && item.dot === 1) === true;
  return isStart ? set | (1n << BigInt(END)) : set;
}

function spread(sets: Map<string, bigint>, edges: readonly { readonly from: string; readonly to: string }[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const { from, to } of edges) {
      const [source, target] = [sets.get(from) ?? 0n, sets.get(to) ?? 0n];
      if ((source | target) === target) continue;
      sets.set(to, source | target);
      changed = true;
    }
  }
}

interface Level {
  readonly level: number;
  readonly associativity: Associativity;
}

function precedenceLevels(grammar: Grammar): ReadonlyMap<string, Level> {
  return new Map(
    grammar.precedence.flatMap(({ associativity, terminals }, level) => terminals.map((name) => [name, { level, associativity }])),
  );
}

interface Decisions {
  readonly lookaheads: Lookaheads;
  readonly levels: ReadonlyMap<string, Level>;
}

/** Actions by terminal: a state to shift to (0 and up), or what `reduction` made of a rule. */
function actionsOf(grammar: Compiled, state: State, decisions: Decisions): ParserState {
  const shifts = new Map<number, number>();
  const gotos = new Map<string, number>();
  for (const [symbol, next] of state.next) {
    const terminal = grammar.terminalNumber.get(symbol);
    if (terminal === undefined) gotos.set(symbol, next);
    else shifts.set(terminal, next);
  }
  const reductions = new Map<number, number>();
  let accepts = false;
  for (const [rule, set] of [...decisions.lookaheads].sort(([a], [b]) => a - b)) {
    if (rule === grammar.rules.length - 1) {
      accepts = true;
      continue;
    }
    for (let terminal = 0, rest = set; rest !== 0n; terminal++, rest >>= 1n) {
      if ((rest & 1n) === 0n || reductions.has(terminal)) continue;
      const decision = shifts.has(terminal) ? decide(grammar, decisions.levels, { rule, terminal }) : 'reduce';
      if (decision === 'shift') continue;
      shifts.delete(terminal);
      reductions.set(terminal, decision === 'reduce' ? rule : ERROR_ACTION);
    }
  }
  const reduce = commonest(reductions);
  const exceptions = new Map([...reductions].filter(([, rule]) => rule !== reduce));
  return { shifts, exceptions, reduce, gotos, accepts };
}

/** A shift unless both sides have a precedence that says otherwise. */
function decide(
  grammar: Compiled,
  levels: ReadonlyMap<string, Level>,
  conflict: { readonly rule: number; readonly terminal: number },
): 'shift' | 'reduce' | 'error' {
  const last = grammar.rules[conflict.rule]?.right.findLast((symbol) => grammar.terminalNumber.has(symbol));
  const name = grammar.terminals[conflict.terminal - 1];
  const ofRule = last === undefined ? undefined : levels.get(last);
  const ofTerminal = name === undefined ? undefined : levels.get(name);
  if (ofRule === undefined || ofTerminal === undefined || ofTerminal.level > ofRule.level) return 'shift';
  if (ofTerminal.level < ofRule.level || ofTerminal.associativity === 'left') return 'reduce';
  return ofTerminal.associativity === 'right' ? 'shift' : 'error';
}

/** The rule that most terminals reduce by, the one of the first terminal among equals: it is done whatever comes. */
function commonest(reductions: ReadonlyMap<number, number>): number | undefined {
  const counts = new Map<number, number>();
  for (const [, rule] of [...reductions].sort(([a], [b]) => a - b))
    if (rule !== ERROR_ACTION) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  let best: number | undefined;
  for (const [rule, count] of counts) if (best === undefined || count > (counts.get(best) ?? 0)) best = rule;
  return best;
}
