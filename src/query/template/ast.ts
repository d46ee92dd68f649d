// A template as a tree. Source: Go `text/template/parse`.
//
//   lex.ts ─(tokens)─▶ parse.ts ─(tree)─▶ compile.ts ─(closures)─▶ output

/** `at` is where the node begins in the text, in UTF-16 units. */
interface Placed {
  readonly at: number;
}

export interface TextNode extends Placed {
  readonly kind: 'text';
  readonly text: string;
}

export interface ActionNode extends Placed {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}

/** `if`, `with` and `range` alike. */
export interface BranchNode extends Placed {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: readonly TemplateNode[];
  readonly elseList: readonly TemplateNode[] | undefined;
}

export interface InvokeNode extends Placed {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}

export interface JumpNode extends Placed {
  readonly kind: 'break' | 'continue';
}

export type TemplateNode = TextNode | ActionNode | BranchNode | InvokeNode | JumpNode;

/** `$i, $x := command | command`. */
export interface PipeNode extends Placed {
  readonly kind: 'pipe';
  readonly variables: readonly string[];
  /** `=` rather than `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}

export interface CommandNode extends Placed {
  readonly kind: 'command';
  readonly args: readonly OperandNode[];
}

export interface NumberNode extends Placed {
  readonly kind: 'number';
  readonly text: string;
  /** What the literal is as an integer, where it can be one. */
  readonly int: bigint | undefined;
  /** What it is as a float; undefined for a complex number. */
  readonly float: number | undefined;
  /** What it is where nothing says which of them is meant; undefined where it fits into no type. */
  readonly ideal: bigint | number | undefined;
}

export type OperandNode =
  | ({ readonly kind: 'dot' } & Placed)
  | ({ readonly kind: 'nil' } & Placed)
  | ({ readonly kind: 'bool'; readonly value: boolean } & Placed)
  | ({ readonly kind: 'string'; readonly value: string; readonly quoted: string } & Placed)
  | NumberNode
  /** `.a.b`. */
  | ({ readonly kind: 'field'; readonly fields: readonly string[] } & Placed)
  /** `$x.a.b`; `name` with its dollar sign. */
  | ({ readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] } & Placed)
  | ({ readonly kind: 'identifier'; readonly name: string } & Placed)
  /** `(…).a.b`, `function.a`. */
  | ({ readonly kind: 'chain'; readonly operand: OperandNode; readonly fields: readonly string[] } & Placed)
  | PipeNode;

/** A whole text: its own tree, and those of the templates that it defines. */
export interface TemplateTree {
  /** The name that errors give. */
  readonly name: string;
  readonly text: string;
  readonly root: readonly TemplateNode[];
  readonly definitions: ReadonlyMap<string, readonly TemplateNode[]>;
}
