// A line as words and what stands between them, so that every gap of a pattern ends where the text behind it begins.
//
//   level=info msg="took 5ms" ──▶ words  info, took, 5ms   separators  ⟨level=⟩ ⟨ msg="⟩ ⟨ ⟩ ⟨"⟩
//
// The filter `|>` looks for the first place of the text behind a gap. No word holds a separator, and the text behind a gap begins with one: so
// the first place is the right one, and a pattern matches every line that it was made of. (A colon separates only beside another separator.)
// Keys of logfmt and JSON are part of the separators: lines with other keys are other lines.

/** Occurs in no word: it is a separator itself. */
export const WORD = '\u0000';

/** How far a line is taken apart: every word; quoted texts as a whole; or only its beginning. */
export type Detail = 'words' | 'quotes' | 'start';

const START_WORDS = 3;
/** Words beyond are one gap. */
const WORDS_MAX = 64;
const KEY_LENGTH_MAX = 48;

const HARD = 1;
const COLON = 2;
const QUOTE = 34;
const BACKSLASH = 92;

const CLASSES = classes();

function classes(): Uint8Array {
  const result = new Uint8Array(128);
  for (const char of ' \t\r\n\v\f=,;()[]{}"\'<>|&?\u0000') result[char.charCodeAt(0)] = HARD;
  result[58] = COLON;
  return result;
}

/** Where the words of a line stand. One object serves all lines, so that counting a line that is like others makes nothing new. */
export class LineScan {
  line = '';
  /** How many words there are; word `i` is `line[starts[i]…ends[i])`. */
  count = 0;
  readonly starts = new Int32Array(WORDS_MAX + 1);
  readonly ends = new Int32Array(WORDS_MAX + 1);
  /** Of what stands between the words. */
  hash = 0;

  /**
   * Takes a line apart.
   *
   * hot: every line of a range goes through here; one loop over its characters, without texts that are made on the way.
   */
  scan(line: string, detail: Detail): void {
    const wordsMax = detail === 'start' ? START_WORDS : WORDS_MAX;
    const { length } = line;
    let count = 0;
    let hash = 0;
    let at = 0;
    while (at < length) {
      const code = line.charCodeAt(at);
      if (isSeparator(line, at, code)) {
        hash = (Math.imul(hash, 31) + code) | 0;
        at++;
        if (code !== QUOTE || detail !== 'quotes') continue;
        const close = quotedEnd(line, at);
        if (close <= at || count === wordsMax || isKeyEnd(line, close)) continue;
        this.starts[count] = at;
        this.ends[count++] = close;
        hash = (Math.imul(Math.imul(hash, 31), 31) + QUOTE) | 0;
        at = close + 1;
        continue;
      }
      const from = at++;
      while (at < length && !isSeparator(line, at, line.charCodeAt(at))) at++;
      if (at - from <= KEY_LENGTH_MAX && isKeyEnd(line, at)) {
        for (let i = from; i < at; i++) hash = (Math.imul(hash, 31) + line.charCodeAt(i)) | 0;
        continue;
      }
      // The last word is the rest of the line, whatever it is.
      if (count === wordsMax) at = length;
      this.starts[count] = from;
      this.ends[count++] = at;
      hash = Math.imul(hash, 31);
    }
    this.line = line;
    this.count = count;
    this.hash = hash;
  }

  word(index: number): string {
    return this.line.slice(this.starts[index], this.ends[index]);
  }

  /** Characters between the words. */
  get separatorsLength(): number {
    let length = this.line.length;
    for (let i = 0; i < this.count; i++) length -= (this.ends[i] ?? 0) - (this.starts[i] ?? 0);
    return length;
  }

  /** What stands between the words, from before the first to behind the last: what lines of one pattern share. */
  separators(): readonly string[] {
    const parts: string[] = [];
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      parts.push(this.line.slice(at, this.starts[i]));
      at = this.ends[i] ?? 0;
    }
    parts.push(this.line.slice(at));
    return parts;
  }

  /** True where these are the line's separators. */
  hasSeparators(parts: readonly string[]): boolean {
    const { line, count, starts, ends } = this;
    if (parts.length !== count + 1) return false;
    let at = 0;
    for (let i = 0; i <= count; i++) {
      const part = parts[i] ?? '';
      const end = i === count ? line.length : (starts[i] ?? 0);
      if (part.length !== end - at || !line.startsWith(part, at)) return false;
      at = ends[i] ?? 0;
    }
    return true;
  }

  /** True where word `index` is this one. */
  hasWord(index: number, word: string): boolean {
    const start = this.starts[index] ?? 0;
    return word.length === (this.ends[index] ?? 0) - start && this.line.startsWith(word, start);
  }

  /** True for a word that is as good as surely another one in the next line: it holds a digit, or a blank and so is a whole text. */
  looksVariable(index: number): boolean {
    return isVariable(this.line, this.starts[index] ?? 0, this.ends[index] ?? 0);
  }
}

function isSeparator(line: string, at: number, code: number): boolean {
  const kind = code < 128 ? CLASSES[code] : 0;
  if (kind !== COLON) return kind === HARD;
  return isHard(line, at - 1) || isHard(line, at + 1);
}

function isHard(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code < 128 && CLASSES[code] === HARD;
}

/** The closing quotation mark of a text without escapes, or -1. */
function quotedEnd(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) return -1;
  }
  return -1;
}

/** True where a key ends: `=` of logfmt, `":` of JSON. */
function isKeyEnd(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 61 || (code === QUOTE && line.charCodeAt(at + 1) === 58);
}

export function isVariable(text: string, from = 0, to = text.length): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if ((code >= 48 && code <= 57) || code === 32) return true;
  }
  return false;
}
