// A line as it is drawn: its colours as terminals know them, and the words that the query looks for.
//
//   text with escapes ─▶ runs of one style ─┐
//   terms ─▶ where they stand ──────────────┴─▶ segments, each with one style and marked or not
//
// Source: ECMA-48, "Select Graphic Rendition". Other escapes move a cursor or clear a screen, and mean nothing in a line: they are left out.

import type { Term } from '../../data/logql-text.ts';

export interface Segment {
  readonly text: string;
  /** Names of styles: `red`, `bright-red`, `bold`, `dim`, `italic`, `underline`. */
  readonly styles: readonly string[];
  /** A term of the query. */
  readonly marked: boolean;
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const PLAIN: readonly string[] = [];
/** Marks of one line beyond these are not drawn. */
const MARKS_MAX = 200;

interface Style {
  colour: string;
  readonly others: Set<string>;
}

interface Run {
  readonly text: string;
  readonly styles: readonly string[];
}

// Sequences that begin with ESC [ or its one-byte form, operating system commands, and other two-byte escapes.
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const ESCAPE = /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]/g;

/** The text without its escapes. */
export function plainText(line: string): string {
  return line.includes('\u001b') || line.includes('\u009b') ? line.replace(ESCAPE, '') : line;
}

function runsOf(line: string): readonly Run[] {
  if (!line.includes('\u001b') && !line.includes('\u009b')) return [{ text: line, styles: PLAIN }];
  const runs: Run[] = [];
  const style: Style = { colour: '', others: new Set() };
  let from = 0;
  const push = (to: number): void => {
    if (to > from) runs.push({ text: line.slice(from, to), styles: [...(style.colour === '' ? [] : [style.colour]), ...style.others] });
  };
  for (const found of line.matchAll(ESCAPE)) {
    push(found.index);
    from = found.index + found[0].length;
    if (found[2] === 'm') select(style, found[1] ?? '');
  }
  push(line.length);
  return runs;
}

const ON: Readonly<Record<number, string>> = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 9: 'struck' };
const OFF: Readonly<Record<number, readonly string[]>> = { 22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 29: ['struck'] };

/** Takes the numbers of one escape into the style. Grounds are left out: not every pair of colours can be read on every page. */
function select(style: Style, parameters: string): void {
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) {
      style.colour = '';
      style.others.clear();
    } else if (code === 38 || code === 48) {
      const length = codes[i + 1] === 5 ? 2 : 4;
      if (code === 38) style.colour = codes[i + 1] === 5 ? indexed(codes[i + 2] ?? -1) : '';
      i += length;
    } else if (code === 39) style.colour = '';
    else if (code >= 30 && code <= 37) style.colour = COLOURS[code - 30] ?? '';
    else if (code >= 90 && code <= 97) style.colour = `bright-${COLOURS[code - 90]}`;
    else if (ON[code] !== undefined) style.others.add(ON[code]);
    else for (const name of OFF[code] ?? []) style.others.delete(name);
  }
}

/** The first sixteen of the 256 have names; the others have no certain contrast on either ground. */
function indexed(index: number): string {
  if (index < 0 || index > 15) return '';
  return index < 8 ? (COLOURS[index] ?? '') : `bright-${COLOURS[index - 8]}`;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Where the terms stand, one after the other; what two terms share is marked once. */
export function markedRanges(text: string, terms: readonly Term[]): readonly Range[] {
  if (terms.length === 0) return [];
  const found: Range[] = [];
  const low = terms.some(({ ignoreCase }) => ignoreCase) ? text.toLowerCase() : text;
  for (const term of terms) {
    const [where, what] = term.ignoreCase ? [low, term.text.toLowerCase()] : [text, term.text];
    for (let at = where.indexOf(what); at >= 0 && found.length < MARKS_MAX; at = where.indexOf(what, at + what.length)) {
      found.push({ from: at, to: at + what.length });
    }
  }
  found.sort((a, b) => a.from - b.from);
  const joined: { from: number; to: number }[] = [];
  for (const range of found) {
    const last = joined.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else joined.push({ ...range });
  }
  return joined;
}

/** The segments of a line, in order; together they are its text without escapes. */
export function segmentsOf(line: string, terms: readonly Term[]): readonly Segment[] {
  const runs = runsOf(line);
  const marks = markedRanges(runs.length === 1 ? (runs[0]?.text ?? '') : runs.map(({ text }) => text).join(''), terms);
  if (marks.length === 0) return runs.map((run) => ({ ...run, marked: false }));
  const segments: Segment[] = [];
  let start = 0;
  for (const { text, styles } of runs) {
    let at = 0;
    for (const { from, to } of marks) {
      const [a, b] = [Math.max(from - start, at), Math.min(to - start, text.length)];
      if (a >= b) continue;
      if (a > at) segments.push({ text: text.slice(at, a), styles, marked: false });
      segments.push({ text: text.slice(a, b), styles, marked: true });
      at = b;
    }
    if (at < text.length) segments.push({ text: text.slice(at), styles, marked: false });
    start += text.length;
  }
  return segments;
}
