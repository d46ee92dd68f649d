// Lines that were just committed, brought to the live queries that want their streams.
//
//   follow(tenant) ─▶ block ─(which groups want this stream: decided once per stream)─▶ TailGroup.offer
//
// A tenant is followed once, however many of its queries are live, and not at all when there is none.

import { type Labels, setLabel } from '../query/labels.ts';
import { compileMatcher, type Matcher } from '../query/matchers.ts';
import { labelValue } from '../query/labels.ts';
import { type LineBlock, textAt } from './line-block.ts';
import type { TailGroup } from './tail-group.ts';

/** Calls `listener` with the lines of a tenant as soon as they are on disk, until the result is disposed of. */
export type FollowLines = (tenant: string, listener: (block: LineBlock) => void) => Disposable;

/** Tells streams of several tenants apart, as in the answers of queries. */
const TENANT_LABEL = '__tenant_id__';

/** What a group takes of a stream: its labels as the group shows them. */
interface Taker {
  readonly group: TailGroup;
  readonly labels: Labels;
}

interface Wish {
  readonly group: TailGroup;
  readonly wants: (labels: Labels) => boolean;
  readonly isOneOfSeveral: boolean;
}

const NOBODY: readonly Taker[] = [];

/** The followed lines of one tenant. */
class TenantFeed {
  readonly #tenant: string;
  readonly #wishes = new Map<TailGroup, Wish>();
  readonly #following: Disposable;
  /** Who takes a stream; forgotten when the groups change. */
  #takers = new WeakMap<Labels, readonly Taker[]>();

  constructor(tenant: string, follow: FollowLines) {
    this.#tenant = tenant;
    this.#following = follow(tenant, (block) => this.#deliver(block));
  }

  add(wish: Wish): void {
    this.#wishes.set(wish.group, wish);
    this.#takers = new WeakMap();
  }

  /** True when nobody is left, and the feed has ended. */
  remove(group: TailGroup): boolean {
    this.#wishes.delete(group);
    this.#takers = new WeakMap();
    if (this.#wishes.size > 0) return false;
    this.#following[Symbol.dispose]();
    return true;
  }

  #deliver({ rows, streams, stream, ts, lines, metadata }: LineBlock): void {
    const takers = new Map<number, readonly Taker[]>();
    for (let row = 0; row < rows; row++) {
      const number = stream[row] ?? 0;
      let taking = takers.get(number);
      if (taking === undefined) {
        taking = this.#takersOf(streams.labels(number));
        takers.set(number, taking);
      }
      if (taking.length === 0) continue;
      const text = textAt(lines, row);
      for (const { group, labels } of taking) group.offer(labels, ts[row] ?? 0n, text, metadata?.[row]);
    }
  }

  #takersOf(labels: Labels): readonly Taker[] {
    const known = this.#takers.get(labels);
    if (known !== undefined) return known;
    const taking: Taker[] = [];
    for (const { group, wants, isOneOfSeveral } of this.#wishes.values()) {
      const shown = isOneOfSeveral ? setLabel(labels, TENANT_LABEL, this.#tenant) : labels;
      if (wants(shown)) taking.push({ group, labels: shown });
    }
    const result = taking.length === 0 ? NOBODY : taking;
    this.#takers.set(labels, result);
    return result;
  }
}

export class TailFeed {
  readonly #follow: FollowLines;
  readonly #feeds = new Map<string, TenantFeed>();

  constructor(follow: FollowLines) {
    this.#follow = follow;
  }

  /** Brings the group the lines of all streams of the tenants that match. */
  add(group: TailGroup, tenants: readonly string[], matchers: readonly Matcher[]): void {
    const wants = streamTest(matchers);
    for (const tenant of tenants) {
      const feed = this.#feeds.get(tenant) ?? new TenantFeed(tenant, this.#follow);
      this.#feeds.set(tenant, feed);
      feed.add({ group, wants, isOneOfSeveral: tenants.length > 1 });
    }
  }

  remove(group: TailGroup, tenants: readonly string[]): void {
    for (const tenant of tenants) if (this.#feeds.get(tenant)?.remove(group) === true) this.#feeds.delete(tenant);
  }
}

function streamTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, matches: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, matches }) => matches(labelValue(labels, name)));
}
