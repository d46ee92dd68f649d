// Lines as they are drawn: colours of terminals, words that are looked for, and any text at all.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Term } from '../../data/logql-text.ts';
import { plainText, segmentsOf } from './line-segments.ts';

const ESC = '\u001b';
const term = (text: string, ignoreCase = false): Term => ({ text, ignoreCase });

/** `text` plain, `<text>` marked, `[red bold|text]` styled. */
function drawn(line: string, terms: readonly Term[] = []): string {
  return segmentsOf(line, terms)
    .map(({ text, styles, marked }) => {
      const inner = marked ? `<${text}>` : text;
      return styles.length === 0 ? inner : `[${styles.join(' ')}|${inner}]`;
    })
    .join('');
}

test('lines as they are drawn', () => {
  const cases: readonly (readonly [string, readonly Term[], string])[] = [
    ['plain', [], 'plain'],
    ['an error, an Error', [term('error')], 'an <error>, an Error'],
    ['an error, an Error', [term('error', true)], 'an <error>, an <Error>'],
    // What two terms share is marked once.
    ['abcdef', [term('bcd'), term('cde')], 'a<bcde>f'],
    [`${ESC}[31mred${ESC}[0m not`, [], '[red|red] not'],
    [`${ESC}[1;31mboth${ESC}[22mred${ESC}[39mnone`, [], '[red bold|both][red|red]none'],
    [`${ESC}[90mgrey${ESC}[m`, [], '[bright-black|grey]'],
    [`${ESC}[38;5;1mred${ESC}[38;5;200mother${ESC}[38;2;1;2;3mother`, [], '[red|red]otherother'],
    [`${ESC}[48;5;1;4mline`, [], '[underline|line]'],
    // A word that runs over a change of colour.
    [`er${ESC}[31mror${ESC}[0m!`, [term('error')], '<er>[red|<ror>]!'],
    // Other escapes mean nothing in a line.
    [`${ESC}[2Ka${ESC}]0;title\u0007b${ESC}[10;20Hc`, [], 'abc'],
  ];
  for (const [line, terms, expected] of cases) assert.equal(drawn(line, terms), expected, JSON.stringify(line));
});

test('whatever a line holds, its segments are its text', () => {
  const escape = fc.constantFrom(ESC, `${ESC}[`, `${ESC}[31m`, `${ESC}[0;1m`, `${ESC}[38;5m`, `${ESC}]0;`, '\u009b', '\u0007', 'm');
  const line = fc.array(fc.oneof(escape, fc.string({ maxLength: 6 })), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 3 }), fc.boolean(), (text, words, ignoreCase) => {
      const segments = segmentsOf(
        text,
        words.map((word) => term(word, ignoreCase)),
      );
      assert.equal(segments.map((each) => each.text).join(''), plainText(text));
    }),
    { numRuns: 2000, seed: 7 },
  );
});
