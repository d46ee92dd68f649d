// `| logfmt method, status="http_status"`: labels from chosen pairs. A pair that is not found gives an empty label.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, LogfmtExpressionParser.

import { RequestError } from '../../../base/request-error.ts';
import type { Extraction, LogfmtStage } from '../ast.ts';
import { DUPLICATE_SUFFIX } from '../line-labels.ts';
import type { LineLabels } from '../line-labels.ts';
import { FoundLabels, LOGFMT_ERROR } from './found-labels.ts';
import { ChildNames } from './label-names.ts';
import { LogfmtText } from './logfmt-text.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

/** Throws `bad_data` on an expression that is no key. */
export function logfmtFieldsStage({ extractions, strict }: LogfmtStage, hints: ParserHints): RunStage {
  const found = new FoundLabels(hints);
  const text = new LogfmtText();
  const labelOfKey = labelsOfKeys(extractions);
  const wanted = extractions.map(({ label }) => label);
  const names = new ChildNames();
  return (line) => {
    const { labels } = line;
    if (found.isSatisfied(labels)) return true;
    for (const name of wanted) if (!labels.clashes(name)) labels.set('parsed', name, '');
    text.reset(line.text);
    while (!text.atEnd) {
      if (!text.next()) {
        if (strict) break;
        continue;
      }
      const name = labelOfKey.get(names.of(text.key).name);
      if (name === undefined) continue;
      if (!setPair(found, labels, name, text.value) || found.isSatisfied(labels)) break;
    }
    if (strict && text.problem !== '') found.fail(line, LOGFMT_ERROR, text.problem);
    return true;
  };
}

/** Of labels given twice the last counts, of keys the first. A key that no expression names still counts for the label of its own name. */
function labelsOfKeys(extractions: readonly Extraction[]): ReadonlyMap<string, string> {
  const keyOfLabel = new Map(extractions.map(({ label, expression }) => [label, parseKey(expression)]));
  const labelOfKey = new Map([...keyOfLabel.keys()].map((label) => [label, label]));
  for (const [label, key] of [...keyOfLabel].toReversed()) labelOfKey.set(key, label);
  return labelOfKey;
}

/** False where the label clashes and what it would be called is not wanted: then nothing further is read. */
function setPair(found: FoundLabels, labels: LineLabels, name: string, value: string): boolean {
  const duplicate = name + DUPLICATE_SUFFIX;
  const clashes = labels.clashes(name);
  if (clashes && (labels.wasExtracted(duplicate) || !found.hints.wants(duplicate))) return false;
  labels.set('parsed', clashes ? duplicate : name, value.includes('\uFFFD') ? '' : value);
  return true;
}

function parseKey(expression: string): string {
  const [, key, quoted] = /^\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"([^"]*)")\s*$/.exec(expression) ?? [];
  const name = key ?? quoted;
  if (name === undefined) throw new RequestError('bad_data', `cannot parse expression [${expression}]: syntax error: expected one key`);
  return name;
}
