// What the editor offers while a query is written: names from the server, the rest from the language.

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { isClassicLabelName, isClassicMetricName, quote as quoted } from '../../../src/query/scanner.ts';
import { DURATIONS_OFFERED, applyMatcher, applyPair, asked, escapedFor, valuesResult, word } from '../offers.ts';
import type { ListedValues, Offered } from '../offers.ts';
import { wantedAt } from './completion-context.ts';
import type { Wanted } from './completion-context.ts';
import { AGGREGATIONS_OFFERED, FUNCTIONS_OFFERED, GROUPING_OFFERED, MATCHING_OFFERED, OPERATORS_OFFERED } from './signatures.ts';

export interface MetricOffered {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** What the server knows. Answers are bounded by whoever asks for them. */
export interface CompletionData {
  readonly metrics: readonly MetricOffered[];
  readonly labels: (selectors: readonly string[]) => Promise<readonly string[]>;
  /** Of more values than fit an answer, those that hold `typed`; `whole` says that no other value exists. */
  readonly values: (label: string, selectors: readonly string[], typed: string) => Promise<ListedValues>;
}

const METRICS_OFFERED_MAX = 200;

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
      return asked(context, async () => valuesResult(await data.values(wanted.label, wanted.selectors, typed), from, wanted.quote));
    case 'name': {
      const options = matching(data.metrics, typed).map(({ name, type }) => ({
        label: name,
        detail: type,
        type: 'metric',
        apply: escapedFor(name, wanted.quote),
      }));
      return { from, options };
    }
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

const printName = (name: string): string => (isClassicLabelName(name) ? name : quoted(name));

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
