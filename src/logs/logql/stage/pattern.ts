// `| pattern "<ip> - <user> [<_>]"`: labels from the gaps of a pattern. A line that departs from it gives the labels up to there.
//
// Source: Grafana Loki `pkg/logql/log/pattern/pattern.go`, Matches.

import type { PatternStage } from '../ast.ts';
import type { FoundName } from '../line-labels.ts';
import { FoundLabels } from './found-labels.ts';
import { ChildNames } from './label-names.ts';
import { parsePattern, UNNAMED } from './line-pattern.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

/** A gap and the text that ends it; `''` where it goes on to the end of the line. */
interface Gap {
  /** Undefined for a gap that nobody asks for. */
  readonly name: FoundName | undefined;
  readonly ending: string;
}

export function patternStage({ pattern }: PatternStage, hints: ParserHints): RunStage {
  const found = new FoundLabels(hints);
  const { head, gaps } = gapsOf(pattern);
  return ({ labels, text }) => {
    if (found.isSatisfied(labels) || text === '' || !text.startsWith(head)) return true;
    let at = head.length;
    for (const { name, ending } of gaps) {
      const end = ending === '' ? -1 : text.indexOf(ending, at);
      if (name !== undefined) found.add(labels, name, text.slice(at, end < 0 ? text.length : end));
      if (end < 0) break;
      at = end + ending.length;
    }
    return true;
  };
}

function gapsOf(pattern: string): { readonly head: string; readonly gaps: readonly Gap[] } {
  const names = new ChildNames();
  const parts = parsePattern(pattern);
  const gaps = parts.flatMap((part, index) => {
    const next = parts[index + 1];
    if (part.kind === 'literal') return [];
    return [{ name: part.name === UNNAMED ? undefined : names.of(part.name), ending: next?.kind === 'literal' ? next.text : '' }];
  });
  return { head: parts[0]?.kind === 'literal' ? parts[0].text : '', gaps };
}
