// From a template's text to its tree, with Go's words for what is wrong. Source: Go `text/template/parse`, parse.go.

import { lineColumn, unquote } from '../scanner.ts';
import type { BranchNode, CommandNode, OperandNode, PipeNode, TemplateNode, TemplateTree } from './ast.ts';
import { Lexer, printToken, type Token, type TokenKind } from './lex.ts';
import { characterNumber, parseNumber } from './number.ts';
import { printNode } from './print.ts';
import { TemplateSyntaxError } from './template-error.ts';

export interface ParseOptions {
  /** The template's name, which errors give. */
  readonly name: string;
  readonly hasFunction: (name: string) => boolean;
}

/** Parentheses and blocks within one another. */
const DEPTH_MAX = 200;
const TEXT_LENGTH_MAX = 1024 * 1024;

/** The tree of a template. Throws `TemplateSyntaxError`. */
export function parseTemplate(text: string, options: ParseOptions): TemplateTree {
  return new Parser(text, options).parse();
}

type ListEnd = 'end' | 'else';

class Parser {
  readonly #text: string;
  readonly #options: ParseOptions;
  readonly #lexer: Lexer;
  readonly #definitions = new Map<string, readonly TemplateNode[]>();
  /** Those that may be looked at again, and where among them the next one is. */
  #tokens: Token[] = [];
  #position = 0;
  #variables = ['$'];
  #rangeDepth = 0;
  #depth = 0;

  constructor(text: string, options: ParseOptions) {
    this.#text = text;
    this.#options = options;
    this.#lexer = new Lexer(text);
  }

  parse(): TemplateTree {
    const { name } = this.#options;
    if (this.#text.length > TEXT_LENGTH_MAX) this.#fail(`text of ${this.#text.length} characters, ${TEXT_LENGTH_MAX} at most`);
    const root: TemplateNode[] = [];
    while (this.#peek().kind !== 'eof') {
      if (this.#isDefinition()) this.#define();
      else {
        const node = this.#textOrAction();
        if (node === 'end' || node === 'else') this.#fail(`unexpected {{${node}}}`);
        root.push(node);
      }
    }
    return { name, text: this.#text, root, definitions: this.#definitions };
  }

  #fail(message: string): never {
    const last = this.#tokens.at(-1)?.at ?? 0;
    const { line } = lineColumn(this.#text, last);
    throw new TemplateSyntaxError(`template: ${this.#options.name}:${line}: ${message}`, last);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === 'error') this.#fail(token.text);
    this.#fail(`unexpected ${printToken(token)} in ${context}`);
  }

  #next(): Token {
    const known = this.#tokens[this.#position++];
    if (known !== undefined) return known;
    const token = this.#lexer.next();
    this.#tokens.push(token);
    return token;
  }

  #peek(): Token {
    const token = this.#next();
    this.#position--;
    return token;
  }

  #nextNonSpace(): Token {
    for (;;) {
      const token = this.#next();
      if (token.kind !== 'space') return token;
    }
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#position--;
    return token;
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
    return token;
  }

  #isDefinition(): boolean {
    const position = this.#position;
    const is = this.#next().kind === 'leftDelim' && this.#nextNonSpace().kind === 'define';
    this.#position = position;
    return is;
  }

  #define(): void {
    this.#next();
    this.#nextNonSpace();
    const context = 'define clause';
    const name = this.#templateName(this.#nextNonSpace(), context);
    this.#expect('rightDelim', context);
    this.#addDefinition(name, this.#definition(context));
  }

  /** A body with variables of its own, up to its `end`. */
  #definition(context: string): readonly TemplateNode[] {
    const variables = this.#variables;
    const rangeDepth = this.#rangeDepth;
    this.#variables = ['$'];
    this.#rangeDepth = 0;
    const { list, end } = this.#list();
    if (end !== 'end') this.#fail(`unexpected {{${end}}} in ${context}`);
    this.#variables = variables;
    this.#rangeDepth = rangeDepth;
    return list;
  }

  #addDefinition(name: string, list: readonly TemplateNode[]): void {
    const known = this.#definitions.get(name);
    if (known === undefined || isEmpty(known)) this.#definitions.set(name, list);
    else if (!isEmpty(list)) this.#fail(`template: multiple definition of template ${JSON.stringify(name)}`);
  }

  #list(): { readonly list: readonly TemplateNode[]; readonly end: ListEnd } {
    const list: TemplateNode[] = [];
    this.#deeper();
    while (this.#peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction();
      if (node === 'end' || node === 'else') {
        this.#depth--;
        return { list, end: node };
      }
      list.push(node);
    }
    return this.#fail('unexpected EOF');
  }

  #deeper(): void {
    if (++this.#depth > DEPTH_MAX) this.#fail('max expression depth exceeded');
  }

  #textOrAction(): TemplateNode | ListEnd {
    // What is behind is never looked at again, but for the last token, which errors name.
    this.#tokens = this.#tokens.slice(Math.max(this.#position - 1, 0));
    this.#position = Math.min(this.#position, 1);
    const token = this.#nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text };
    if (token.kind === 'leftDelim') return this.#action();
    return this.#unexpected(token, 'input');
  }

  #action(): TemplateNode | ListEnd {
    const token = this.#nextNonSpace();
    switch (token.kind) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token, token.kind);
      case 'else':
        return this.#else();
      case 'end':
        this.#expect('rightDelim', 'end');
        return 'end';
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.kind);
      case 'template':
        return this.#invoke();
      default: {
        this.#position--;
        const { at } = this.#peek();
        return { kind: 'action', at, pipe: this.#pipeline('command', 'rightDelim') };
      }
    }
  }

  #jump({ at }: Token, kind: 'break' | 'continue'): TemplateNode {
    const token = this.#nextNonSpace();
    if (token.kind !== 'rightDelim') this.#unexpected(token, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  #else(): ListEnd {
    // `{{else if …}}` and `{{else with …}}` leave their word to the branch that they belong to.
    const { kind } = this.#peekNonSpace();
    if (kind !== 'if' && kind !== 'with') this.#expect('rightDelim', 'else');
    return 'else';
  }

  #branch(kind: BranchNode['kind']): TemplateNode {
    const declared = this.#variables.length;
    const pipe = this.#pipeline(kind, 'rightDelim');
    if (kind === 'range') this.#rangeDepth++;
    const { list, end } = this.#list();
    if (kind === 'range') this.#rangeDepth--;
    const elseList = end === 'else' ? this.#elseList(kind) : undefined;
    this.#variables.length = declared;
    return { kind, at: pipe.at, pipe, list, elseList };
  }

  #elseList(kind: BranchNode['kind']): readonly TemplateNode[] {
    // The chain shares one `end`.
    if (kind !== 'range' && this.#peekNonSpace().kind === kind) {
      this.#nextNonSpace();
      this.#deeper();
      const node = this.#branch(kind);
      this.#depth--;
      return [node];
    }
    const token = this.#peekNonSpace();
    if (token.kind === 'if' || token.kind === 'with') this.#unexpected(token, 'else');
    const { list, end } = this.#list();
    if (end !== 'end') this.#fail(`expected end; found {{${end}}}`);
    return list;
  }

  #invoke(): TemplateNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#nextNonSpace().kind === 'rightDelim') return { kind: 'template', at: token.at, name, pipe: undefined };
    this.#position--;
    return { kind: 'template', at: token.at, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  #block(): TemplateNode {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    this.#addDefinition(name, this.#definition(context));
    return { kind: 'template', at: token.at, name, pipe };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'rawString') return this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #unquoted({ at, text }: Token): string {
    try {
      return unquote(this.#text, at, at + text.length);
    } catch {
      return this.#fail('invalid syntax');
    }
  }

  #pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
    const { at } = this.#peekNonSpace();
    const { variables, isAssignment } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) {
        this.#checkPipeline(commands, context);
        // What a pipeline declares is known after it, not in it.
        if (!isAssignment) this.#variables.push(...variables);
        return { kind: 'pipe', at, variables, isAssignment, commands };
      }
      if (!STARTS_OPERAND.has(token.kind)) this.#unexpected(token, context);
      this.#position--;
      commands.push(this.#command());
    }
  }

  #declarations(context: string): { readonly variables: readonly string[]; readonly isAssignment: boolean } {
    const variables: string[] = [];
    for (;;) {
      const position = this.#position;
      const token = this.#nextNonSpace();
      if (token.kind !== 'variable') {
        this.#position = position;
        return { variables: [], isAssignment: false };
      }
      const next = this.#peekNonSpace();
      if (next.kind === 'declare' || next.kind === 'assign') {
        this.#nextNonSpace();
        return { variables: [...variables, token.text], isAssignment: next.kind === 'assign' };
      }
      if (next.kind !== 'char' || next.text !== ',') {
        this.#position = position;
        return { variables: [], isAssignment: false };
      }
      this.#nextNonSpace();
      variables.push(token.text);
      if (context !== 'range' || variables.length > 1) this.#fail(`too many declarations in ${context}`);
      if (!['variable', 'rightDelim', 'rightParen'].includes(this.#peekNonSpace().kind)) this.#fail('range can only initialize variables');
    }
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    const stage = commands.findIndex(({ args }, i) => i > 0 && NOT_EXECUTABLE.has(args[0]?.kind ?? ''));
    if (stage > 0) this.#fail(`non executable command in pipeline stage ${stage + 1}`);
  }

  #command(): CommandNode {
    const { at } = this.#peekNonSpace();
    const args: OperandNode[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'rightDelim' || token.kind === 'rightParen') this.#position--;
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      if (args.length === 0) this.#fail('empty command');
      return { kind: 'command', at, args };
    }
  }

  #operand(): OperandNode | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().kind !== 'field') return term;
    const { at } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().kind === 'field') fields.push(this.#next().text.slice(1));
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { ...term, at, fields: [...term.fields, ...fields] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${JSON.stringify(printNode(term))}`);
      default:
        return { kind: 'chain', at, operand: term, fields };
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'error':
        return this.#fail(text);
      case 'identifier':
        if (!this.#options.hasFunction(text)) this.#fail(`function ${JSON.stringify(text)} not defined`);
        return { kind: 'identifier', at, name: text };
      case 'dot':
        return { kind: 'dot', at };
      case 'nil':
        return { kind: 'nil', at };
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${JSON.stringify(text)}`);
        return { kind: 'variable', at, name: text, fields: [] };
      case 'field':
        return { kind: 'field', at, fields: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.#number(token);
      case 'leftParen':
        return this.#parenthesized();
      case 'string':
      case 'rawString':
        return { kind: 'string', at, value: this.#unquoted(token), quoted: text };
      default:
        this.#position--;
        return undefined;
    }
  }

  #parenthesized(): OperandNode {
    this.#deeper();
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
    this.#depth--;
    return pipe;
  }

  #number(token: Token): OperandNode {
    const { at, text } = token;
    if (token.kind === 'charConstant') {
      const characters = Array.from(this.#unquoted(token));
      if (characters.length !== 1) this.#fail(`malformed character constant: ${text}`);
      return { kind: 'number', at, text, ...characterNumber(characters[0]?.codePointAt(0) ?? 0) };
    }
    if (token.kind === 'complex' || text.endsWith('i')) this.#fail(`complex numbers are not supported: ${text}`);
    const number = parseNumber(text);
    if (number === undefined) this.#fail(`illegal number syntax: ${JSON.stringify(text)}`);
    return { kind: 'number', at, text, ...number };
  }
}

const STARTS_OPERAND: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

const NOT_EXECUTABLE: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

function isEmpty(list: readonly TemplateNode[]): boolean {
  return list.every((node) => node.kind === 'text' && node.text.trim() === '');
}
