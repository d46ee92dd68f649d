// `label_replace` and `label_join`: series under other labels. They look at labels only, never at values.
//
// Source: Prometheus 3.14, querying/functions; templates as Go's `Regexp.Expand`.

import type { RE2JS } from 're2js';

import { RequestError } from '../../../base/request-error.ts';
import { labelValue, METRIC_NAME, setLabel } from '../../../query/labels.ts';
import { compileRegex } from '../../../query/matchers.ts';
import { stringArgument } from '../steps/call-arguments.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import type { StepSeries } from '../steps/step-series.ts';

/** `label_replace(v, dst, replacement, src, regex)`: where the whole of `src` matches, `dst` becomes the expanded replacement. */
export function labelReplace(series: readonly StepSeries[], { evaluation, call }: CallContext): readonly StepSeries[] {
  const [target = '', replacement = '', source = '', pattern = ''] = call.args.slice(1).map(stringArgument);
  const regex = regexOf(pattern);
  requireLabelName(target, 'destination', 'label_replace');
  const template = parseTemplate(replacement);
  const expanded = new Map<string, string | undefined>();
  const replaced = series.map((one) => {
    const value = labelValue(one.labels, source);
    if (!expanded.has(value)) expanded.set(value, expand(template, regex, value));
    const result = expanded.get(value);
    return result === undefined ? one : withLabel(one, target, result);
  });
  return mergeSameLabels(replaced, evaluation);
}

/** `label_join(v, dst, separator, src…)`: `dst` becomes the values of the others in order. */
export function labelJoin(series: readonly StepSeries[], { evaluation, call }: CallContext): readonly StepSeries[] {
  const [target = '', separator = '', ...sources] = call.args.slice(1).map(stringArgument);
  for (const source of sources) requireLabelName(source, 'source', 'label_join');
  requireLabelName(target, 'destination', 'label_join');
  const joined = series.map((one) => withLabel(one, target, sources.map((name) => labelValue(one.labels, name)).join(separator)));
  return mergeSameLabels(joined, evaluation);
}

/** A name that is written anew is a name again: it is not dropped at the end of the evaluation. */
function withLabel(series: StepSeries, name: string, value: string): StepSeries {
  return { ...series, labels: setLabel(series.labels, name, value), dropName: series.dropName && name !== METRIC_NAME };
}

function requireLabelName(name: string, role: 'destination' | 'source', callee: string): void {
  // Bytes of the query that are no UTF-8 are kept as lone surrogates.
  if (name !== '' && name.isWellFormed()) return;
  throw new RequestError('execution', `invalid ${role} label name in ${callee}(): ${name}`);
}

function regexOf(pattern: string): RE2JS {
  try {
    return compileRegex(pattern);
  } catch (cause) {
    throw new RequestError('execution', `invalid regular expression in label_replace(): ${pattern}`, { cause });
  }
}

/** A piece of a replacement: text, or a group by number or name. */
type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'group'; readonly name: string };

const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** `$1`, `$name`, `${name}`, `$$`; a `$` before anything else stands for itself. `$1x` is the group `1x`, of which there is none. */
export function parseTemplate(template: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of template.matchAll(REFERENCE)) {
    if (found.index > at) pieces.push({ kind: 'text', text: template.slice(at, found.index) });
    const name = found[1] ?? found[2];
    pieces.push(name === undefined ? { kind: 'text', text: '$' } : { kind: 'group', name });
    at = found.index + found[0].length;
  }
  if (at < template.length) pieces.push({ kind: 'text', text: template.slice(at) });
  return pieces;
}

/** The template with the groups of a match, or nothing where the expression does not match the whole value. */
export function expand(template: readonly Piece[], regex: RE2JS, value: string): string | undefined {
  const matcher = regex.matcher(value);
  if (!matcher.find()) return undefined;
  const named = regex.namedGroups();
  let text = '';
  for (const piece of template) {
    if (piece.kind === 'text') text += piece.text;
    else {
      const isNumber = /^(?:0|[1-9][0-9]{0,7})$/.test(piece.name);
      const group = isNumber ? Number(piece.name) : named[piece.name];
      if (group !== undefined && group <= matcher.groupCount()) text += matcher.group(group) ?? '';
    }
  }
  return text;
}
