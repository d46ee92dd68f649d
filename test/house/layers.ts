// The import table: which folder may import which. It is the drawing of docs/architecture.md as data.
//
// Imports go downwards only, and parts of one row are strangers. What runs in the browser reaches no `node:` module on any way.

import { posix } from 'node:path';

import { isTest } from './rules.ts';
import { lineOf, nodesOf, textOf, childOf, childListOf } from './source.ts';
import type { SourceFile } from './source.ts';

/** From top to bottom; parts of `src`. */
export const rows: readonly (readonly string[])[] = [
  ['main', 'cli'],
  ['agent', 'slo', 'triage'],
  ['alerting'],
  ['links'],
  ['metrics', 'logs', 'traces', 'profiles', 'issues'],
  ['otlp', 'query'],
  ['server'],
  ['tenant'],
  ['storage'],
  ['config', 'limits'],
  ['base'],
];

export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  { from: 'traces', to: 'metrics', reason: 'span metrics are ordinary samples' },
  { from: 'logs', to: 'metrics', reason: 'a LogQL metric query returns series' },
  { from: 'main', to: 'cli', reason: 'the program hands its sub-commands over' },
  { from: 'config', to: 'limits', reason: 'a default lies within its bound' },
];

/** Folders whose parsers the browser runs too. */
export const browserFolders: readonly string[] = ['src/query', 'src/metrics/promql', 'src/logs/logql', 'src/traces/traceql'];

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** `path:line: message` for every import against the table. */
export function layerViolations(files: readonly SourceFile[]): string[] {
  const importsOf = new Map(files.map((file) => [file.path, readImports(file)]));
  const found: string[] = [];
  for (const [path, imports] of importsOf) {
    for (const item of imports) {
      const message = directViolation(path, item) ?? browserViolation(path, item, importsOf);
      if (message !== undefined) found.push(`${path}:${item.line}: ${message}`);
    }
  }
  return found;
}

function directViolation(path: string, { specifier }: Import): string | undefined {
  const target = resolve(path, specifier);
  if (target === undefined) return undefined;
  if (/\.[cm]?jsx?$/.test(target)) return `${specifier}: import the .ts file itself`;
  if (!/\.(tsx?|css|svg|json|mjs)$/.test(target.replace(/\?.*$/, ''))) return `${specifier}: imports carry their extension`;
  if (path.startsWith('ui/') && target.startsWith('src/')) return undefined; // judged by what it reaches
  if (!path.startsWith('src/')) return undefined;
  if (!target.startsWith('src/')) return `${specifier} lies outside src`;
  const [from, to] = [partOf(path), partOf(target)];
  if (from === to || allowed(from, to)) return undefined;
  if (rowOf(from) === -1) return `src/${from} has no row in test/house/layers.ts`;
  if (rowOf(to) === -1) return `src/${to} has no row in test/house/layers.ts`;
  return `${from} does not import ${to}: ${rowOf(from) === rowOf(to) ? 'parts of one row are strangers' : 'imports go downwards'}`;
}

function allowed(from: string, to: string): boolean {
  const [upper, lower] = [rowOf(from), rowOf(to)];
  if (upper !== -1 && lower > upper) return true;
  return exceptions.some((exception) => exception.from === from && exception.to === to);
}

/** What the browser loads may not reach a `node:` module, directly or through others. */
function browserViolation(path: string, item: Import, importsOf: ReadonlyMap<string, readonly Import[]>): string | undefined {
  const inBrowser = path.startsWith('ui/') ? !path.endsWith('.config.ts') : browserFolders.some((folder) => path.startsWith(`${folder}/`));
  if (!inBrowser || isTest(path) || item.typeOnly) return undefined;
  const way = wayToNode(path, item, importsOf, new Set());
  return way === undefined ? undefined : `runs in the browser and reaches ${way.join(' → ')}`;
}

function wayToNode(path: string, item: Import, importsOf: ReadonlyMap<string, readonly Import[]>, seen: Set<string>): string[] | undefined {
  if (item.specifier.startsWith('node:')) return [item.specifier];
  const target = resolve(path, item.specifier);
  if (target === undefined || seen.has(target)) return undefined;
  seen.add(target);
  for (const next of importsOf.get(target) ?? []) {
    const way = next.typeOnly ? undefined : wayToNode(target, next, importsOf, seen);
    if (way !== undefined) return [target, ...way];
  }
  return undefined;
}

function readImports({ text, tree }: SourceFile): Import[] {
  const found: Import[] = [];
  for (const node of nodesOf(tree)) {
    if (!/^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression)$/.test(node.type)) continue;
    const specifier = textOf(childOf(node, 'source'), 'value');
    if (specifier === '') continue;
    const specifiers = childListOf(node, 'specifiers');
    const allTypes = specifiers.length > 0 && specifiers.every((each) => each['importKind'] === 'type' || each['exportKind'] === 'type');
    const typeOnly = node['importKind'] === 'type' || node['exportKind'] === 'type' || allTypes;
    found.push({ specifier, line: lineOf(text, node.start), typeOnly });
  }
  return found;
}

/** The imported file, relative to the repository; undefined for a package. */
function resolve(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}

/** `src/storage/writer.ts` is part of `storage`, `src/config.ts` is `config`. */
function partOf(path: string): string {
  const part = path.split('/')[1] ?? '';
  return part.replace(/(\.(test|fuzz|bench))?\.ts$/, '');
}

function rowOf(part: string): number {
  return rows.findIndex((row) => row.includes(part));
}
