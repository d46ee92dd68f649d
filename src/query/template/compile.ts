// A tree of a template as closures: what each node does is decided once, and an execution only runs it.
//
// The rules (what a name finds, what may be called with what, where an error stands) are those of Go `text/template`, exec.go.

import { quote } from '../scanner.ts';
import type { BranchNode, CommandNode, InvokeNode, OperandNode, PipeNode, TemplateNode, TemplateTree } from './ast.ts';
import { Execution, type MissingKey, type Variables } from './execution.ts';
import {
  isAssignable,
  printParamType,
  type FunctionTable,
  type ParamType,
  type TemplateFunction,
  type TemplateLimits,
} from './function.ts';
import { printNode } from './print.ts';
import { isFunction, isList, isMap, isObject, isTrue, sortedKeys, typeName, type Value } from './value.ts';

export interface CompileOptions {
  readonly functions: FunctionTable;
  readonly missingKey: MissingKey;
  readonly limits: TemplateLimits;
}

/** A template that is ready to be executed, any number of times. */
export interface Template {
  /** The output for a value of `.`. Throws `TemplateError`. */
  execute(data: Value): string;
}

/** What a list of nodes asks of the loop around it. */
type Signal = 'go on' | 'break' | 'continue';
type Run = (execution: Execution) => Signal;
type Evaluate = (execution: Execution) => Value;
/** Evaluates a command; `final` is the value of the one before it. */
type EvaluateCommand = (execution: Execution, final: Value) => Value;
type EvaluateArg = (execution: Execution, type: ParamType) => Value;

/** Makes a template of its tree. */
export function compileTree(tree: TemplateTree, options: CompileOptions): Template {
  const bodies = new Map<string, Run>();
  const compiler = new Compiler(options, bodies);
  for (const [name, list] of tree.definitions) bodies.set(name, compiler.body(list));
  const root = compiler.body(tree.root);
  return {
    execute: (data) => {
      const execution = new Execution(tree, options.limits);
      execution.run(data, () => void root(execution));
      return execution.output;
    },
  };
}

class Compiler {
  readonly #options: CompileOptions;
  readonly #bodies: ReadonlyMap<string, Run>;
  /** The variables that are known where the compiler stands, each at its place in the frame. */
  #names: string[] = [];

  constructor(options: CompileOptions, bodies: ReadonlyMap<string, Run>) {
    this.#options = options;
    this.#bodies = bodies;
  }

  body(list: readonly TemplateNode[]): Run {
    this.#names = ['$'];
    return this.#list(list);
  }

  #list(list: readonly TemplateNode[]): Run {
    const runs = list.map((node) => this.#node(node));
    if (runs.length === 1 && runs[0] !== undefined) return runs[0];
    return (execution) => {
      for (const run of runs) {
        const signal = run(execution);
        if (signal !== 'go on') return signal;
      }
      return 'go on';
    };
  }

  #node(node: TemplateNode): Run {
    switch (node.kind) {
      case 'text': {
        const { text } = node;
        return (execution) => execution.write(text);
      }
      case 'action': {
        const evaluate = this.#pipe(node.pipe);
        if (node.pipe.variables.length > 0) {
          return (execution) => {
            execution.step();
            evaluate(execution);
            return 'go on';
          };
        }
        return (execution) => {
          execution.step();
          return execution.print(evaluate(execution));
        };
      }
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(node);
      case 'template':
        return this.#invoke(node);
      case 'break':
        return () => 'break';
      case 'continue':
        return () => 'continue';
    }
  }

  #branch(node: BranchNode): Run {
    const known = this.#names.length;
    const evaluate = this.#pipe(node.pipe);
    const inner = this.#names.length;
    const list = this.#list(node.list);
    this.#names.length = inner;
    const otherwise = node.elseList === undefined ? undefined : this.#list(node.elseList);
    this.#names.length = known;
    if (node.kind === 'range') return range(evaluate, list, otherwise, { from: known, count: node.pipe.variables.length });
    const setsDot = node.kind === 'with';
    return (execution) => {
      execution.step();
      const value = evaluate(execution);
      if (!isTrue(value)) return otherwise === undefined ? 'go on' : otherwise(execution);
      if (!setsDot) return list(execution);
      const { dot } = execution;
      execution.dot = value;
      const signal = list(execution);
      execution.dot = dot;
      return signal;
    };
  }

  #invoke(node: InvokeNode): Run {
    const evaluate = node.pipe === undefined ? (): Value => undefined : this.#pipe(node.pipe);
    const bodies = this.#bodies;
    return (execution) => {
      execution.at = node;
      const body = bodies.get(node.name);
      if (body === undefined) return execution.fail(`template ${quote(node.name)} not defined`);
      const value = evaluate(execution);
      execution.within(node.name, value, body);
      return 'go on';
    };
  }

  #pipe(node: PipeNode): Evaluate {
    const [first, ...rest] = node.commands.map((command, i) => this.#command(command, i > 0));
    const store = this.#store(node);
    return (execution) => {
      execution.at = node;
      let value = first === undefined ? undefined : first(execution, undefined);
      for (const command of rest) value = command(execution, value);
      // What lies in an empty interface is taken out of it; a nil in it leaves nothing.
      if (value === null) value = undefined;
      store?.(execution.variables, value);
      return value;
    };
  }

  #store(node: PipeNode): ((variables: Variables, value: Value) => void) | undefined {
    if (node.variables.length === 0) return undefined;
    const places = node.variables.map((name) => {
      if (node.isAssignment) return this.#place(name);
      this.#names.push(name);
      return this.#names.length - 1;
    });
    return (variables, value) => {
      for (const place of places) variables[place] = value;
    };
  }

  #place(name: string): number {
    return this.#names.lastIndexOf(name);
  }

  #command(node: CommandNode, hasFinal: boolean): EvaluateCommand {
    const [word, ...rest] = node.args;
    if (word === undefined) return () => undefined;
    const args = rest.map((arg) => this.#arg(arg));
    const hasArgs = hasFinal || args.length > 0;
    switch (word.kind) {
      case 'identifier':
        return this.#call(word.name, word, { node, args, hasFinal });
      case 'field':
      case 'chain':
      case 'variable':
        if (word.fields.length > 0) return this.#chain(word, word.fields, { node: word, args, hasFinal });
        break;
      default:
    }
    const evaluate = this.#operand(word);
    if (!hasArgs && word.kind !== 'nil') {
      return (execution) => {
        if (word.kind !== 'pipe') execution.at = word;
        return evaluate(execution);
      };
    }
    const problem = hasArgs ? `can't give argument to non-function ${printNode(word)}` : 'nil is not a command';
    return (execution) => {
      if (word.kind !== 'pipe') execution.at = word;
      return execution.fail(problem);
    };
  }

  /** The value of an operand that is given no arguments. */
  #operand(node: OperandNode): Evaluate {
    switch (node.kind) {
      case 'dot':
        return (execution) => execution.dot;
      case 'nil':
        return () => undefined;
      case 'bool':
      case 'string': {
        const { value } = node;
        return () => value;
      }
      case 'number': {
        const { ideal } = node;
        return (execution) => {
          execution.at = node;
          return ideal === undefined ? execution.fail(`${node.text} overflows int`) : ideal;
        };
      }
      case 'pipe':
        return this.#pipe(node);
      case 'identifier':
        return withoutFinal(this.#call(node.name, node, { node, args: [], hasFinal: false }));
      case 'chain':
        return withoutFinal(this.#chain(node, node.fields, NO_ARGS(node)));
      case 'field':
        if (node.fields.length === 1) return this.#field(node, node.fields[0] ?? '');
        return withoutFinal(this.#chain(node, node.fields, NO_ARGS(node)));
      case 'variable': {
        if (node.fields.length > 0) return withoutFinal(this.#chain(node, node.fields, NO_ARGS(node)));
        const place = this.#place(node.name);
        return (execution) => execution.variables[place];
      }
    }
  }

  /** `.name`, the most frequent of all operands. */
  #field(node: OperandNode, name: string): Evaluate {
    const { missingKey } = this.#options;
    return (execution) => {
      execution.at = node;
      return member(execution, execution.dot, name, missingKey);
    };
  }

  #chain(node: OperandNode, fields: readonly string[], call: Call): EvaluateCommand {
    const { missingKey } = this.#options;
    const head = this.#head(node);
    const path = fields.slice(0, -1);
    const last = fields.at(-1) ?? '';
    const hasArgs = call.hasFinal || call.args.length > 0;
    return (execution, final) => {
      execution.at = node;
      let receiver = head(execution);
      for (const field of path) receiver = member(execution, receiver, field, missingKey);
      execution.at = node;
      if (!hasArgs) return member(execution, receiver, last, missingKey);
      const method = methodOf(receiver, last);
      if (method !== undefined) return apply(execution, { ...call, name: last, fn: method }, final);
      if (isMap(receiver)) return execution.fail(`${last} is not a method but has arguments`);
      member(execution, receiver, last, missingKey);
      return execution.fail(`${last} has arguments but cannot be invoked as function`);
    };
  }

  #head(node: OperandNode): Evaluate {
    if (node.kind === 'field') return (execution) => execution.dot;
    if (node.kind === 'chain') return this.#operand(node.operand);
    if (node.kind !== 'variable') return this.#operand(node);
    const place = this.#place(node.name);
    return (execution) => execution.variables[place];
  }

  #call(name: string, word: OperandNode, call: Call): EvaluateCommand {
    const fn = this.#options.functions.get(name);
    if (name === 'and' || name === 'or') return logic(name, word, call);
    const named = fn === undefined ? undefined : { ...call, name, fn };
    return (execution, final) => {
      execution.at = word;
      return named === undefined ? execution.fail(`${quote(name)} is not a defined function`) : apply(execution, named, final);
    };
  }

  #arg(node: OperandNode): EvaluateArg {
    if (node.kind === 'bool' || node.kind === 'string' || node.kind === 'number') return literal(node);
    if (node.kind === 'nil') {
      return (execution, type) => {
        execution.at = node;
        return type === 'any' ? null : execution.fail(`cannot assign nil to ${printParamType(type)}`);
      };
    }
    const evaluate = this.#operand(node);
    return (execution, type) => {
      execution.at = node;
      return validated(execution, evaluate(execution), type);
    };
  }
}

/** A call as it is written: its node for errors, its arguments, and whether the value of the command before it is the last one. */
interface Call {
  readonly node: OperandNode | CommandNode;
  readonly args: readonly EvaluateArg[];
  readonly hasFinal: boolean;
}

const NO_ARGS = (node: OperandNode): Call => ({ node, args: [], hasFinal: false });

function withoutFinal(evaluate: EvaluateCommand): Evaluate {
  return (execution) => evaluate(execution, undefined);
}

function range(evaluate: Evaluate, list: Run, otherwise: Run | undefined, declared: { from: number; count: number }): Run {
  const { from, count } = declared;
  return (execution) => {
    execution.step();
    const value = evaluate(execution);
    const { dot, at } = execution;
    let isEmpty = true;
    let signal: Signal = 'go on';
    for (const [key, element] of iterate(execution, value)) {
      isEmpty = false;
      execution.step();
      execution.dot = element;
      if (count === 1) execution.variables[from] = element;
      if (count === 2) execution.variables[from] = key;
      if (count === 2) execution.variables[from + 1] = element;
      signal = list(execution);
      if (signal === 'break') break;
    }
    execution.dot = dot;
    execution.at = at;
    return isEmpty && otherwise !== undefined ? otherwise(execution) : 'go on';
  };
}

function* iterate(execution: Execution, value: Value): Generator<readonly [Value, Value]> {
  if (isList(value)) {
    for (const [i, element] of value.entries()) yield [BigInt(i), element ?? undefined];
  } else if (isMap(value)) {
    for (const key of sortedKeys(value)) yield [key, value.get(key) ?? undefined];
  } else if (typeof value === 'bigint') {
    for (let i = 0n; i < value; i++) yield [i, i];
  } else if (value !== undefined && value !== null) {
    execution.fail(`range can't iterate over ${execution.printed(value)}`);
  }
}

/** `and` and `or` stop at the first argument that decides. */
function logic(name: 'and' | 'or', word: OperandNode, { args, hasFinal }: Call): EvaluateCommand {
  const decides = name === 'or';
  return (execution, final) => {
    execution.at = word;
    execution.step();
    if (args.length === 0 && !hasFinal) return execution.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value;
    for (const arg of args) {
      value = arg(execution, 'any');
      if (isTrue(value) === decides) return value;
    }
    return hasFinal ? validated(execution, final, 'any') : value;
  };
}

function literal(node: OperandNode & { readonly kind: 'bool' | 'string' | 'number' }): EvaluateArg {
  return (execution, type) => {
    execution.at = node;
    if (node.kind !== 'number') {
      if (type === 'any' || type === (node.kind === 'bool' ? 'bool' : 'string')) return node.value;
    } else {
      if (type === 'any') return node.ideal ?? execution.fail(`${node.text} overflows int`);
      if (type === 'int' && node.int !== undefined) return node.int;
      if (type === 'float64' && node.float !== undefined) return node.float;
    }
    if (type === 'time.Time') return execution.fail(`can't handle ${printNode(node)} for arg of type ${type}`);
    const expected = { any: 'value', string: 'string', int: 'integer', float64: 'float', bool: 'bool' }[type];
    return execution.fail(`expected ${expected}; found ${printNode(node)}`);
  };
}

function validated(execution: Execution, value: Value, type: ParamType): Value {
  if (value === undefined || value === null) {
    return type === 'any' ? null : execution.fail(`invalid value; expected ${printParamType(type)}`);
  }
  if (isAssignable(value, type)) return value;
  return execution.fail(`wrong type for value; expected ${printParamType(type)}; got ${typeName(value)}`);
}

function apply(execution: Execution, call: Call & { readonly name: string; readonly fn: TemplateFunction }, final: Value): Value {
  const { name, fn, args, hasFinal } = call;
  execution.step();
  const count = args.length + (hasFinal ? 1 : 0);
  const { length } = fn.params;
  if (fn.rest === undefined ? count !== length : count < length) {
    const wanted = fn.rest === undefined ? `${length} got ${count}` : `at least ${length} got ${args.length}`;
    execution.fail(`wrong number of args for ${name}: want ${wanted}`);
  }
  const values = args.map((arg, i) => arg(execution, fn.params[i] ?? fn.rest ?? 'any'));
  if (hasFinal) values.push(validated(execution, final, fn.params[count - 1] ?? fn.rest ?? 'any'));
  return execution.call(name, call.node, fn, values);
}

function methodOf(receiver: Value, name: string): TemplateFunction | undefined {
  if (isMap(receiver)) return receiver.methods?.get(name);
  const found = isObject(receiver) ? receiver.member(name) : undefined;
  return isFunction(found) ? found : undefined;
}

/** The field, key or method result that a name finds in a value. */
function member(execution: Execution, receiver: Value, name: string, missingKey: MissingKey): Value {
  if (receiver === undefined || receiver === null) {
    return missingKey === 'error' ? execution.fail(`nil data; no entry for key ${quote(name)}`) : undefined;
  }
  const method = methodOf(receiver, name);
  if (method !== undefined) {
    const { at } = execution;
    return apply(execution, { node: callNode(at), args: [], hasFinal: false, name, fn: method }, undefined);
  }
  if (isMap(receiver)) {
    const value = receiver.get(name);
    if (value !== undefined) return value;
    if (missingKey === 'error' && !receiver.has(name)) return execution.fail(`map has no entry for key ${quote(name)}`);
    return missingKey === 'zero' ? receiver.zero : undefined;
  }
  const found = isObject(receiver) ? receiver.member(name) : undefined;
  if (found !== undefined) return found;
  return execution.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
}

function callNode(at: Execution['at']): OperandNode | CommandNode {
  return at.kind === 'template' ? { kind: 'dot', at: at.at } : at;
}
