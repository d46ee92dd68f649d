// `label_replace`: series under other labels.
//
// Source: Loki `LabelReplaceEvaluator`; templates as Go's `Regexp.Expand`.

import { type Labels, labelValue, setLabel } from '../../../query/labels.ts';
import { compileRegex } from '../../../query/matchers.ts';
import { expand, parseTemplate } from '../../../metrics/promql/instant/label-functions.ts';
import type { LabelReplace } from '../ast.ts';

/** The labels of a series as the call leaves them: unchanged where the expression does not match the whole of the source's value. */
export function labelReplacer({ destination, replacement, source, pattern }: LabelReplace): (labels: Labels) => Labels {
  const regex = compileRegex(pattern);
  const template = parseTemplate(replacement);
  return (labels) => {
    const value = expand(template, regex, labelValue(labels, source));
    return value === undefined ? labels : setLabel(labels, destination, value);
  };
}
