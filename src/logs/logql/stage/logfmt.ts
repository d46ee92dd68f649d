// `| logfmt`: every pair becomes a label. Lenient unless `--strict`: what is no pair is passed over.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, LogfmtParser.

import type { LogfmtStage } from '../ast.ts';
import { FoundLabels, LOGFMT_ERROR, withoutReplacements } from './found-labels.ts';
import { ChildNames } from './label-names.ts';
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
    while (!text.atEnd) {
      if (!text.next()) {
        if (strict) break;
        continue;
      }
      if (text.value === '' && !keepEmpty) continue;
      const name = names.of(text.key);
      if (name.name !== '') found.add(labels, name, withoutReplacements(text.value));
      if (found.isSatisfied(labels)) break;
    }
    if (strict && text.problem !== '') found.fail(line, LOGFMT_ERROR, text.problem);
    return true;
  };
}
