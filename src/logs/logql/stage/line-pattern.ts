// Patterns: texts with gaps, `<ip> - <user> [<_>]`. What the stage `pattern` takes labels from, and the filters `|>` and `!>` compare lines with.
//
// Source: Grafana Loki `pkg/logql/log/pattern`.

import type { TextTest } from './text-test.ts';

/** A text that has to stand there, or a gap; `_` names none. */
export type PatternPart = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'capture'; readonly name: string };

export const UNNAMED = '_';

/** The parts of a pattern. The parser refuses gaps side by side: literals are never empty, and the two kinds take turns. */
export function parsePattern(text: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  let from = 0;
  for (const capture of text.matchAll(/<([a-zA-Z_][a-zA-Z0-9_]*)>/g)) {
    if (capture.index > from) parts.push({ kind: 'literal', text: text.slice(from, capture.index) });
    parts.push({ kind: 'capture', name: capture[1] ?? '' });
    from = capture.index + capture[0].length;
  }
  if (from < text.length) parts.push({ kind: 'literal', text: text.slice(from) });
  return parts;
}

/** A test of a whole line by the pattern of a line filter: gaps hold at least one character and have no names; the parser refuses others. */
export function linePattern(pattern: string): TextTest {
  const parts = parsePattern(pattern);
  const literals = parts.flatMap((part) => (part.kind === 'literal' ? [part.text] : []));
  const opensWithGap = parts[0]?.kind === 'capture';
  const endsWithGap = parts.at(-1)?.kind === 'capture';
  return (text) => {
    if (text === '' || parts.length === 0) return text === '' && parts.length === 0;
    let at = 0;
    for (const [index, literal] of literals.entries()) {
      const found = text.indexOf(literal, at);
      if (found < 0) return false;
      if (found === at && (index > 0 || opensWithGap)) return false;
      at = found + literal.length;
    }
    return endsWithGap === at < text.length;
  };
}
