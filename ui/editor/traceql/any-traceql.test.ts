// Whatever is typed, the TraceQL editor and its builder keep their feet: tokens lie in order within the text, and a place always has an answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { narrowed, readTraceql } from '../../data/traceql-text.ts';
import { builtOf, writeBuilt } from '../../page/traces/builder-parts.ts';
import { diagnosticsOf } from './diagnose.ts';
import { explainAt } from './explain.ts';
import { formatTraceqlText } from './format-traceql-text.ts';
import { classTokens } from './traceql-classes.ts';
import { wantedAt } from './traceql-context.ts';

const PIECES =
  'span. resource. . parent. trace: name status duration kind error server nil true rate() by ( ) { } | && || >> !> &~ = =~ != >= 5 1.5 10ms "x" " ` // /* */ compare count select with , - é 😀'.split(
    ' ',
  );
const piece = fc.oneof(fc.constantFrom(...PIECES, ' ', '\n', '{ .a = 1 }', 'span.http.method'), fc.string({ maxLength: 3 }));
const anyText = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(''));

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
      formatTraceqlText(text);
    }),
    { numRuns: 1200, seed: 5 },
  );
});

const CONDITIONS = [
  '.a = 1',
  'name =~ "x.*"',
  'status = error',
  '(.a = 1 || .b)',
  'duration > 10ms',
  '.c != nil',
  '!.d',
  '"x" = .e',
  '1 + .f > 2',
];
const anyQuery = fc
  .tuple(fc.array(fc.constantFrom(...CONDITIONS), { maxLength: 4 }), fc.constantFrom('', ' | rate()', ' | by(name) | count() > 2'))
  .map(([conditions, rest]) => `{ ${conditions.join(' && ')} }${rest}`);

/** The formatted text says what the query means, whatever was written around it. */
const meaning = (text: string): string => {
  const formatted = formatTraceqlText(text);
  return formatted.kind === 'formatted' ? formatted.text : assert.fail(formatted.reason);
};

test('the builder writes what it read, and one more condition keeps a query a query', () => {
  fc.assert(
    fc.property(anyQuery, (text) => {
      const built = builtOf(text);
      assert.ok(built.kind === 'shown', text);
      const again = writeBuilt(
        built,
        built.parts.map((part) => part.text),
      );
      assert.equal(meaning(again), meaning(text));
      const more = narrowed(text, 'kind = server');
      assert.equal(readTraceql(more).kind, readTraceql(text).kind, more);
      assert.match(more, /kind = server/);
    }),
    { numRuns: 300, seed: 5 },
  );
});
