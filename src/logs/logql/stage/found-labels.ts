// How parsing stages put what they find onto a line: names made fit, clashes renamed, what nobody looks at passed over.

import type { Line } from '../pipeline.ts';
import { DUPLICATE_SUFFIX, PRESERVE_ERROR_LABEL } from '../line-labels.ts';
import type { FoundName, LineLabels } from '../line-labels.ts';
import type { ParserHints } from './parser-hints.ts';

export const JSON_ERROR = 'JSONParserErr';
export const LOGFMT_ERROR = 'LogfmtParserErr';

export class FoundLabels {
  readonly hints: ParserHints;

  constructor(hints: ParserHints) {
    this.hints = hints;
  }

  /** Adds a label, unless nobody wants it or an earlier one has its name; true where it did. */
  add(labels: LineLabels, name: FoundName, value: string): boolean {
    const free = this.freeName(labels, name);
    if (free === undefined) return false;
    labels.addFound(free, value);
    return true;
  }

  /** The name under which a label would be added; undefined where it would not. */
  freeName(labels: LineLabels, name: FoundName): string | undefined {
    if (!this.hints.wants(name.name) && !this.hints.wants(name.duplicate)) return undefined;
    const free = labels.freeName(name);
    return free !== undefined && this.hints.wants(free) ? free : undefined;
  }

  /** Sets a label that the query names itself: it is wanted, and the last value counts. */
  set(labels: LineLabels, name: string, value: string): void {
    labels.set('parsed', labels.clashes(name) ? name + DUPLICATE_SUFFIX : name, value);
  }

  /** True where the line need not be parsed (further). */
  isSatisfied(labels: LineLabels): boolean {
    return this.hints.isSatisfied(labels);
  }

  /** The error of a parsing stage. */
  fail({ labels }: Line, error: string, details?: string): void {
    labels.setError(error, details);
    if (this.hints.preservesErrors) labels.set('parsed', PRESERVE_ERROR_LABEL, 'true');
  }
}

/** A value as a label holds it: what was no UTF-8 becomes a space. */
export function withoutReplacements(value: string): string {
  return value.includes('\uFFFD') ? value.replaceAll('\uFFFD', ' ') : value;
}
