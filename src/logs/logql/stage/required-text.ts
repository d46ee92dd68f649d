// The longest text that every match of a regular expression holds: a search for it tells most lines apart before the engine runs.
//
// Only what stands outside of groups, classes and alternatives counts, and nothing where flags change what characters mean.

const QUANTIFIERS = '*?{';

/** `status=5` of `status=5\d\d`; `''` where nothing is certain. */
export function requiredText(source: string): string {
  if (/\(\?(?!:|P?<)/.test(source) || source.includes(String.raw`\Q`)) return '';
  let longest = '';
  let run = '';
  for (let at = 0; at < source.length;) {
    const token = tokenAt(source, at);
    if (token === '|') return '';
    at += token.length;
    const text = literalOf(token);
    const next = source.charAt(at);
    const isCertain = text !== undefined && !(next !== '' && QUANTIFIERS.includes(next));
    if (isCertain) run += text;
    if (run.length > longest.length) longest = run;
    // Behind `+` the character may stand again: the run ends there.
    if (!isCertain || next === '+') run = '';
  }
  return longest;
}

/** A character, an escape, a group or a class, as it is written; the rest of the expression where one does not end. */
function tokenAt(source: string, at: number): string {
  const char = source.charAt(at);
  if (char === '(') return source.slice(at, groupEnd(source, at));
  if (char === '[') return source.slice(at, classEnd(source, at));
  if (char === '{') return /^\{\d+(?:,\d*)?\}/.exec(source.slice(at))?.[0] ?? char;
  if (char === '\\') return ESCAPE.exec(source.slice(at))?.[0] ?? char;
  return String.fromCodePoint(source.codePointAt(at) ?? 0);
}

/** `\p{Greek}` and `\x{2a}` are one token, so that nothing of them is taken for text. */
const ESCAPE = /^\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[^}]*\}|[0-9a-fA-F]{2})|[0-7]{1,3}|.)/su;

function groupEnd(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '\\') at++;
    else if (char === '[') at = classEnd(source, at) - 1;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at + 1;
  }
  return source.length;
}

/** A bracket that stands first in a class is a character of it. */
function classEnd(source: string, from: number): number {
  const first = source.charAt(from + 1) === '^' ? from + 2 : from + 1;
  for (let at = first; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '\\') at++;
    else if (char === '[' && source.charAt(at + 1) === ':') at = Math.max(at, source.indexOf(':]', at + 2) + 1);
    else if (char === ']' && at > first) return at + 1;
  }
  return source.length;
}

/** The text that a token stands for, or undefined where it is an operator or may be several. */
function literalOf(token: string): string | undefined {
  if (token.startsWith('\\')) return /^\\[^a-zA-Z0-9]$/u.test(token) ? token.slice(1) : undefined;
  return /^[.+*?()|[\]{}^$]/.test(token) ? undefined : token;
}
