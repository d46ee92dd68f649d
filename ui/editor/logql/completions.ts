// What the LogQL editor offers while a query is written: labels, values and fields from the server, the rest from the language.

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { drawExplanation } from '../explain.ts';
import { applyMatcher, applyPair, asked, valuesResult, word } from '../offers.ts';
import type { Described, Offered } from '../offers.ts';
import type { FieldOffered, LogCompletionData } from './completion-data.ts';
import { wantedAt } from './logql-context.ts';
import type { Wanted } from './logql-context.ts';
import {
  CALLS_OFFERED,
  CONVERSIONS_OFFERED,
  GROUPINGS_OFFERED,
  LINE_FILTERS_OFFERED,
  MATCHINGS_OFFERED,
  OPERATORS_OFFERED,
  OTHERS_OFFERED,
  RANGES_OFFERED,
  STAGES_OFFERED,
  VECTORS_OFFERED,
} from './signatures.ts';
import { TEMPLATE_ACTIONS_OFFERED, TEMPLATE_FUNCTIONS_OFFERED } from './template-words.ts';

const DURATIONS: readonly Offered[] = [
  { label: '1m', detail: 'a minute' },
  { label: '5m', detail: 'five minutes' },
  { label: '15m', detail: 'a quarter of an hour' },
  { label: '1h', detail: 'an hour' },
  { label: '6h', detail: 'six hours' },
  { label: '1d', detail: 'a day' },
  { label: '$__auto', detail: 'as fits the chart' },
];
const FLAGS: readonly Offered[] = [
  { label: '--strict', detail: 'an error where the line is no logfmt' },
  { label: '--keep-empty', detail: 'also keys without a value' },
];
const WORD = /^\w*$/;
const QUOTED_STAGES = new Set(['regexp', 'pattern', 'line_format']);

type Asked = CompletionResult | null | Promise<CompletionResult | null>;

/** Completion from what `data` gives at that moment. */
export function completeFrom(data: () => LogCompletionData): CompletionSource {
  return (context) => answer(wantedAt(context.state.doc.toString(), context.pos), context, data());
}

function answer(wanted: Wanted, context: CompletionContext, data: LogCompletionData): Asked {
  if (wanted.kind === 'nothing') return null;
  const { from } = wanted;
  const typed = context.state.sliceDoc(from, context.pos);
  // Nothing opens by itself before a first letter where a person may as well be done.
  const waits = typed === '' && !context.explicit;
  switch (wanted.kind) {
    case 'operand':
      return waits ? null : { from, options: operands(wanted), validFor: WORD };
    case 'operator':
      return waits ? null : { from, options: operators(wanted), validFor: WORD };
    case 'pipe':
      return waits ? null : { from, options: PIPES, validFor: /^[|!][=~>]?\s*\w*$/ };
    case 'flag':
      return waits ? null : { from, options: [...FLAGS.map(word), ...PIPES] };
    case 'stage':
      return asked(context, async () => ({ from, options: [...STAGES, ...(await comparedFields(data, wanted.query))], validFor: WORD }));
    case 'field':
      return asked(context, async () => ({ from, options: await fieldOptions(wanted, data), validFor: WORD }));
    case 'label':
      return asked(context, async () => ({ from, options: (await data.labels(wanted.selector)).map(matched), validFor: WORD }));
    case 'value':
      return asked(context, async () => valuesResult(await data.values(wanted.label, wanted.selector, typed), from, wanted.quote));
    case 'field_value':
      return asked(context, async () => {
        const values = await data.fieldValues(wanted.label, wanted.query);
        return valuesResult({ values, whole: true }, from, wanted.quote);
      });
    case 'duration':
      return { from, options: DURATIONS.map((offered, i) => ({ ...word(offered), boost: -i })), validFor: /^[\w$]*$/ };
    case 'template':
      return waits ? null : { from, options: TEMPLATE_WORDS, validFor: WORD };
    case 'template_field':
      return asked(context, async () => ({ from, options: (await data.fields(wanted.query)).map(listed), validFor: WORD }));
  }
}

/** A word with its form beside it, and what it does where the list is wide enough. */
function option(described: Described, type: string, apply?: Completion['apply']): Completion {
  const { label, form, text, example } = described;
  const info = (): HTMLElement => drawExplanation({ title: '', text, example });
  return { label, detail: form, type, info, ...(apply === undefined ? {} : { apply }) };
}

function called(described: Described): Completion {
  return option(described, 'function', applyPair(`${described.label}(`, ')'));
}

function listing(described: Described): Completion {
  const { label } = described;
  return option(described, 'keyword', label === 'bool' ? 'bool ' : applyPair(`${label} (`, ')'));
}

const plainWord = (described: Described): Completion => option(described, 'keyword', `${described.label} `);

const matched = (name: string): Completion => ({ label: name, type: 'label', apply: applyMatcher(name) });

const SELECTOR: Completion = { label: '{', detail: 'streams by their labels', type: 'keyword', boost: 2, apply: applyPair('{', '}') };
const RANGES = RANGES_OFFERED.map(called);
const VECTORS = [...VECTORS_OFFERED, ...CALLS_OFFERED].map(called);
const STAGES = STAGES_OFFERED.map((stage) => option(stage, 'keyword', stageApply(stage.label)));
const PIPES: readonly Completion[] = [
  ...LINE_FILTERS_OFFERED.map((filter, i) => ({ ...option(filter, 'operator', applyPair(`${filter.label} "`, '"')), boost: 9 - i })),
  ...STAGES_OFFERED.map((stage) => ({ ...option(stage, 'keyword', stageApply(stage.label, '| ')), label: `| ${stage.label}` })),
];
const TEMPLATE_WORDS: readonly Completion[] = [
  ...TEMPLATE_FUNCTIONS_OFFERED.map((described) => option(described, 'function')),
  ...TEMPLATE_ACTIONS_OFFERED.map((described) => option(described, 'keyword')),
];

function stageApply(label: string, lead = ''): Completion['apply'] {
  if (QUOTED_STAGES.has(label)) return applyPair(`${lead}${label} "`, '"');
  const isWhole = label === 'json' || label === 'logfmt' || label === 'unpack' || label === 'decolorize';
  return `${lead}${label}${isWhole ? '' : ' '}`;
}

function operands({ of, afterOperator }: Extract<Wanted, { readonly kind: 'operand' }>): readonly Completion[] {
  const modifiers = afterOperator ? MATCHINGS_OFFERED.map(listing) : [];
  return of === 'lines' ? [SELECTOR] : [...modifiers, ...(of === 'any' ? [SELECTOR] : []), ...RANGES, ...VECTORS];
}

function operators({ words }: Extract<Wanted, { readonly kind: 'operator' }>): readonly Completion[] {
  if (words === 'filters') return [...OPERATORS_OFFERED.filter(({ label }) => label !== 'unless').map(plainWord), ...PIPES];
  if (words === 'range') return OTHERS_OFFERED.filter(({ label }) => label === 'offset').map(plainWord);
  return [...(words === 'grouping' ? GROUPINGS_OFFERED.map(listing) : []), ...OPERATORS_OFFERED.map(plainWord)];
}

const fieldDetail = ({ type, parsers }: FieldOffered): string => (parsers.length === 0 ? type : `${type}, of ${parsers.join(' or ')}`);

const listed = (field: FieldOffered): Completion => ({ label: field.name, detail: fieldDetail(field), type: 'label' });

async function fieldOptions(
  { query, use }: Extract<Wanted, { readonly kind: 'field' }>,
  data: LogCompletionData,
): Promise<readonly Completion[]> {
  if (use === 'filter') return comparedFields(data, query);
  const fields = await data.fields(query);
  return [...(use === 'unwrap' ? CONVERSIONS_OFFERED.map(called) : []), ...fields.map(listed)];
}

/** A field with an operator; where the query does not parse its lines yet, with the stage that does. */
async function comparedFields(data: LogCompletionData, query: string): Promise<readonly Completion[]> {
  const fields = await data.fields(query);
  return fields.map((field): Completion => {
    const [parser] = field.parsers;
    const lead = parser === undefined || /\|\s*(?:json|logfmt|unpack|regexp|pattern)\b/.test(query) ? '' : `${parser} | `;
    const isText = field.type === 'string' || field.type === 'boolean';
    return { ...listed(field), apply: isText ? applyMatcher(`${lead}${field.name}`) : `${lead}${field.name} > ` };
  });
}
