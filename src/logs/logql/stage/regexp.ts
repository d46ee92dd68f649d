// `| regexp "(?P<method>\\w+) (?P<path>.*)"`: labels from the named groups of the first match. A line that does not match passes as it is.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, RegexpParser.

import type { RegexpStage } from '../ast.ts';
import { FoundLabels } from './found-labels.ts';
import { ChildNames } from './label-names.ts';
import type { ParserHints } from './parser-hints.ts';
import { requiredText } from './required-text.ts';
import type { RunStage } from './run-stage.ts';
import { compileUnanchored } from './text-test.ts';

export function regexpStage({ pattern }: RegexpStage, hints: ParserHints): RunStage {
  const found = new FoundLabels(hints);
  const regex = compileUnanchored(pattern);
  const required = requiredText(pattern);
  const names = new ChildNames();
  const groups = Object.entries(regex.namedGroups())
    .sort(([, a], [, b]) => a - b)
    .map(([name, group]) => [names.of(name), group] as const);
  return ({ labels, text }) => {
    if (found.isSatisfied(labels) || !text.includes(required)) return true;
    const match = regex.matcher(text);
    if (!match.find()) return true;
    for (const [name, group] of groups) found.add(labels, name, match.group(group) ?? '');
    return true;
  };
}
