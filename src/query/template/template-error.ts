// What can go wrong with a template: its text cannot be read, or its evaluation stops. Both say it in the words of Go's text/template.

import { lineColumn } from '../scanner.ts';

/** A text that is no template: `template: line:1: unexpected "}" in operand`. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';
  /** Where in the text, in UTF-16 units. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** An evaluation that stopped: `template: line:1:2: executing "line" at <.foo>: foo is not a method but has arguments`. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** What a function throws when it cannot do what it was asked; the evaluation says which call it was. */
export class TemplateCallError extends Error {
  override readonly name = 'TemplateCallError';
}

/** Where an error stands, as Go counts: the line from 1, the column in bytes from 0. */
export function placeOf(text: string, at: number): string {
  const { line, column } = lineColumn(text, at);
  return `${line}:${column - 1}`;
}
