// One execution of a template: its output, its variables, where it stands, and what it has cost so far.

import { quote } from '../scanner.ts';
import type { TemplateTree } from './ast.ts';
import { sprint } from './fmt.ts';
import type { TemplateFunction, TemplateLimits } from './function.ts';
import { printNode, type PrintedNode } from './print.ts';
import { placeOf, TemplateCallError, TemplateError } from './template-error.ts';
import type { Value } from './value.ts';

/** What a key that a map has not stands for: no value, the zero of its type, or an error. */
export type MissingKey = 'default' | 'zero' | 'error';

/** The variables of one template, each at its place; `$` at 0. */
export type Variables = Value[];

export class Execution {
  output = '';
  dot: Value;
  variables: Variables = [];
  /** What is evaluated, for errors. */
  at: PrintedNode = { kind: 'dot', at: 0 };
  readonly #tree: TemplateTree;
  readonly #limits: TemplateLimits;
  /** The template that is executed, for errors. */
  #name: string;
  #steps = 0;
  #depth = 0;

  constructor(tree: TemplateTree, limits: TemplateLimits) {
    this.#tree = tree;
    this.#limits = limits;
    this.#name = tree.name;
  }

  /** Runs the main template over a value. */
  run(data: Value, body: () => void): void {
    this.dot = data;
    this.variables = [data];
    try {
      body();
    } catch (cause) {
      // Templates that call themselves within blocks and pipelines can use up the stack before their depth is reached.
      if (cause instanceof RangeError) this.fail(`exceeded the stack: ${cause.message}`);
      throw cause;
    }
  }

  /** Runs another template, which sees none of this one's variables. */
  within(name: string, value: Value, body: (execution: Execution) => unknown): void {
    if (this.#depth >= this.#limits.depthMax) this.fail(`exceeded maximum template depth (${this.#limits.depthMax})`);
    this.step();
    const { dot, variables } = this;
    const outer = this.#name;
    this.#depth++;
    this.#name = name;
    this.dot = value;
    this.variables = [value];
    body(this);
    this.#depth--;
    this.#name = outer;
    this.dot = dot;
    this.variables = variables;
  }

  step(): void {
    if (++this.#steps > this.#limits.stepsMax) this.fail(`more than ${this.#limits.stepsMax} steps`);
  }

  write(text: string): 'go on' {
    this.output += text;
    if (this.output.length > this.#limits.lengthMax) this.fail(`output of more than ${this.#limits.lengthMax} characters`);
    return 'go on';
  }

  print(value: Value): 'go on' {
    if (typeof value === 'string') return this.write(value);
    return this.write(this.printed(value));
  }

  /** A value as the template would print it. */
  printed(value: Value): string {
    return value === undefined || value === null ? '<no value>' : this.#guarded(() => sprint([value], this.#limits));
  }

  call(name: string, node: PrintedNode, fn: TemplateFunction, args: readonly Value[]): Value {
    try {
      const value = fn.call(args, this.#limits);
      if (typeof value !== 'string' || value.length <= this.#limits.lengthMax) return value;
      throw new TemplateCallError(`result of ${value.length} characters, ${this.#limits.lengthMax} at most`);
    } catch (cause) {
      if (!(cause instanceof TemplateCallError)) throw cause;
      this.at = node;
      return this.fail(`error calling ${name}: ${cause.message}`, cause);
    }
  }

  #guarded(print: () => string): string {
    try {
      return print();
    } catch (cause) {
      if (cause instanceof TemplateCallError) this.fail(cause.message, cause);
      throw cause;
    }
  }

  /** Stops the execution with an error where it stands. */
  fail(message: string, cause?: unknown): never {
    const place = `${this.#tree.name}:${placeOf(this.#tree.text, this.at.at)}`;
    throw new TemplateError(`template: ${place}: executing ${quote(this.#name)} at <${printNode(this.at)}>: ${message}`, { cause });
  }
}
