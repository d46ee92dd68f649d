// A test of a whole line by a regular expression that may match anywhere, in its cheapest form.
//
// Most expressions of line filters are words and alternatives of words: those run as searches for text, the rest in RE2's engine.

import { RE2JS } from 're2js';

import { RequestError } from '../../../base/request-error.ts';
import { compileRegex, patternOf } from '../../../query/matchers.ts';
import { requiredText } from './required-text.ts';

export type TextTest = (text: string) => boolean;

/** True for a text that holds a match. Throws `bad_data` on an expression that is none. */
export function regexTest(source: string): TextTest {
  // Refuses what is no expression, with the message that matchers give.
  compileRegex(source);
  const ignoresCase = source.startsWith('(?i)');
  const words = wordsOf(ignoresCase ? source.slice(4) : source);
  if (words !== undefined) return ignoresCase ? anyWordAnyCase(words) : anyWord(words);
  const regex = compileUnanchored(source);
  const required = requiredText(source);
  return required === '' ? (text) => regex.test(text) : (text) => text.includes(required) && regex.test(text);
}

/** An expression that matches anywhere; `.` matches no newline. Throws `bad_data`. */
export function compileUnanchored(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : `error parsing regexp: ${source}`, { cause });
  }
}

/** The texts of which one has to occur, or undefined where the expression asks for more. `.*` at an edge asks for nothing. */
function wordsOf(source: string): readonly string[] | undefined {
  const grouped = /^\(\?:([^()]*)\)$|^\(([^()?][^()]*)\)$/.exec(source);
  const inner = grouped?.[1] ?? grouped?.[2] ?? source;
  const bare = inner
    .split('|')
    .map((part) => part.replace(/^(?:\.\*)+/, '').replace(/(?<![\\])(?:\.\*)+$/, ''))
    .join('|');
  const pattern = patternOf(bare);
  return pattern.kind === 'set' ? pattern.values : undefined;
}

function anyWord(words: readonly string[]): TextTest {
  const [word = ''] = words;
  if (words.length === 1) return (text) => text.includes(word);
  return (text) => words.some((one) => text.includes(one));
}

/** The words are quoted texts, not a user's expression: a search with the case folding of Unicode, as RE2 folds it. */
function anyWordAnyCase(words: readonly string[]): TextTest {
  const search = new RegExp(words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|'), 'iu');
  return (text) => search.test(text);
}
