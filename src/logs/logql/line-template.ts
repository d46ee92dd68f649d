// Templates of `line_format` and `label_format`: Go's, over the labels of a line.
//
//   text ─▶ tree ─┬─ labels and texts only ─▶ a concatenation
//                 └─ anything else ─────────▶ the template engine, over a view of the labels

import { RequestError } from '../../base/request-error.ts';
import type { TemplateNode, TemplateTree } from '../../query/template/ast.ts';
import { BUILTINS } from '../../query/template/builtins.ts';
import { compileTree } from '../../query/template/compile.ts';
import { goFunction, type FunctionTable, type TemplateFunction, type TemplateLimits } from '../../query/template/function.ts';
import { GoTime } from '../../query/template/go-time.ts';
import { parseTemplate } from '../../query/template/parse.ts';
import { TemplateSyntaxError } from '../../query/template/template-error.ts';
import type { GoMap } from '../../query/template/value.ts';
import { NUMBER_FUNCTIONS } from './template/number-functions.ts';
import { TEXT_FUNCTIONS } from './template/text-functions.ts';
import { timeFunctions } from './template/time-functions.ts';

/** What a template sees of a line. */
export interface TemplateLine {
  /** Nanoseconds since the epoch. */
  readonly tsNs: bigint;
  readonly text: string;
  readonly labels: {
    get(name: string): string | undefined;
    /** Names and values in turn, sorted by name. */
    labels(): readonly string[];
  };
}

export interface LineTemplate {
  /** The text for a line. Throws `TemplateError`. */
  render(line: TemplateLine): string;
}

/** What the template makes. Without a label: of lines. */
export interface LineTemplateOptions {
  /** The label that a `label_format` sets; errors name it. */
  readonly label?: string;
  readonly nowMs?: () => number;
}

/** A line that a template makes may be as long as any line. */
const LIMITS: TemplateLimits = { lengthMax: 1024 * 1024, stepsMax: 100_000, depthMax: 100 };

const STATIC_FUNCTIONS: readonly (readonly [string, TemplateFunction])[] = [...BUILTINS, ...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS];

/** A template of its text. Throws `RequestError('bad_data', …)` for what is no template, or names a function that there is not. */
export function compileLineTemplate(text: string, { label, nowMs = Date.now }: LineTemplateOptions = {}): LineTemplate {
  const view = new LineView();
  const functions: FunctionTable = new Map([...STATIC_FUNCTIONS, ...timeFunctions(nowMs), ...view.functions()]);
  const tree = parseOrRefuse(text, functions, label);
  const parts = concatenation(tree);
  if (parts !== undefined) return { render: (line) => concatenated(parts, line) };
  const template = compileTree(tree, { functions, missingKey: 'zero', limits: LIMITS });
  return {
    render: (line) => {
      view.line = line;
      return template.execute(view);
    },
  };
}

function parseOrRefuse(text: string, functions: FunctionTable, label: string | undefined): TemplateTree {
  try {
    return parseTemplate(text, { name: label === undefined ? 'line' : 'label', hasFunction: (name) => functions.has(name) });
  } catch (cause) {
    if (!(cause instanceof TemplateSyntaxError)) throw cause;
    const what = label === undefined ? 'invalid line template' : `invalid template for label '${label}'`;
    throw new RequestError('bad_data', `${what}: ${cause.message}`, { cause });
  }
}

const NO_LINE: TemplateLine = { tsNs: 0n, text: '', labels: { get: () => undefined, labels: () => [] } };

/** The labels of the line that is rendered, as the template's `.`. */
class LineView implements GoMap {
  readonly kind = 'map';
  readonly typeName = 'map[string]string';
  readonly zero = '';
  line = NO_LINE;

  get(name: string): string | undefined {
    return this.line.labels.get(name);
  }

  has(name: string): boolean {
    return this.line.labels.get(name) !== undefined;
  }

  get size(): number {
    return this.line.labels.labels().length / 2;
  }

  keys(): readonly string[] {
    return this.line.labels.labels().filter((_, i) => i % 2 === 0);
  }

  functions(): readonly (readonly [string, TemplateFunction])[] {
    return [
      ['__line__', goFunction('', () => this.line.text)],
      ['__timestamp__', goFunction('', () => GoTime.ofNs(this.line.tsNs))],
    ];
  }
}

/** What a simple template puts together: texts, values of labels, the line. */
type Part = { readonly kind: 'text' | 'label'; readonly text: string } | { readonly kind: 'line' };

/** The parts of a template that only puts texts together, or undefined. */
function concatenation({ root }: TemplateTree): readonly Part[] | undefined {
  const parts = root.map(partOf);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(node: TemplateNode): Part | undefined {
  if (node.kind === 'text') return { kind: 'text', text: node.text };
  if (node.kind !== 'action' || node.pipe.variables.length > 0) return undefined;
  const [command, ...further] = node.pipe.commands;
  const [operand, ...args] = command?.args ?? [];
  if (operand === undefined || further.length > 0 || args.length > 0) return undefined;
  const [name, ...path] = operand.kind === 'field' ? operand.fields : [];
  if (name !== undefined && path.length === 0) return { kind: 'label', text: name };
  return operand.kind === 'identifier' && operand.name === '__line__' ? { kind: 'line' } : undefined;
}

function concatenated(parts: readonly Part[], line: TemplateLine): string {
  let out = '';
  for (const part of parts) out += part.kind === 'text' ? part.text : part.kind === 'line' ? line.text : (line.labels.get(part.text) ?? '');
  return out;
}
