// Warnings and infos of an evaluation: values beside its result, each with the place in the query that it is about.
//
// Source: Prometheus 3.14, the annotations of PromQL. The same annotation at the same place is told once.

import type { Position } from './ast.ts';

export type AnnotationKind = 'warning' | 'info';

/** Answers list so many of each kind; how many more there were is said in one line. */
const SHOWN_MAX = 10;

export class Annotations {
  readonly #query: string;
  readonly #lines: Readonly<Record<AnnotationKind, Set<string>>> = { warning: new Set(), info: new Set() };

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
    const all = [...this.#lines[kind]];
    if (all.length <= SHOWN_MAX) return all;
    return [...all.slice(0, SHOWN_MAX), `${all.length - SHOWN_MAX} more ${kind} annotations omitted`];
  }

  #add(kind: AnnotationKind, message: string, { from }: Position): void {
    this.#lines[kind].add(`PromQL ${kind}: ${message} (${lineAndColumn(this.#query, from)})`);
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
