// `| status >= 500 and duration > 1s`: lines by the values of their labels.
//
// A value that is no number (duration, size) lets its line pass and marks it with `__error__`, so that nothing is lost in silence.
// Source: Grafana Loki `pkg/logql/log/label_filter.go`.

import { compileMatcher } from '../../../query/matchers.ts';
import type { CompareOp, LabelFilter } from '../ast.ts';
import { convertBytes, convertDuration, convertNumber } from '../convert-value.ts';
import type { Converted } from '../convert-value.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../line-labels.ts';
import type { LineLabels } from '../line-labels.ts';
import { addressFinder } from './ip-address.ts';
import type { RunStage } from './run-stage.ts';

const LABEL_FILTER_ERROR = 'LabelFilterErr';

type LabelTest = (labels: LineLabels) => boolean;

export function labelFilterStage(filter: LabelFilter): RunStage {
  const test = labelTest(filter);
  return ({ labels }) => test(labels);
}

function labelTest(filter: LabelFilter): LabelTest {
  switch (filter.kind) {
    case 'matcher': {
      const test = compileMatcher(filter);
      // Only a matcher of texts sees the error of a line, and none its details.
      if (filter.name === ERROR_LABEL) return (labels) => test(labels.error);
      return (labels) => test(valueOf(labels, filter.name) ?? '');
    }
    case 'number':
      return comparison(filter, convertNumber);
    case 'duration':
      return comparison(filter, convertDuration);
    case 'bytes':
      return comparison(filter, convertBytes);
    case 'ip':
      return addressTest(filter);
    case 'and': {
      const left = labelTest(filter.left);
      const right = labelTest(filter.right);
      // Both sides run: the right one may mark the line with an error.
      return (labels) => {
        const passes = left(labels);
        return right(labels) && passes;
      };
    }
    case 'or': {
      const left = labelTest(filter.left);
      const right = labelTest(filter.right);
      return (labels) => left(labels) || right(labels);
    }
  }
}

/** A label's value as filters see it: errors are no labels to them. */
function valueOf(labels: LineLabels, name: string): string | undefined {
  return name === ERROR_LABEL || name === ERROR_DETAILS_LABEL ? undefined : labels.get(name);
}

interface Comparison {
  readonly name: string;
  readonly op: CompareOp;
  readonly value: number;
}

function comparison({ name, op, value }: Comparison, convert: (text: string) => Converted): LabelTest {
  const compare = comparisons[op];
  return (labels) => {
    const text = valueOf(labels, name);
    if (text === undefined) return false;
    const converted = convert(text);
    if (typeof converted === 'number') return compare(converted, value);
    if (labels.error === '') labels.setError(LABEL_FILTER_ERROR, converted.problem);
    return true;
  };
}

const comparisons: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};

function addressTest({ name, op, value }: { readonly name: string; readonly op: '=' | '!='; readonly value: string }): LabelTest {
  const holds = addressFinder(value);
  return (labels) => {
    // A line with an error passes: only matchers of texts drop those.
    if (labels.error !== '') return true;
    const text = valueOf(labels, name);
    return text !== undefined && holds(text) === (op === '=');
  };
}
