// What a word of a LogQL text means: a function, a stage, a filter, an operator, a function of a template.

import type { Explanation } from '../explain.ts';
import type { Described } from '../offers.ts';
import { classTokens } from './logql-classes.ts';
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

type Words = ReadonlyMap<string, Described>;

const words = (...lists: readonly (readonly Described[])[]): Words => new Map(lists.flat().map((one) => [one.label, one]));

const FUNCTIONS = words(RANGES_OFFERED, VECTORS_OFFERED, CALLS_OFFERED, CONVERSIONS_OFFERED, OTHERS_OFFERED);
const KEYWORDS = words(STAGES_OFFERED, GROUPINGS_OFFERED, MATCHINGS_OFFERED, OPERATORS_OFFERED, OTHERS_OFFERED);
const FILTERS = words(LINE_FILTERS_OFFERED);
const TEMPLATES = words(TEMPLATE_FUNCTIONS_OFFERED, TEMPLATE_ACTIONS_OFFERED);

/** What stands at a place, explained; nothing where it is a name or a value. */
export function explainAt(text: string, at: number): Explanation | undefined {
  const tokens = classTokens(text);
  const index = tokens.findIndex(({ from, to }) => from <= at && at < to);
  const token = tokens[index];
  if (token === undefined) return undefined;
  const { from, to } = token;
  if (token.kind === 'string') return explainTemplate(text, at, token);
  const written = text.slice(from, to);
  if (token.kind === 'function') return placed(FUNCTIONS.get(written.toLowerCase()), from, to);
  if (token.kind === 'keyword') return placed(KEYWORDS.get(written.toLowerCase()), from, to);
  // `!=` behind a label compares.
  const filters = token.kind === 'operator' && tokens[index - 1]?.kind !== 'label';
  return filters ? placed(FILTERS.get(written), from, to) : undefined;
}

function explainTemplate(text: string, at: number, { from, to }: { readonly from: number; readonly to: number }): Explanation | undefined {
  const opened = text.lastIndexOf('{{', at);
  if (opened < from || text.slice(opened, at).includes('}}')) return undefined;
  for (const { index, 0: name } of text.slice(opened, to).matchAll(/\.?\w+/g)) {
    const start = opened + index;
    if (start <= at && at < start + name.length) return placed(TEMPLATES.get(name), start, start + name.length);
  }
  return undefined;
}

function placed(described: Described | undefined, from: number, to: number): Explanation | undefined {
  if (described === undefined) return undefined;
  const { label, form, text, example } = described;
  return { title: form.startsWith('(') ? `${label}${form}` : `${label} ${form}`.trim(), text, example, from, to };
}
