// From method and path to a route: a tree of path segments, built once from the list of all routes.
//
// Fixed segments win over `:name`, and `:name` over `*rest`.

import { assert } from '../base/assert.ts';
import { RequestError } from '../base/request-error.ts';
import type { Route } from './route.ts';

export type Match =
  /** `params` throws `bad_data` on a wrong percent-encoding: the route is known by then, and draws the error. */
  | { readonly kind: 'route'; readonly route: Route; readonly params: () => Readonly<Record<string, string>> }
  | { readonly kind: 'other-method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' };

interface Node {
  readonly fixed: Map<string, Node>;
  named: Node | undefined;
  rest: Leaf | undefined;
  leaf: Leaf | undefined;
}

interface Leaf {
  readonly byMethod: Map<string, { readonly route: Route; readonly names: readonly string[] }>;
}

const NONE: Match = { kind: 'none' };

export class Router {
  readonly #root = node();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** The route of a raw path (percent-encoded, without the query string). HEAD is answered by GET. */
  find(method: string, path: string): Match {
    const parts = path.split('/').slice(1);
    const values: string[] = [];
    const leaf = walk(this.#root, parts, values);
    if (leaf === undefined) return NONE;
    const found = leaf.byMethod.get(method) ?? (method === 'HEAD' ? leaf.byMethod.get('GET') : undefined);
    if (found === undefined) return { kind: 'other-method', allow: allowed(leaf) };
    return { kind: 'route', route: found.route, params: () => paramsOf(found.names, values) };
  }

  #add(route: Route): void {
    const names: string[] = [];
    let at = this.#root;
    let leaf: Leaf | undefined;
    for (const part of route.path.split('/').slice(1)) {
      assert(leaf === undefined, `route ${route.path}: *rest comes last`);
      if (part.startsWith('*')) {
        names.push(part.slice(1));
        leaf = at.rest ??= { byMethod: new Map() };
      } else if (part.startsWith(':')) {
        names.push(part.slice(1));
        at = at.named ??= node();
      } else {
        const next = at.fixed.get(part) ?? node();
        at.fixed.set(part, next);
        at = next;
      }
    }
    leaf ??= at.leaf ??= { byMethod: new Map() };
    assert(!leaf.byMethod.has(route.method), `route ${route.method} ${route.path} stands twice`);
    leaf.byMethod.set(route.method, { route, names });
  }
}

/** The same routes below a base path. */
export function atBase(base: string, routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => ({ ...route, path: `${base}${route.path}` }));
}

function node(): Node {
  return { fixed: new Map(), named: undefined, rest: undefined, leaf: undefined };
}

/** The leaf for `parts`, most particular first; `values` receives what the names stand for, still encoded. */
function walk(at: Node, parts: readonly string[], values: string[], i = 0): Leaf | undefined {
  const part = parts[i];
  if (part === undefined) return at.leaf;
  const fixed = at.fixed.get(part);
  const depth = values.length;
  const found = fixed === undefined ? undefined : walk(fixed, parts, values, i + 1);
  if (found !== undefined) return found;
  if (at.named !== undefined && part !== '') {
    values.length = depth;
    values.push(part);
    const below = walk(at.named, parts, values, i + 1);
    if (below !== undefined) return below;
  }
  values.length = depth;
  if (at.rest !== undefined) values.push(parts.slice(i).join('/'));
  return at.rest;
}

function paramsOf(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  names.forEach((name, i) => {
    params[name] = decode(values[i] ?? '');
  });
  return params;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new RequestError('bad_data', `wrong percent-encoding in the path: ${text}`, { cause });
  }
}

function allowed(leaf: Leaf): readonly string[] {
  const methods = [...leaf.byMethod.keys()];
  return [...methods, ...(methods.includes('GET') && !methods.includes('HEAD') ? ['HEAD'] : []), 'OPTIONS'].sort();
}
