// Patterns of file names: `/var/log/**/*.log`, `/srv/{a,b}/app-?.log`. What a source of files names, and what it leaves out.
//
//   text ─(braces)─▶ alternatives ─▶ segments ─▶ match a path, or walk the directories that can hold one
//
// `*` and `?` stop at a slash, `**` as a whole segment stands for any number of directories, `[a-z]` and `[!a-z]` for one character. A name that
// begins with a dot is a name like others, as in Go's doublestar, which the peers' agents use.

import { RE2JS } from 're2js';

import { RequestError } from '../../base/request-error.ts';

const ALTERNATIVES_MAX = 1000;
const PATTERN_LENGTH_MAX = 4096;

/** One part of a path: a name as it stands, names that match, or any number of directories. */
export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'match'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'any' };

export interface FilePattern {
  readonly text: string;
  /** One list of segments per way to choose from the braces. */
  readonly alternatives: readonly (readonly Segment[])[];
  readonly matches: (path: string) => boolean;
}

/** Compiles a pattern of an absolute path. Throws `bad_data` with what is wrong. */
export function compileFilePattern(text: string): FilePattern {
  if (!text.startsWith('/')) throw new RequestError('bad_data', `the pattern ${JSON.stringify(text)} is not an absolute path`);
  if (text.length > PATTERN_LENGTH_MAX)
    throw new RequestError('bad_data', `a pattern of ${text.length} characters, ${PATTERN_LENGTH_MAX} at most`);
  const texts = expandBraces(text);
  const whole = RE2JS.compile(`^(?s:${texts.map(pathRegex).join('|')})$`);
  return {
    text,
    alternatives: texts.map((each) => segmentsOf(each).map(segment)),
    matches: (path) => whole.test(path),
  };
}

function segmentsOf(text: string): readonly string[] {
  return text.split('/').filter((part) => part !== '' && part !== '.');
}

function segment(text: string): Segment {
  if (text === '**') return { kind: 'any' };
  if (!/[*?[\\]/.test(text)) return { kind: 'name', name: text };
  const regex = RE2JS.compile(`^(?s:${nameRegex(text)})$`);
  return { kind: 'match', matches: (name) => regex.test(name) };
}

function pathRegex(text: string): string {
  let regex = '';
  for (const part of segmentsOf(text)) regex += part === '**' ? '(?:/[^/]+)*' : `/${nameRegex(part)}`;
  return regex;
}

/** One segment as a regular expression. Throws on a bracket that is never closed. */
function nameRegex(text: string): string {
  let regex = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (character === '*') regex += '[^/]*';
    else if (character === '?') regex += '[^/]';
    else if (character === '[') {
      const end = text.indexOf(']', i + 2);
      if (end < 0) throw new RequestError('bad_data', `the pattern ${JSON.stringify(text)} has a [ without its ]`);
      regex += characterClass(text.slice(i + 1, end));
      i = end;
    } else if (character === '\\' && i + 1 < text.length) regex += RE2JS.quote(text[++i] ?? '');
    else regex += RE2JS.quote(character);
  }
  return regex;
}

function characterClass(inner: string): string {
  const negated = inner.startsWith('!') || inner.startsWith('^');
  const members = (negated ? inner.slice(1) : inner).replaceAll(/[\\[\]^&]/g, String.raw`\$&`);
  if (
    members === '' ||
    /(.)-(.)/s
      .exec(members)
      ?.slice(1)
      .reduce((from, to) => (from > to ? '' : to)) === ''
  )
    throw new RequestError('bad_data', `the character class [${inner}] is empty or runs backwards`);
  return negated ? `[^/${members}]` : `[${members}]`;
}

/** All texts that a choice from each pair of braces gives; braces may stand in braces. */
function expandBraces(text: string): readonly string[] {
  const done: string[] = [];
  const open = [text];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const found = firstBraces(next);
    if (found === undefined) done.push(next);
    else for (const choice of found.choices) open.push(next.slice(0, found.from) + choice + next.slice(found.to));
    if (done.length + open.length > ALTERNATIVES_MAX)
      throw new RequestError('bad_data', `the pattern ${JSON.stringify(text)} has more than ${ALTERNATIVES_MAX} alternatives`);
  }
  return done.reverse();
}

interface Braces {
  readonly from: number;
  readonly to: number;
  readonly choices: readonly string[];
}

function firstBraces(text: string): Braces | undefined {
  const from = text.search(/(?<!\\)\{/);
  if (from < 0) return undefined;
  const choices: string[] = [];
  let depth = 0;
  let start = from + 1;
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === ',' && depth === 1) {
      choices.push(text.slice(start, i));
      start = i + 1;
    } else if (character === '}' && --depth === 0) return { from, to: i + 1, choices: [...choices, text.slice(start, i)] };
  }
  throw new RequestError('bad_data', `the pattern ${JSON.stringify(text)} has a { without its }`);
}
