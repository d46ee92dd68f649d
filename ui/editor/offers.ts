// What completion offers and how a choice is written into the text; the editors of both languages use it.

import { pickedCompletion, startCompletion } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import { quote as quoted } from '../../src/query/scanner.ts';

export interface Offered {
  readonly label: string;
  readonly detail: string;
}

/** A word of a language: how it is written behind its name, what it does, and one example. */
export interface Described {
  readonly label: string;
  readonly form: string;
  readonly text: string;
  readonly example: string;
}

export interface ListedValues {
  readonly values: readonly string[];
  /** No other value exists. */
  readonly whole: boolean;
}

/** How far back a range looks, the usual ones first. */
export const DURATIONS_OFFERED: readonly Offered[] = [
  { label: '1m', detail: 'a minute' },
  { label: '5m', detail: 'five minutes' },
  { label: '15m', detail: 'a quarter of an hour' },
  { label: '30m', detail: 'half an hour' },
  { label: '1h', detail: 'an hour' },
  { label: '6h', detail: 'six hours' },
  { label: '1d', detail: 'a day' },
  { label: '1w', detail: 'a week' },
];

/** A question waits so long for the next letter. */
const ASK_DELAY_MS = 150;

/** Asks the server only when no further letter follows at once. */
export async function asked(context: CompletionContext, ask: () => Promise<CompletionResult>): Promise<CompletionResult | null> {
  await new Promise((resolve) => setTimeout(resolve, ASK_DELAY_MS));
  if (context.aborted) return null;
  try {
    return await ask();
  } catch {
    // The page itself shows a server that does not answer; writing goes on without its names.
    return null;
  }
}

/** Values between quotes. Where not all are known, the next letter asks again. */
export function valuesResult({ values, whole }: ListedValues, from: number, quote: string): CompletionResult {
  const options = values.map((value): Completion => ({ label: value, type: 'value', apply: escapedFor(value, quote) }));
  return whole ? { from, options, validFor: /^[^"'`\\]*$/ } : { from, options };
}

/** A text as it stands between its quotes. */
export function escapedFor(text: string, quote: string): string {
  if (quote === '`') return text;
  const inner = quoted(text).slice(1, -1);
  return quote === "'" ? inner.replaceAll('\\"', '"').replaceAll("'", "\\'") : inner;
}

export function word({ label, detail }: Offered): Completion {
  return { label, detail, type: 'keyword' };
}

/** Writes what opens and what closes, with the cursor between; what is open already is not opened twice. */
export function applyPair(open: string, close: string): NonNullable<Completion['apply']> {
  return (view, completion, from, to) => {
    const isOpen = view.state.sliceDoc(to, to + 1) === open.at(-1);
    const insert = isOpen ? open.slice(0, -1) : open + close;
    applyText(view, completion, { from, to, insert, cursor: from + open.length });
  };
}

/** A label with its operator and an empty value, whose values are offered next. */
export function applyMatcher(name: string): NonNullable<Completion['apply']> {
  return (view, completion, from, to) => {
    const compared = /^\s*[=!]/.test(view.state.sliceDoc(to, to + 10));
    const insert = compared ? name : `${name}=""`;
    applyText(view, completion, { from, to, insert, cursor: from + insert.length - (compared ? 0 : 1) });
    if (!compared) startCompletion(view);
  };
}

interface Applied {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly cursor: number;
}

function applyText(view: EditorView, completion: Completion, { from, to, insert, cursor }: Applied): void {
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: cursor },
    annotations: pickedCompletion.of(completion),
    userEvent: 'input.complete',
  });
}
