// Whatever is typed, the LogQL editor keeps its feet: tokens lie in order within the text, and a place always has an answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { diagnosticsOf } from './diagnose.ts';
import { explainAt } from './explain.ts';
import { formatLogqlText } from './format-logql-text.ts';
import { classTokens } from './logql-classes.ts';
import { wantedAt } from './logql-context.ts';

const PIECES =
  'sum rate by app json logfmt unwrap line_format drop or and ip offset ( ) { } [ ] [5m] "x" " ` # \\ = =~ != |= |~ |> | 5m 1MB {{ }} . , - --strict é 😀'.split(
    ' ',
  );
const piece = fc.oneof(fc.constantFrom(...PIECES, ' ', '\n', '{app="x"}'), fc.string({ maxLength: 3 }));
const anyText = fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(''));

test('any text', () => {
  fc.assert(
    fc.property(anyText, fc.nat(60), (text, place) => {
      let at = 0;
      for (const { from, to } of classTokens(text)) {
        assert.ok(from >= at && to > from && to <= text.length, text);
        at = to;
      }
      const cursor = Math.min(place, text.length);
      const wanted = wantedAt(text, cursor);
      if (wanted.kind !== 'nothing') assert.ok(wanted.from <= cursor, text);
      for (const { from, to } of diagnosticsOf(text)) assert.ok(from <= to && to <= text.length, text);
      explainAt(text, cursor);
      formatLogqlText(text);
    }),
    { numRuns: 1500, seed: 7 },
  );
});
