// Whatever is typed, the editor keeps its feet: tokens lie in order within the text, and a place always has an answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { wantedAt } from './completion-context.ts';
import { formatQuery } from './format-query.ts';
import { looseTokens } from './promql-tokens.ts';
import { placeNotes } from './places.ts';
import { classTokens } from './token-classes.ts';

const piece = fc.oneof(
  fc.constantFrom(
    'sum',
    'rate',
    'by',
    'up',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '`',
    '#',
    '\n',
    '\\',
    '=',
    '=~',
    '5m',
    ' ',
    ',',
    '@',
    'offset',
    'é',
    '😀',
  ),
  fc.string({ maxLength: 3 }),
);
const anyText = fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(''));

test('any text', () => {
  fc.assert(
    fc.property(anyText, fc.nat(60), fc.nat(5), fc.nat(70), (text, place, line, column) => {
      let at = 0;
      for (const { from, to } of looseTokens(text).tokens) {
        assert.ok(from >= at && to > from && to <= text.length, text);
        at = to;
      }
      for (const { from, to } of classTokens(text)) assert.ok(from >= 0 && to <= text.length);
      const cursor = Math.min(place, text.length);
      const wanted = wantedAt(text, cursor);
      if (wanted.kind !== 'nothing') assert.ok(wanted.from <= cursor, text);
      for (const note of placeNotes(text, [{ level: 'info', message: `x (${line}:${column})` }]))
        assert.ok(note.from <= note.to && note.to <= text.length);
      formatQuery(text);
    }),
    { numRuns: 1500, seed: 7 },
  );
});
