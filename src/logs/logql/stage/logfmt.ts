// `| logfmt`: every pair becomes a label. Lenient unless `--strict`: what is no pair is passed over.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, LogfmtParser.

import type { LogfmtStage } from '../ast.ts';
import { FoundLabels, LOGFMT_ERROR, withoutReplacements } from './found-labels.ts';
import { ChildNames } from './label-names.ts';
import type { KnownName } from './label-names.ts';
import { LogfmtText } from './logfmt-text.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

export function logfmtStage({ strict, keepEmpty }: LogfmtStage, hints: ParserHints): RunStage {
  const found = new FoundLabels(hints);
  const names = new ChildNames();
  const text = new LogfmtText();
  return (line) => {
    const { labels } = line;
    if (found.isSatisfied(labels)) return true;
    text.reset(line.text);
    let before: KnownName | undefined;
    while (!text.atEnd) {
      if (!text.next()) {
        if (strict) break;
        continue;
      }
      before = nameOf(names, text, before);
      if ((!text.hasValue && !keepEmpty) || before.name === '') continue;
      const free = found.freeName(labels, before);
      if (free === undefined) continue;
      labels.addFound(free, withoutReplacements(text.value));
      if (found.isSatisfied(labels)) break;
    }
    if (strict && text.problem !== '') found.fail(line, LOGFMT_ERROR, text.problem);
    return true;
  };
}

/** The name of the pair's key: mostly it is the one that stood here in the line before. */
function nameOf(names: ChildNames, text: LogfmtText, before: KnownName | undefined): KnownName {
  const guess = before === undefined ? names.first : before.next;
  if (guess !== undefined && text.isKey(guess.key)) return guess;
  const name = names.of(text.key);
  if (before === undefined) names.first = name;
  else before.next = name;
  return name;
}
