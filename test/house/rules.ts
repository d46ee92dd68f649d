// The house rules of CONTRIBUTING.md that a machine can check, each as a function from a file to its violations.

import { childListOf, childOf, isNode, lineOf, nodesOf, textOf } from './source.ts';
import type { SourceFile, SyntaxNode } from './source.ts';

export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

type Found = readonly [node: SyntaxNode, message: string];

export interface Rule {
  readonly name: string;
  readonly find: (file: SourceFile) => Iterable<Found>;
}

const FUNCTION_LINES_MAX = 70;
const COMPONENT_LINES_MAX = 100;
const PARAMETERS_MAX = 4;

const BANNED_FILES = new Set([
  'types.ts',
  'index.ts',
  'index.tsx',
  'utils.ts',
  'util.ts',
  'helpers.ts',
  'helper.ts',
  'common.ts',
  'misc.ts',
]);
const BANNED_FOLDERS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared', 'controllers', 'interfaces']);
/** Banned under `src` only: a page may well be about services. */
const BANNED_SERVER_FOLDERS = new Set(['services', 'models', 'handlers']);

const BANNED_SYNTAX: Readonly<Record<string, string>> = {
  TSEnumDeclaration: 'an enum: use a union of literals',
  TSAnyKeyword: '`any`: use `unknown` and parse',
  TSNonNullExpression: 'a non-null assertion: check, or use `defined`',
  TSParameterProperty: 'a parameter property: Node runs the file as it is',
  Decorator: 'a decorator: Node runs the file as it is',
  ExportDefaultDeclaration: 'a default export: name it',
  ExportAllDeclaration: '`export *`: import from the file that defines',
};

export const rules: readonly Rule[] = [
  { name: 'header', find: header },
  { name: 'function-lines', find: functionLines },
  { name: 'parameters', find: parameters },
  { name: 'syntax', find: bannedSyntax },
  { name: 'double-assertion', find: doubleAssertion },
  { name: 'version-names', find: versionNames },
  { name: 'file-name', find: fileName },
  { name: 'environment', find: environment },
  { name: 'console', find: consoleCalls },
  { name: 'barrel', find: barrel },
];

export function violationsOf(file: SourceFile, only: readonly Rule[] = rules): Violation[] {
  return only.flatMap((rule) =>
    [...rule.find(file)].map(([node, message]) => ({ rule: rule.name, path: file.path, line: lineOf(file.text, node.start), message })),
  );
}

function* header({ text, tree }: SourceFile): Generator<Found> {
  const first = text.replace(/^#!.*\n/, '');
  const comment = /^(\/\/ ?|\/\*\*?\s*)(?<words>\S.*)/.exec(first)?.groups?.['words'] ?? '';
  if (comment.split(' ').length < 3) yield [tree, 'opens without a comment that says what the file is and where it stands in the flow'];
}

function* functionLines({ path, text, tree }: SourceFile): Generator<Found> {
  const max = path.endsWith('.tsx') ? COMPONENT_LINES_MAX : FUNCTION_LINES_MAX;
  for (const node of functionsOf(tree)) {
    const lines = lineOf(text, node.end) - lineOf(text, node.start) + 1;
    if (lines > max && !saysHot(text, node))
      yield [node, `a function of ${lines} lines; ${max} is the most, or a comment \`hot:\` with the reason`];
  }
}

/** A hot loop may be long: the comment right above the function, or the first in it, says `hot:` and why. */
function saysHot(text: string, node: SyntaxNode): boolean {
  const above = text.slice(Math.max(0, node.start - 600), node.start);
  const comment = /(?:\/\/[^\n]*\n\s*|\/\*(?:(?!\*\/)[\s\S])*\*\/\s*)+[\w\s=#:()<>,]*$/.exec(above)?.[0] ?? '';
  const firstLines = text.slice(node.start, node.end).split('\n').slice(0, 4).join('\n');
  return /\bhot: \S/.test(comment) || /\/\/.*\bhot: \S/.test(firstLines);
}

function* parameters({ tree }: SourceFile): Generator<Found> {
  for (const node of functionsOf(tree)) {
    const count = childListOf(node, 'params').filter((parameter) => textOf(parameter, 'name') !== 'this').length;
    if (count > PARAMETERS_MAX) yield [node, `${count} parameters; ${PARAMETERS_MAX} is the most: hand over an object`];
  }
}

function* functionsOf(tree: SyntaxNode): Generator<SyntaxNode> {
  for (const node of nodesOf(tree)) if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) yield node;
}

function* bannedSyntax({ path, tree }: SourceFile): Generator<Found> {
  for (const node of nodesOf(tree)) {
    if (node.type === 'ExportDefaultDeclaration' && path.endsWith('.config.ts')) continue; // the tools that read them ask for it
    const message = BANNED_SYNTAX[node.type];
    if (message !== undefined) yield [node, message];
    if (node.type === 'TSModuleDeclaration' && childOf(node, 'id')?.type !== 'Literal')
      yield [node, 'a namespace: a module is one already'];
  }
}

function* doubleAssertion({ tree }: SourceFile): Generator<Found> {
  for (const node of nodesOf(tree)) {
    const inner = childOf(node, 'expression');
    if (node.type === 'TSAsExpression' && inner?.type === 'TSAsExpression') yield [node, '`as … as …`: parse the value instead'];
  }
}

const DECLARATIONS =
  /^(FunctionDeclaration|ClassDeclaration|TSTypeAliasDeclaration|TSInterfaceDeclaration|VariableDeclarator|MethodDefinition)$/;

function* versionNames({ path, tree }: SourceFile): Generator<Found> {
  if (/-v[2-9]\b/.test(path)) yield [tree, 'a version in the file name: replace the old one'];
  for (const node of nodesOf(tree)) {
    if (!DECLARATIONS.test(node.type)) continue;
    const name = textOf(childOf(node, 'id') ?? childOf(node, 'key'), 'name');
    if (/[a-z]V[2-9]($|[A-Z])|_V[2-9]($|_)/.test(name)) yield [node, `the name ${name}: replace what it is the second version of`];
  }
}

function* fileName({ path, tree }: SourceFile): Generator<Found> {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const stem = name.replace(/\.(test|fuzz|bench|config)?\.?tsx?$/, '');
  const fits = name.endsWith('.tsx') ? /^([A-Z][A-Za-z0-9]*|main)$/ : /^[a-z0-9]+(-[a-z0-9]+)*$/;
  if (!fits.test(stem)) yield [tree, `the file name ${name}: kebab-case after the main export, a component's file PascalCase`];
  if (BANNED_FILES.has(name)) yield [tree, `the file name ${name} says nothing: name it after what it is`];
  for (const folder of parts.slice(0, -1)) {
    if (BANNED_FOLDERS.has(folder) || (parts[0] === 'src' && BANNED_SERVER_FOLDERS.has(folder)))
      yield [tree, `the folder name ${folder}/ says nothing`];
  }
}

function* environment({ path, tree }: SourceFile): Generator<Found> {
  if (!/^(src|ui)\//.test(path) || path === 'src/config.ts' || isTest(path)) return;
  for (const node of nodesOf(tree)) if (isMember(node, 'process', 'env')) yield [node, '`process.env`: only config.ts reads it'];
}

function* consoleCalls({ path, tree }: SourceFile): Generator<Found> {
  if (!/^(src|ui)\//.test(path) || path.startsWith('src/cli/')) return;
  for (const node of nodesOf(tree)) if (isMember(node, 'console')) yield [node, '`console`: only src/cli and tools print'];
}

function* barrel({ tree }: SourceFile): Generator<Found> {
  const body = childListOf(tree, 'body');
  const reexports = body.filter((node) => node.type === 'ExportNamedDeclaration' && isNode(node['source']));
  if (reexports.length > 0 && reexports.length === body.filter((node) => node.type !== 'ImportDeclaration').length) {
    yield [tree, 'a barrel: import from the file that defines'];
  }
}

function isMember(node: SyntaxNode, object: string, property?: string): boolean {
  if (node.type !== 'MemberExpression' || textOf(childOf(node, 'object'), 'name') !== object) return false;
  const key = childOf(node, 'property');
  return property === undefined || textOf(key, 'name') === property || textOf(key, 'value') === property;
}

export function isTest(path: string): boolean {
  return /\.(test|fuzz|bench)\.tsx?$/.test(path);
}
