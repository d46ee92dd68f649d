// Where the messages of an answer point: `(2:5)` at the end of an annotation, `1:4: parse error` in an error, as a part of the text.

import { children } from '../../../src/metrics/promql/ast.ts';
import type { Expr } from '../../../src/metrics/promql/ast.ts';
import { readQuery } from '../../data/query-text.ts';
import type { Note } from '../problems.ts';
import { looseTokens } from './promql-tokens.ts';

export interface PlacedNote extends Note {
  readonly from: number;
  readonly to: number;
}

const ANNOTATION_PLACE = /\((\d+):(\d+)\)$/;
const ERROR_PLACE = /(?:^|: )(\d+):(\d+): parse error: /;

/** The notes that say where they belong, each with that part of the text. */
export function placeNotes(text: string, notes: readonly Note[]): readonly PlacedNote[] {
  return notes.flatMap((note): PlacedNote[] => {
    const found = ANNOTATION_PLACE.exec(note.message) ?? ERROR_PLACE.exec(note.message);
    const from = found ? offsetOf(text, Number(found[1]), Number(found[2])) : undefined;
    return from === undefined ? [] : [{ ...note, from, to: endOf(text, from) }];
  });
}

/** The offset of a line and a column, both from 1, the column in bytes of UTF-8. */
function offsetOf(text: string, line: number, column: number): number | undefined {
  const lines = text.split('\n');
  const own = lines[line - 1];
  if (own === undefined) return undefined;
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const bytes = new TextEncoder().encode(own).subarray(0, column - 1);
  return start + new TextDecoder().decode(bytes).length;
}

/** The end of what begins at `from`: the least expression, else the token, else the character. */
function endOf(text: string, from: number): number {
  const read = readQuery(text);
  const ends =
    read.kind === 'parsed'
      ? endsAt(read.expr, from)
      : looseTokens(text)
          .tokens.filter((t) => t.from === from)
          .map((t) => t.to);
  return ends.length > 0 ? Math.min(...ends) : Math.min(text.length, from + 1);
}

function endsAt(expr: Expr, from: number): readonly number[] {
  const within = children(expr).flatMap((child) => endsAt(child, from));
  return expr.from === from ? [expr.to, ...within] : within;
}
