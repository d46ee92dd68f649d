// Operands and pipelines as text again: what an error of the evaluation shows between `<` and `>`. Source: Go `text/template/parse`, node.go.

import type { CommandNode, InvokeNode, OperandNode, PipeNode } from './ast.ts';

export type PrintedNode = OperandNode | PipeNode | CommandNode | InvokeNode;

/** A node as Go's `String()` writes it. */
export function printNode(node: PrintedNode): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'number':
      return node.text;
    case 'field':
      return printFields(node.fields);
    case 'variable':
      return node.name + printFields(node.fields);
    case 'identifier':
      return node.name;
    case 'chain':
      return (node.operand.kind === 'pipe' ? `(${printNode(node.operand)})` : printNode(node.operand)) + printFields(node.fields);
    case 'pipe': {
      const declared = node.variables.length === 0 ? '' : `${node.variables.join(', ')} ${node.isAssignment ? '=' : ':='} `;
      return declared + node.commands.map(printNode).join(' | ');
    }
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${printNode(arg)})` : printNode(arg))).join(' ');
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`;
  }
}

function printFields(fields: readonly string[]): string {
  return fields.map((field) => `.${field}`).join('');
}
