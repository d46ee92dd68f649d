// `| drop app, level="info"` and `| keep app, level="info"`: fewer labels.
//
// Source: Grafana Loki `pkg/logql/log/drop_labels.go`, `keep_labels.go`.

import { compileMatcher } from '../../../query/matchers.ts';
import type { LabelChoice } from '../ast.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, PRESERVE_ERROR_LABEL } from '../line-labels.ts';
import type { RunStage } from './run-stage.ts';

interface Choice {
  readonly name: string;
  readonly test: (value: string) => boolean;
}

function compileChoice(choice: LabelChoice): Choice {
  return { name: choice.name, test: choice.kind === 'name' ? () => true : compileMatcher(choice) };
}

export function dropStage(choices: readonly LabelChoice[]): RunStage {
  const compiled = choices.map(compileChoice);
  return ({ labels }) => {
    for (const { name, test } of compiled) if (test(labels.get(name) ?? '')) labels.delete(name);
    return true;
  };
}

const KEPT_ALWAYS: ReadonlySet<string> = new Set([ERROR_LABEL, ERROR_DETAILS_LABEL, PRESERVE_ERROR_LABEL]);

export function keepStage(choices: readonly LabelChoice[]): RunStage {
  const compiled = choices.map(compileChoice);
  return ({ labels }) => {
    labels.retain((name, value) => KEPT_ALWAYS.has(name) || compiled.some((choice) => choice.name === name && choice.test(value)));
    return true;
  };
}
