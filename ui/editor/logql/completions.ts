// What the LogQL editor offers while a query is written: labels, values and fields from the server, the rest from the language.

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { drawExplanation } from '../explain.ts';
import { DURATIONS_OFFERED, applyMatcher, applyPair, asked, valuesResult, word } from '../offers.ts';
import type { Described, Offered } from '../offers.ts';
import { STREAM_LABEL } from './completion-data.ts';
import type { FieldOffered, LogCompletionData } from './completion-data.ts';
import { wantedAt } from './logql-context.ts';
import type { Wanted } from './logql-context.ts';
import { logqlProblem } from './logql-problem.ts';
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
        const values = await data.fieldValues(wanted.label, askable(wanted.query));
        return valuesResult({ values, whole: true }, from, wanted.quote);
      });
    case 'duration':
      return { from, options: DURATIONS_OFFERED.map((offered, i) => ({ ...word(offered), boost: -i })), validFor: WORD };
    case 'template':
      return waits ? null : { from, options: TEMPLATE_WORDS, validFor: WORD };
    case 'template_field':
      return asked(context, async () => ({
        from,
        options: (await fieldsOf(data, wanted.query)).map((field) => listed(field, wanted.query)),
        validFor: WORD,
      }));
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
// The stages that are wanted most stand first, as their list has them.
const STAGES = STAGES_OFFERED.map((stage, i): Completion => ({ ...option(stage, 'keyword', stageApply(stage.label)), boost: 30 - i }));
const PIPES: readonly Completion[] = [
  ...LINE_FILTERS_OFFERED.map((filter, i) => ({ ...option(filter, 'operator', applyPair(`${filter.label} "`, '"')), boost: 40 - i })),
  ...STAGES_OFFERED.map((stage, i) => ({
    ...option(stage, 'keyword', stageApply(stage.label, '| ')),
    label: `| ${stage.label}`,
    boost: 30 - i,
  })),
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

const PARSES = /\|\s*(?:json|logfmt|unpack|regexp|pattern)\b/;
const NUMBERS = new Set(['int', 'float', 'duration', 'bytes']);

/** A query that is wrong is not asked: without one, the labels of streams are what is known. */
const askable = (query: string): string => (logqlProblem(query) === undefined ? query : '');

const fieldsOf = (data: LogCompletionData, query: string): Promise<readonly FieldOffered[]> => data.fields(askable(query));

/** What lines bring with them comes before what has yet to be parsed, and that before the labels of streams. */
function fieldBoost({ type, parsers }: FieldOffered, query: string): number {
  if (type === STREAM_LABEL) return -10;
  return parsers.length === 0 || PARSES.test(query) ? 40 : 10;
}

function listed(field: FieldOffered, query: string): Completion {
  const { name, type, parsers } = field;
  const detail = parsers.length === 0 ? type : `${type}, of ${parsers.join(' or ')}`;
  return { label: name, detail, type: 'label', boost: fieldBoost(field, query) };
}

async function fieldOptions(
  { query, use }: Extract<Wanted, { readonly kind: 'field' }>,
  data: LogCompletionData,
): Promise<readonly Completion[]> {
  if (use === 'filter') return comparedFields(data, query);
  const fields = await fieldsOf(data, query);
  return use === 'unwrap' ? unwrapped(fields, query) : fields.map((field) => listed(field, query));
}

/** Numbers first, durations and sizes with what makes numbers of them. */
function unwrapped(fields: readonly FieldOffered[], query: string): readonly Completion[] {
  const options = fields.map((field): Completion => {
    const { name, type } = field;
    const option = { ...listed(field, query), boost: NUMBERS.has(type) ? 40 : -10 };
    return type === 'duration' || type === 'bytes' ? { ...option, apply: `${type}(${name})` } : option;
  });
  return [...options, ...CONVERSIONS_OFFERED.map(called)];
}

/** A field with an operator; where the query does not parse its lines yet, with the stage that does. */
async function comparedFields(data: LogCompletionData, query: string): Promise<readonly Completion[]> {
  const fields = await fieldsOf(data, query);
  return fields.map((field): Completion => {
    const [parser] = field.parsers;
    const lead = parser === undefined || PARSES.test(query) ? '' : `${parser} | `;
    const name = `${lead}${field.name}`;
    return { ...listed(field, query), apply: NUMBERS.has(field.type) ? `${name} > ` : applyMatcher(name) };
  });
}
