// Settings as data: a tree whose leaves say type, default, bounds and one sentence; read from entries that a file, the environment or a flag gave.
//
//   file ─┐
//   env ──┼─▶ SettingEntry[] ─▶ known? parse, bounds ─▶ typed values
//   flags ┘                        └─▶ RequestError: where, what, did you mean

import { z } from 'zod';
import { parseByteSize, printByteSize } from './byte-size.ts';
import { parseDuration, printDuration } from './duration.ts';
import { RequestError } from './request-error.ts';

/** One value that a source gave: its path in the tree, and where it was said, for errors. */
export interface SettingEntry {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly where: string;
}

export interface SettingOptions {
  readonly min?: number;
  readonly max?: number;
  /** True when a reload applies it; else the program must be started anew. */
  readonly live?: boolean;
}

export interface ListOptions extends SettingOptions {
  /** What is wrong with an item, as the rest of a sentence; undefined when nothing is. */
  readonly problem?: (item: string) => string | undefined;
}

/** A leaf of the tree. */
export class Setting<T> {
  readonly type: string;
  /** As a user would write it. */
  readonly default: string;
  readonly bounds: string;
  readonly about: string;
  readonly live: boolean;
  readonly schema: z.ZodType<T>;

  constructor(parts: Omit<Setting<T>, 'schema'> & { readonly schema: z.ZodType<T> }) {
    this.type = parts.type;
    this.default = parts.default;
    this.bounds = parts.bounds;
    this.about = parts.about;
    this.live = parts.live;
    this.schema = parts.schema;
  }
}

/** A part of the tree below names that the user chooses, such as tenants. */
export class NamedSettings<T extends SettingTree> {
  readonly tree: T;
  readonly about: string;

  constructor(tree: T, about: string) {
    this.tree = tree;
    this.about = about;
  }
}

export interface SettingTree {
  readonly [name: string]: SettingNode;
}

export type SettingNode = Setting<unknown> | NamedSettings<SettingTree> | SettingTree;

/** The typed values of a tree; what stands below chosen names is not among them. */
export type ValuesOf<T> = {
  readonly [K in keyof T as T[K] extends NamedSettings<SettingTree> ? never : K]: T[K] extends Setting<infer V> ? V : ValuesOf<T[K]>;
};

/** Values that were given, by `pathKey`. A value may be undefined: an address that is off. */
export type GivenValues = ReadonlyMap<string, unknown>;

/** Tells what was given for the leaf at a path; undefined when nothing was. */
export type LookUp = (path: readonly string[]) => { readonly value: unknown } | undefined;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds; written `30s`. */
export function duration(value: string, about: string, options: SettingOptions = {}): Setting<number> {
  return numeric('duration', {
    value,
    about,
    options,
    parse: (text) => {
      const ms = parseDuration(text);
      return typeof ms === 'number' ? ms : undefined;
    },
    print: (ms) => (ms === 0 ? '0' : printDuration(ms)),
    like: 'a duration such as 30s, 5m or 1d',
  });
}

/** Bytes; written `16MiB`. */
export function size(value: string, about: string, options: SettingOptions = {}): Setting<number> {
  return numeric('size', {
    value,
    about,
    options,
    parse: parseByteSize,
    print: printByteSize,
    like: 'a size such as 512KiB, 16MiB or 2GiB',
  });
}

/** A whole number. */
export function integer(value: number, about: string, options: SettingOptions = {}): Setting<number> {
  const parse = (text: string): number | undefined => (/^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined);
  return numeric('integer', { value: String(value), about, options, parse, print: String, like: 'a whole number' });
}

export function boolean(value: boolean, about: string, options: SettingOptions = {}): Setting<boolean> {
  const schema = z.union(
    [z.boolean(), z.stringbool({ truthy: ['true', 'yes', 'on', '1'], falsy: ['false', 'no', 'off', '0'] })],
    'is neither true nor false',
  );
  return new Setting({ type: 'boolean', default: String(value), bounds: '', about, live: options.live ?? false, schema });
}

export function text(value: string, about: string, options: SettingOptions = {}): Setting<string> {
  const schema = z.union([z.string(), z.number().transform(String)], 'is not text');
  return new Setting({ type: 'text', default: value, bounds: '', about, live: options.live ?? false, schema });
}

export function choice<const T extends string>(value: T, choices: readonly T[], about: string, options: SettingOptions = {}): Setting<T> {
  const schema = z.enum(choices, `is none of ${choices.join(', ')}`);
  return new Setting<T>({ type: 'text', default: value, bounds: choices.join(', '), about, live: options.live ?? false, schema });
}

/** Several texts: a list in the file, separated by commas elsewhere. */
export function list(about: string, options: ListOptions = {}, value: readonly string[] = []): Setting<readonly string[]> {
  const split = z.string().transform((value) => value.split(',').map((item) => item.trim()));
  const texts = z.union([z.array(z.string()), split], 'is not a list of texts').transform((items) => items.filter((item) => item !== ''));
  const schema = texts.superRefine((items, context) => {
    for (const item of items) {
      const problem = options.problem?.(item);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `has ${JSON.stringify(item)}, which ${problem}` });
    }
  });
  return new Setting<readonly string[]>({ type: 'list', default: value.join(','), bounds: '', about, live: options.live ?? false, schema });
}

/** `host:port`, `[v6]:port` or `:port` (all addresses); `off` is undefined. */
export function address(value: string, about: string): Setting<Address | undefined> {
  const schema = z.union([z.string(), z.literal(false)], 'is no address').transform((given, context) => {
    if (given === false || given === 'off') return undefined;
    const parsed = parseAddress(given);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'is not an address such as 127.0.0.1:3000, [::1]:3000 or :3000' });
    return z.NEVER;
  });
  return new Setting<Address | undefined>({ type: 'address', default: value, bounds: 'host:port or off', about, live: false, schema });
}

/** `host:port` apart; undefined when the text is none. */
export function parseAddress(given: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(given);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) return undefined;
  return { host: match[1] ?? (match[2] === '' || match[2] === undefined ? '::' : match[2]), port };
}

/** A setting whose value another part understands, given to it as it stands. */
export function raw(about: string, options: SettingOptions & { readonly type: string }): Setting<unknown> {
  return new Setting<unknown>({ type: options.type, default: '', bounds: '', about, live: options.live ?? false, schema: z.unknown() });
}

interface Numeric {
  readonly value: string;
  readonly about: string;
  readonly options: SettingOptions;
  readonly parse: (text: string) => number | undefined;
  readonly print: (value: number) => string;
  readonly like: string;
}

function numeric(type: string, { value, about, options, parse, print, like }: Numeric): Setting<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const schema = z.union([z.string(), z.number()], `is not ${like}`).transform((given, context) => {
    const parsed = parse(String(given));
    let message = '';
    if (parsed === undefined) message = `is not ${like}`;
    else if (parsed < min) message = `is below the least value, ${print(min)}`;
    else if (parsed > max) message = `is above the greatest value, ${print(max)}`;
    else return parsed;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  const bounds = [options.min === undefined ? '' : `≥ ${print(min)}`, options.max === undefined ? '' : `≤ ${print(max)}`]
    .filter((bound) => bound !== '')
    .join(', ');
  return new Setting({ type, default: value, bounds, about, live: options.live ?? false, schema });
}

/** One text per path; no name of a setting and no tenant holds a slash. */
export function pathKey(path: readonly string[]): string {
  return path.join('/');
}

/** What was given for a path. */
export function givenAt(given: GivenValues, path: readonly string[]): { readonly value: unknown } | undefined {
  const key = pathKey(path);
  return given.has(key) ? { value: given.get(key) } : undefined;
}

/** Parses all entries; of a path given twice the last wins. Throws one `bad_data` that lists every mistake, a line each. */
export function parseEntries(tree: SettingTree, entries: readonly SettingEntry[]): GivenValues {
  const values = new Map<string, unknown>();
  const mistakes: string[] = [];
  for (const { path, value, where } of entries) {
    const found = findSetting(tree, path);
    if (found.kind === 'unknown') {
      mistakes.push(`${where}: ${found.message}`);
      continue;
    }
    const parsed = found.setting.schema.safeParse(value);
    if (parsed.success) values.set(pathKey(path), parsed.data);
    else mistakes.push(`${where}: ${path.join('.')}: ${printValue(value)} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  if (mistakes.length > 0) throw new RequestError('bad_data', mistakes.join('\n'));
  return values;
}

/** The values of a tree: what was given, else the default. `lookUp` is asked with a leaf's path below `tree`. */
export function valuesOf<T extends SettingTree>(tree: T, lookUp: LookUp, at: readonly string[] = []): ValuesOf<T> {
  const values: Record<string, unknown> = {};
  for (const [name, node] of Object.entries(tree)) {
    const path = [...at, name];
    if (node instanceof NamedSettings) continue;
    if (node instanceof Setting) {
      const given = lookUp(path);
      values[name] = given === undefined ? node.schema.parse(node.default) : given.value;
    } else values[name] = valuesOf(node, lookUp, path);
  }
  // The keys and the types of the leaves are those of the tree.
  return values as ValuesOf<T>;
}

/** All leaves with their paths; a chosen name stands as `<name>`. */
export function* settingsOf(
  tree: SettingTree,
  at: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly setting: Setting<unknown> }> {
  for (const [name, node] of Object.entries(tree)) {
    const path = [...at, name];
    if (node instanceof Setting) yield { path, setting: node };
    else if (node instanceof NamedSettings) yield* settingsOf(node.tree, [...path, '<name>']);
    else yield* settingsOf(node, path);
  }
}

type Found = { readonly kind: 'found'; readonly setting: Setting<unknown> } | { readonly kind: 'unknown'; readonly message: string };

function findSetting(tree: SettingTree, path: readonly string[]): Found {
  let node: SettingNode = tree;
  for (const [i, name] of path.entries()) {
    if (node instanceof NamedSettings) {
      node = node.tree;
      continue;
    }
    const next: SettingNode | undefined = node instanceof Setting || !Object.hasOwn(node, name) ? undefined : node[name];
    if (next === undefined) return { kind: 'unknown', message: unknownSetting(tree, path.slice(0, i + 1), path) };
    node = next;
  }
  if (node instanceof Setting) return { kind: 'found', setting: node };
  return { kind: 'unknown', message: `'${path.join('.')}' is a group of settings, not one` };
}

/** What to say of a name that is none. */
function unknownSetting(tree: SettingTree, at: readonly string[], whole: readonly string[]): string {
  const groups = new Set<string>();
  for (const { path } of settingsOf(tree)) for (let i = 1; i <= path.length; i++) groups.add(path.slice(0, i).join('.'));
  const near = nearest(whole.join('.'), groups) ?? nearest(at.join('.'), groups);
  return `unknown setting '${at.join('.')}'${near === undefined ? '' : `; did you mean '${near}'?`}`;
}

/** The candidate that is fewest edits away, if any is near. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(given.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(given.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Edits between two texts: insertions, deletions, replacements (Levenshtein), by rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function printValue(value: unknown): string {
  const printed = JSON.stringify(value) ?? 'nothing';
  return printed.length > 80 ? `${printed.slice(0, 80)}…` : printed;
}
