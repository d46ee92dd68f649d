// Go's Sprint, Sprintln and Sprintf. Source: Go `fmt/print.go`.

import { NO_FLAGS, type Flags } from './fmt-number.ts';
import { formatValue, printType } from './fmt-verb.ts';
import { checkLength, type TemplateLimits } from './function.ts';
import { isList, isMap, type Value } from './value.ts';

/** The values, with blanks between those that are no strings. */
export function sprint(values: readonly Value[], limits: TemplateLimits): string {
  let out = '';
  for (const [i, value] of values.entries()) {
    if (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string') out += ' ';
    out += formatValue(value, 'v', NO_FLAGS);
    checkLength(out.length, limits);
  }
  return out;
}

/** The values with blanks between, and a newline. */
export function sprintln(values: readonly Value[], limits: TemplateLimits): string {
  let out = '';
  for (const [i, value] of values.entries()) {
    out += (i > 0 ? ' ' : '') + formatValue(value, 'v', NO_FLAGS);
    checkLength(out.length, limits);
  }
  return `${out}\n`;
}

/** The values as a format asks. */
export function sprintf(format: string, values: readonly Value[], limits: TemplateLimits): string {
  return new Formatter(format, values, limits).format();
}

/** Widths and precisions beyond it are refused. Source: `fmt.tooLarge`. */
const WIDTH_MAX = 1_000_000;

interface Directive {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

class Formatter {
  readonly #format: string;
  readonly #values: readonly Value[];
  readonly #limits: TemplateLimits;
  #out = '';
  #at = 0;
  #argument = 0;
  #reordered = false;
  #goodIndex = true;
  #afterIndex = false;

  constructor(format: string, values: readonly Value[], limits: TemplateLimits) {
    this.#format = format;
    this.#values = values;
    this.#limits = limits;
  }

  format(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at);
      const end = percent < 0 ? format.length : percent;
      this.#out += format.slice(this.#at, end);
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#directive();
      checkLength(this.#out.length, this.#limits);
    }
    if (!this.#reordered && this.#argument < this.#values.length) this.#extra();
    return this.#out;
  }

  #extra(): void {
    const extra = this.#values.slice(this.#argument).map((value) => {
      return value === null || value === undefined ? '<nil>' : `${printType(value)}=${formatValue(value, 'v', NO_FLAGS)}`;
    });
    this.#out += `%!(EXTRA ${extra.join(', ')})`;
  }

  #directive(): void {
    this.#goodIndex = true;
    this.#afterIndex = false;
    const flags = this.#flags();
    this.#index();
    this.#width(flags);
    this.#precision(flags);
    if (!this.#afterIndex) this.#index();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#out += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    const leaves = leafCount(this.#values[this.#argument]);
    checkLength(leaves * Math.max(flags.width ?? 0, flags.precision ?? 0), this.#limits);
    if (verb === '%') this.#out += '%';
    else if (!this.#goodIndex) this.#out += `%!${verb}(BADINDEX)`;
    else if (this.#argument >= this.#values.length) this.#out += `%!${verb}(MISSING)`;
    else this.#out += formatValue(this.#values[this.#argument++], verb, settled(flags));
  }

  #flags(): Directive {
    const flags: Directive = { plus: false, minus: false, sharp: false, space: false, zero: false, width: undefined, precision: undefined };
    for (; ; this.#at++) {
      const char = this.#format[this.#at];
      if (char === '+') flags.plus = true;
      else if (char === '-') flags.minus = true;
      else if (char === '#') flags.sharp = true;
      else if (char === ' ') flags.space = true;
      else if (char === '0') flags.zero = true;
      else return flags;
    }
  }

  #width(flags: Directive): void {
    if (this.#format[this.#at] === '*') {
      this.#at++;
      const width = this.#star();
      if (width === undefined) this.#out += '%!(BADWIDTH)';
      else if (width < 0) {
        flags.minus = true;
        flags.width = -width;
      } else flags.width = width;
      this.#afterIndex = false;
      return;
    }
    flags.width = this.#digits();
    if (this.#afterIndex && flags.width !== undefined) this.#goodIndex = false; // `%[3]2d`
  }

  #precision(flags: Directive): void {
    if (this.#format[this.#at] !== '.') return;
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false; // `%[3].2d`
    this.#index();
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#digits() ?? 0;
      return;
    }
    this.#at++;
    const precision = this.#star();
    if (precision === undefined) this.#out += '%!(BADPREC)';
    else if (precision >= 0) flags.precision = precision;
    else this.#out += '%!(BADPREC)';
    this.#afterIndex = false;
  }

  #digits(): number | undefined {
    const digits = /[0-9]*/y;
    digits.lastIndex = this.#at;
    const text = digits.exec(this.#format)?.[0] ?? '';
    if (text === '' || Number(text) > WIDTH_MAX) return undefined;
    this.#at += text.length;
    return Number(text);
  }

  #star(): number | undefined {
    const value = this.#values[this.#argument];
    if (this.#argument < this.#values.length) this.#argument++;
    if (typeof value !== 'bigint') return undefined;
    const number = Number(value);
    return Math.abs(number) > WIDTH_MAX ? undefined : number;
  }

  /** `[3]`, which chooses the argument. */
  #index(): void {
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    if (close < 0) {
      this.#goodIndex = false;
      this.#at++;
      return;
    }
    const text = this.#format.slice(this.#at + 1, close);
    const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
    this.#at = close + 1;
    this.#afterIndex = true;
    if (number < 1 || number > this.#values.length) this.#goodIndex = false;
    else this.#argument = number - 1;
  }
}

/** How many values a directive formats: those in lists and maps, each with its width. */
function leafCount(value: Value): number {
  if (isList(value)) return value.reduce((count: number, item) => count + leafCount(item), 1);
  if (!isMap(value)) return 1;
  let count = 1;
  for (const key of value.keys()) count += 1 + leafCount(value.get(key));
  return count;
}

function settled(flags: Directive): Flags {
  // Zeros are filled in on the left only.
  return flags.minus && flags.zero ? { ...flags, zero: false } : flags;
}
