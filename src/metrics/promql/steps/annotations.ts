// Warnings and infos of an evaluation: values beside its result, each with the place in the query that it is about.
//
// Source: Prometheus 3.14, the annotations of PromQL. What is told of several places is told once, of the first.

import type { Position } from '../ast.ts';

export type AnnotationKind = 'warning' | 'info';

/** Answers list so many of each kind; how many more there were is said in one line. */
const SHOWN_MAX = 10;

export class Annotations {
  readonly #query: string;
  /** Where each message was told first. */
  readonly #lines: Readonly<Record<AnnotationKind, Map<string, number>>> = { warning: new Map(), info: new Map() };

  /** `query` is the text that positions refer to. */
  constructor(query: string) {
    this.#query = query;
  }

  /** Adds a warning: the result may not be what was meant. */
  warn(message: string, at: Position): void {
    this.#add('warning', message, at);
  }

  /** Adds an info: the result is right, the query may be improved. */
  info(message: string, at: Position): void {
    this.#add('info', message, at);
  }

  /** The lines of one kind in the order in which they came, as the HTTP API shows them. */
  lines(kind: AnnotationKind): readonly string[] {
    const all = Array.from(this.#lines[kind], ([message, from]) => `PromQL ${kind}: ${message} (${lineAndColumn(this.#query, from)})`);
    if (all.length <= SHOWN_MAX) return all;
    return [...all.slice(0, SHOWN_MAX), `${all.length - SHOWN_MAX} more ${kind} annotations omitted`];
  }

  #add(kind: AnnotationKind, message: string, { from }: Position): void {
    if (!this.#lines[kind].has(message)) this.#lines[kind].set(message, from);
  }
}

/** `line:column` of an offset, both from 1, the column in bytes of UTF-8 as Prometheus counts. */
function lineAndColumn(query: string, from: number): string {
  const before = query.slice(0, from);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (const character of before) if (character === '\n') line++;
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`;
}
