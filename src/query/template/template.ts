// Go's text/template: the languages' own templates (`line_format`) and those of alerts are evaluated by it.
//
//   text ─▶ lex.ts, parse.ts ─▶ tree ─▶ compile.ts ─▶ closures ─▶ execution.ts: output within limits

import { BUILTINS } from './builtins.ts';
import { compileTree, type Template } from './compile.ts';
import type { MissingKey } from './execution.ts';
import type { FunctionTable, TemplateLimits } from './function.ts';
import { parseTemplate } from './parse.ts';

export interface TemplateOptions {
  /** The template's name, which errors give. */
  readonly name: string;
  /** Functions besides the built-in ones. */
  readonly functions: FunctionTable;
  readonly missingKey: MissingKey;
  readonly limits: TemplateLimits;
}

/** A template of its text. Throws `TemplateSyntaxError`. */
export function compileTemplate(text: string, options: TemplateOptions): Template {
  const functions = new Map([...BUILTINS, ...options.functions]);
  const tree = parseTemplate(text, { name: options.name, hasFunction: (name) => functions.has(name) });
  return compileTree(tree, { functions, missingKey: options.missingKey, limits: options.limits });
}
