// What the TraceQL editor offers while a query is written: attributes and values from the server, the rest from the language.

import { startCompletion } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { TagValue } from '../../data/trace-questions.ts';
import { fieldText, literalText } from '../../data/trace-field.ts';
import { drawExplanation } from '../explain.ts';
import { applyPair, asked, valuesResult } from '../offers.ts';
import type { Described } from '../offers.ts';
import type { TraceCompletionData } from './completion-data.ts';
import { wantedAt } from './traceql-context.ts';
import type { Wanted } from './traceql-context.ts';
import {
  AGGREGATES_OFFERED,
  HINTS_OFFERED,
  INTRINSICS_OFFERED,
  KINDS_OFFERED,
  LOGICAL_OFFERED,
  METRICS_OFFERED,
  OPERATORS_OFFERED,
  OTHERS_OFFERED,
  SCOPES_OFFERED,
  STAGES_OFFERED,
  STATUSES_OFFERED,
  STRUCTURE_OFFERED,
} from './words.ts';

type Asked = CompletionResult | null | Promise<CompletionResult | null>;

const WORD = /^\w*$/;
/** A name grows by these without asking again. */
const NAME = /^[\w.:/-]*$/;
const DURATIONS = ['10ms', '100ms', '500ms', '1s', '5s', '1m'];

/** Completion from what `data` gives at that moment. */
export function completeFrom(data: () => TraceCompletionData): CompletionSource {
  return (context) => answer(wantedAt(context.state.doc.toString(), context.pos), context, data());
}

function answer(wanted: Wanted, context: CompletionContext, data: TraceCompletionData): Asked {
  if (wanted.kind === 'nothing') return null;
  const { from } = wanted;
  // Nothing opens by itself before a first letter where a person may as well be done.
  const waits = context.pos === from && !context.explicit;
  switch (wanted.kind) {
    case 'spans':
      return waits ? null : { from, options: SPANS };
    case 'stage':
      return { from, options: STAGES, validFor: WORD };
    case 'after':
      return waits ? null : { from, options: AFTER[wanted.of], validFor: /^[|&><~!]*\s*\w*$/ };
    case 'operator':
      return waits ? null : { from, options: OPERATORS };
    case 'logical':
      return waits ? null : { from, options: LOGICAL };
    case 'hint':
      return { from, options: HINTS, validFor: WORD };
    case 'field':
      return asked(context, async () => ({ from, options: await fields(data, wanted.use), validFor: NAME }));
    case 'value':
      return asked(context, async () => values(wanted, data));
  }
}

/** A word with its form beside it, and what it does where the list is wide enough. */
function option({ label, form, text, example }: Described, type: string, apply?: Completion['apply']): Completion {
  const info = (): HTMLElement => drawExplanation({ title: '', text, example });
  return { label, detail: form, type, info, ...(apply === undefined ? {} : { apply }) };
}

const called = (described: Described): Completion =>
  option(described, 'function', described.form.startsWith('()') ? `${described.label}()` : applyPair(`${described.label}(`, ')'));

/** The words that are wanted most stand first, as their list has them. */
const ordered = (options: readonly Completion[], first = 60): readonly Completion[] =>
  options.map((each, i) => ({ ...each, boost: first - i }));

const SPANS: readonly Completion[] = [
  { label: '{', detail: 'spans by their fields', type: 'keyword', boost: 2, apply: applyPair('{ ', ' }') },
];
const STAGES = ordered(
  [...METRICS_OFFERED, ...AGGREGATES_OFFERED, ...STAGES_OFFERED].filter(({ label }) => !/^(?:top|bottom)k$/.test(label)).map(called),
);
const RANKS = METRICS_OFFERED.filter(({ label }) => /^(?:top|bottom)k$/.test(label)).map(called);
const piped = (options: readonly Completion[]): readonly Completion[] =>
  options.map((each): Completion => ({ ...each, label: `| ${each.label}`, apply: pipedApply(each) }));
const WITH = option(
  OTHERS_OFFERED.find(({ label }) => label === 'with') ?? { label: 'with', form: '', text: '', example: '' },
  'keyword',
  applyPair('with(', ')'),
);
const STRUCTURE = [...LOGICAL_OFFERED, ...STRUCTURE_OFFERED].map((one) => option(one, 'operator', applyPair(`${one.label} { `, ' }')));
const BY: Completion = { label: 'by', detail: '(fields)', type: 'keyword', apply: applyPair('by (', ')') };
const AFTER: Readonly<Record<Extract<Wanted, { readonly kind: 'after' }>['of'], readonly Completion[]>> = {
  spans: [...ordered(piped(STAGES)), ...ordered(STRUCTURE, 30), WITH],
  stage: [...ordered(piped(STAGES)), ...ordered(OPERATORS_OFFERED.filter(({ label }) => /^[<>=]/.test(label)).map(comparing), 20), WITH],
  metrics: [BY, ...piped(RANKS), WITH],
};
const OPERATORS = ordered(OPERATORS_OFFERED.map(comparing));
const LOGICAL = LOGICAL_OFFERED.map((one) => option(one, 'operator', `${one.label} `));
const HINTS = HINTS_OFFERED.map((one) => option(one, 'keyword', `${one.label}=${one.label === 'exemplars' ? '10' : 'true'}`));

function comparing(one: Described): Completion {
  return option(one, 'operator', (view, _, from, to) => {
    const insert = `${one.label} `;
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: 'input.complete' });
    startCompletion(view);
  });
}

function pipedApply({ label, detail = '' }: Completion): NonNullable<Completion['apply']> {
  return detail.startsWith('()') ? `| ${label}()` : applyPair(`| ${label}(`, ')');
}

/** Attributes that the store has, then the fields that every span has, then the scopes by themselves. */
async function fields(data: TraceCompletionData, use: 'compare' | 'list'): Promise<readonly Completion[]> {
  const scopes = await data.tags();
  const written = (label: string): string => (use === 'list' ? label : `${label} `);
  const attributes = scopes
    .filter(({ scope }) => scope !== 'intrinsic')
    .flatMap(({ scope, tags }) =>
      tags.map((tag): Completion => {
        const label = fieldText(scope, tag);
        return { label, detail: scope, type: 'label', apply: written(label), boost: label === 'resource.service.name' ? 70 : 0 };
      }),
    );
  const intrinsics = INTRINSICS_OFFERED.map((one, i): Completion => ({ ...option(one, 'label', written(one.label)), boost: 65 - i * 3 }));
  return [...attributes, ...intrinsics, ...SCOPES_OFFERED.map((one) => ({ ...option(one, 'label'), boost: -40 }))];
}

async function values(
  { field, query, from, quote }: Extract<Wanted, { readonly kind: 'value' }>,
  data: TraceCompletionData,
): Promise<CompletionResult> {
  const known = knownValues(field);
  if (known !== undefined) return { from, options: quote === '' ? known : [], validFor: WORD };
  const found = await data.values(field, query);
  if (quote !== '') return valuesResult({ values: found.map(({ value }) => value), whole: true }, from, quote);
  return { from, options: found.map(plainValue) };
}

function plainValue(value: TagValue): Completion {
  return { label: value.value, detail: value.type, type: 'value', apply: literalText(value) };
}

function knownValues(field: string): readonly Completion[] | undefined {
  if (field === 'status' || field === 'span:status') return ordered(STATUSES_OFFERED.map((one) => option(one, 'value')));
  if (field === 'kind' || field === 'span:kind') return ordered(KINDS_OFFERED.map((one) => option(one, 'value')));
  return /duration$|timeSinceStart$/i.test(field) && !field.includes('.')
    ? ordered(DURATIONS.map((label): Completion => ({ label, type: 'value' })))
    : undefined;
}
