// `| regexp "(?P<method>\\w+) (?P<path>.*)"`: labels from the named groups of the first match. A line that does not match passes as it is.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, RegexpParser.

import type { RegexpStage } from '../ast.ts';
import { FoundLabels } from './found-labels.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';
import { compileUnanchored } from './text-test.ts';

export function regexpStage({ pattern }: RegexpStage, hints: ParserHints): RunStage {
  const found = new FoundLabels(hints);
  const regex = compileUnanchored(pattern);
  const groups = Object.entries(regex.namedGroups()).sort(([, a], [, b]) => a - b);
  return ({ labels, text }) => {
    if (found.isSatisfied(labels)) return true;
    const match = regex.matcher(text);
    if (!match.find()) return true;
    for (const [name, group] of groups) {
      const placed = found.place(labels, name);
      if (placed !== undefined) labels.addParsed(placed, match.group(group) ?? '');
    }
    return true;
  };
}
