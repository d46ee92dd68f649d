// A YAML file of settings, as entries with their line and column.

import { isAlias, isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type YAMLMap } from 'yaml';
import { RequestError } from './request-error.ts';
import { NamedSettings, Setting, type SettingEntry, type SettingNode, type SettingTree } from './settings.ts';

interface Reading {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly name: string;
}

/** The entries of a file called `name`. Throws `bad_data` with `name:line:column` when it is not YAML, or not a mapping where the tree has one. */
export function readSettingsFile(text: string, name: string, tree: SettingTree): readonly SettingEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const reading: Reading = { document, lines, name };
  const mistakes = document.errors.map((error) => `${place(reading, error.pos[0])}: ${error.message}`);
  if (mistakes.length > 0) throw new RequestError('bad_data', mistakes.join('\n'));
  return document.contents === null ? [] : [...entriesOf(reading, document.contents, { node: tree, path: [] })];
}

function* entriesOf(
  reading: Reading,
  node: unknown,
  at: { readonly node: SettingNode | undefined; readonly path: readonly string[] },
): Generator<SettingEntry> {
  const contents = isAlias(node) ? node.resolve(reading.document) : node;
  if (isScalar(contents) && contents.value === null) return;
  if (!isMap(contents)) {
    throw new RequestError('bad_data', `${placeOf(reading, contents)}: ${at.path.join('.') || 'a settings file'} is a mapping of settings`);
  }
  for (const { key, value } of mapItems(contents)) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const path = [...at.path, name];
    const below = at.node instanceof NamedSettings ? at.node.tree : childOf(at.node, name);
    if (below === undefined || below instanceof Setting) {
      yield { path, value: valueOf(reading, value), where: placeOf(reading, key) };
    } else yield* entriesOf(reading, value, { node: below, path });
  }
}

function childOf(node: SettingNode | undefined, name: string): SettingNode | undefined {
  if (node === undefined || node instanceof Setting || node instanceof NamedSettings) return undefined;
  return Object.hasOwn(node, name) ? node[name] : undefined;
}

function mapItems(map: YAMLMap): readonly { readonly key: unknown; readonly value: unknown }[] {
  return map.items;
}

/** A node as a plain value. The YAML package bounds how often aliases are repeated. */
function valueOf(reading: Reading, node: unknown): unknown {
  if (!isNodeWithValue(node)) return null;
  try {
    return node.toJS(reading.document);
  } catch (cause) {
    throw new RequestError('bad_data', `${placeOf(reading, node)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function isNodeWithValue(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'toJS' in value;
}

function placeOf(reading: Reading, node: unknown): string {
  const range = isNodeWithValue(node) ? node.range : undefined;
  return place(reading, range?.[0] ?? 0);
}

function place({ lines, name }: Reading, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${name}:${line}:${col}`;
}
