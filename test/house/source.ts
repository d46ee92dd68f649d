// The project's own source as data for the house rules: which files there are, and the syntax tree of each.
//
//   files on disk ─▶ SourceFile (path, text, tree) ─▶ rules.ts, layers.ts ─▶ violations

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseSync } from 'vite';

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: SyntaxNode;
}

/** A node of the ESTree that the parser gives; fields other than these are read by name. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['src', 'ui', 'test', 'tools', 'bench', 'examples'];
const foreign = new Set(['node_modules', 'dist', 'data', 'data-demo', '.git', '.cache']);

let sources: readonly SourceFile[] | undefined;

/** Every TypeScript file of the project, parsed once. */
export function projectSources(): readonly SourceFile[] {
  sources ??= folders
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => parseSource(path, readText(path)));
  return sources;
}

/** Every file under the repository that people wrote, as paths. */
export function projectFiles(): string[] {
  return filesUnder('.').map((path) => path.slice(2));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Parses one file. A syntax error is thrown: the file could not run either. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text, { sourceType: 'module', lang: path.endsWith('x') ? 'tsx' : 'ts' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  return { path, text, tree: asNode(program) };
}

/** The nodes of a tree, parents before children. */
export function nodesOf(tree: SyntaxNode): readonly SyntaxNode[] {
  const known = nodes.get(tree);
  if (known !== undefined) return known;
  const found: SyntaxNode[] = [];
  collectNodes(tree, found);
  nodes.set(tree, found);
  return found;
}

/** What each rule walks through again. */
const nodes = new WeakMap<SyntaxNode, readonly SyntaxNode[]>();

function collectNodes(node: SyntaxNode, found: SyntaxNode[]): void {
  found.push(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) collectNodes(item, found);
    } else if (isNode(value)) collectNodes(value, found);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** A child node by field name, where the syntax guarantees one or leaves it out. */
export function childOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export function childListOf(node: SyntaxNode, field: string): SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function textOf(node: SyntaxNode | undefined, field: string): string {
  const value = node?.[field];
  return typeof value === 'string' ? value : '';
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function asNode(value: unknown): SyntaxNode {
  if (!isNode(value)) throw new Error('the parser gave no tree');
  return value;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return foreign.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}
