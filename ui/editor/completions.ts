// What the editor offers while a query is written: names from the server, the rest from the language.

import { pickedCompletion, startCompletion } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import { isClassicLabelName, isClassicMetricName, quote as quoted } from '../../src/query/scanner.ts';
import { wantedAt } from './completion-context.ts';
import type { Wanted } from './completion-context.ts';
import {
  AGGREGATIONS_OFFERED,
  DURATIONS_OFFERED,
  FUNCTIONS_OFFERED,
  GROUPING_OFFERED,
  MATCHING_OFFERED,
  OPERATORS_OFFERED,
} from './signatures.ts';
import type { Offered } from './signatures.ts';

export interface MetricOffered {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

export interface ListedValues {
  readonly values: readonly string[];
  readonly whole: boolean;
}

/** What the server knows. Answers are bounded by whoever asks for them. */
export interface CompletionData {
  readonly metrics: readonly MetricOffered[];
  readonly labels: (selectors: readonly string[]) => Promise<readonly string[]>;
  /** Of more values than fit an answer, those that hold `typed`; `whole` says that no other value exists. */
  readonly values: (label: string, selectors: readonly string[], typed: string) => Promise<ListedValues>;
}

const METRICS_OFFERED_MAX = 200;
/** A question waits so long for the next letter. */
const ASK_DELAY_MS = 150;

/** Completion from what `data` gives at that moment. */
export function completeFrom(data: () => CompletionData): CompletionSource {
  return (context) => {
    const wanted = wantedAt(context.state.doc.toString(), context.pos);
    return answer(wanted, context, data());
  };
}

function answer(
  wanted: Wanted,
  context: CompletionContext,
  data: CompletionData,
): CompletionResult | null | Promise<CompletionResult | null> {
  if (wanted.kind === 'nothing') return null;
  const { from } = wanted;
  const typed = context.state.sliceDoc(from, context.pos);
  switch (wanted.kind) {
    case 'operand': {
      if (typed === '' && !context.explicit) return null;
      const modifiers = wanted.afterOperator ? MATCHING_OFFERED.map(modifier) : [];
      return { from, options: [...modifiers, ...calls(), ...metricOptions(data.metrics, typed)] };
    }
    case 'operator':
      if (typed === '' && !context.explicit) return null;
      return {
        from,
        options: [...(wanted.grouping ? GROUPING_OFFERED.map(modifier) : []), ...OPERATORS_OFFERED.map(word)],
        validFor: /^\w*$/,
      };
    case 'duration':
      return { from, options: DURATIONS_OFFERED.map((offered, i) => ({ ...word(offered), boost: -i })), validFor: /^\w*$/ };
    case 'label':
      return asked(context, () => labelResult(wanted, data));
    case 'value':
      return asked(context, () => valueResult(wanted, data, typed));
    case 'name': {
      const options = matching(data.metrics, typed).map(({ name, type }) => ({
        label: name,
        detail: type,
        type: 'metric',
        apply: escape(name, wanted.quote),
      }));
      return { from, options };
    }
  }
}

/** Asks the server only when no further letter follows at once. */
async function asked(context: CompletionContext, ask: () => Promise<CompletionResult>): Promise<CompletionResult | null> {
  await new Promise((resolve) => setTimeout(resolve, ASK_DELAY_MS));
  if (context.aborted) return null;
  try {
    return await ask();
  } catch {
    // The page itself shows a server that does not answer; writing goes on without its names.
    return null;
  }
}

async function labelResult(
  { from, selectors, list }: Extract<Wanted, { readonly kind: 'label' }>,
  data: CompletionData,
): Promise<CompletionResult> {
  const names = await data.labels(selectors);
  const options = names
    .filter((name) => name !== '__name__')
    .map((name): Completion => ({ label: name, type: 'label', apply: list ? printName(name) : applyMatcher(printName(name)) }));
  return { from, options, validFor: /^\w*$/ };
}

async function valueResult(
  wanted: Extract<Wanted, { readonly kind: 'value' }>,
  data: CompletionData,
  typed: string,
): Promise<CompletionResult> {
  const { values, whole } = await data.values(wanted.label, wanted.selectors, typed);
  const options = values.map((value): Completion => ({ label: value, type: 'value', apply: escape(value, wanted.quote) }));
  return whole ? { from: wanted.from, options, validFor: /^[^"'`\\]*$/ } : { from: wanted.from, options };
}

const printName = (name: string): string => (isClassicLabelName(name) ? name : quoted(name));

/** A text as it stands between its quotes. */
function escape(text: string, quote: string): string {
  if (quote === '`') return text;
  const inner = quoted(text).slice(1, -1);
  return quote === "'" ? inner.replaceAll('\\"', '"').replaceAll("'", "\\'") : inner;
}

function word({ label, detail }: Offered): Completion {
  return { label, detail, type: 'keyword' };
}

function modifier({ label, detail }: Offered): Completion {
  return { label, detail, type: 'keyword', apply: label === 'bool' ? 'bool ' : applyPair(`${label} (`, ')') };
}

let callOptions: readonly Completion[] | undefined;

/** Functions and aggregations; they never change, so they are made once. */
function calls(): readonly Completion[] {
  callOptions ??= [
    ...FUNCTIONS_OFFERED.map(({ label, detail }): Completion => ({ label, detail, type: 'function', apply: applyPair(`${label}(`, ')') })),
    ...AGGREGATIONS_OFFERED.map(({ label, detail }): Completion => ({
      label,
      detail,
      type: 'function',
      apply: applyPair(`${label}(`, ')'),
      boost: 1,
    })),
  ];
  return callOptions;
}

/** Of ten thousand names the ones that hold what is typed, those that begin with it first. */
function matching(metrics: readonly MetricOffered[], typed: string): readonly MetricOffered[] {
  const sought = typed.toLowerCase();
  const begins: MetricOffered[] = [];
  const holds: MetricOffered[] = [];
  for (const metric of metrics) {
    const at = metric.name.toLowerCase().indexOf(sought);
    if (at === 0) begins.push(metric);
    else if (at > 0 || looselyHolds(metric.name, sought)) holds.push(metric);
    if (begins.length >= METRICS_OFFERED_MAX) break;
  }
  return [...begins, ...holds].slice(0, METRICS_OFFERED_MAX);
}

/** Every letter in its order, as `hreq` in `http_requests`. */
function looselyHolds(name: string, sought: string): boolean {
  let at = 0;
  for (const letter of name.toLowerCase()) if (letter === sought[at]) at++;
  return at === sought.length;
}

function metricOptions(metrics: readonly MetricOffered[], typed: string): readonly Completion[] {
  return matching(metrics, typed).map(({ name, type, help }) => ({
    label: name,
    detail: type,
    type: 'metric',
    ...(help === '' ? {} : { info: help }),
    apply: isClassicMetricName(name) ? name : `{${quoted(name)}}`,
  }));
}

/** Writes what opens and what closes, with the cursor between; what is open already is not opened twice. */
function applyPair(open: string, close: string): NonNullable<Completion['apply']> {
  return (view, completion, from, to) => {
    const isOpen = view.state.sliceDoc(to, to + 1) === open.at(-1);
    const insert = isOpen ? open.slice(0, -1) : open + close;
    applyText(view, completion, { from, to, insert, cursor: from + open.length });
  };
}

/** A label with its operator and an empty value, whose values are offered next. */
function applyMatcher(name: string): NonNullable<Completion['apply']> {
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
