// The state of the targets page: its address, the filter, and the order in which targets stand.

import type { Address } from '../../data/address.ts';
import type { Target } from '../../data/decode.ts';
import { hashText } from '../../data/samples.ts';

export type HealthFilter = 'all' | 'unhealthy' | 'up';

export interface TargetsState {
  readonly find: string;
  readonly health: HealthFilter;
  readonly pool: string;
  /** The key of the target whose details are open; empty when none are. */
  readonly open: string;
}

export type TargetsEvent =
  | { readonly kind: 'find typed'; readonly find: string }
  | { readonly kind: 'health chosen'; readonly health: HealthFilter }
  | { readonly kind: 'pool chosen'; readonly pool: string }
  | { readonly kind: 'opened'; readonly key: string }
  | { readonly kind: 'closed' };

export function readTargets(address: Address): TargetsState {
  const health = address['health'];
  return {
    find: address['find'] ?? '',
    health: health === 'unhealthy' || health === 'up' ? health : 'all',
    pool: address['pool'] ?? '',
    open: address['target'] ?? '',
  };
}

export function targetsAddress(state: TargetsState): Address {
  return {
    find: state.find || undefined,
    health: state.health === 'all' ? undefined : state.health,
    pool: state.pool || undefined,
    target: state.open || undefined,
  };
}

export function reduceTargets(state: TargetsState, event: TargetsEvent): TargetsState {
  switch (event.kind) {
    case 'find typed':
      return { ...state, find: event.find };
    case 'health chosen':
      return { ...state, health: event.health };
    case 'pool chosen':
      return { ...state, pool: event.pool };
    case 'opened':
      return { ...state, open: event.key };
    case 'closed':
      return { ...state, open: '' };
  }
}

/** The same for the same target in another answer. */
export function targetKey(target: Target): string {
  return hashText(`${target.pool}\u0000${target.url}\u0000${target.labels['instance'] ?? ''}`).toString(36);
}

const RANK = { down: 0, unknown: 1, up: 2 } as const;

/** Targets that pass the filters, the unhealthy first, then by pool and address. */
export function targetRows(targets: readonly Target[], state: TargetsState): readonly Target[] {
  const words = state.find
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return targets
    .filter((t) => state.health === 'all' || (state.health === 'up') === (t.health === 'up'))
    .filter((t) => state.pool === '' || t.pool === state.pool)
    .filter((t) => {
      const text = `${t.pool} ${t.url} ${t.lastError} ${Object.entries(t.labels)
        .map((pair) => pair.join('='))
        .join(' ')}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => RANK[a.health] - RANK[b.health] || compare(a.pool, b.pool) || compare(a.url, b.url));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface Pool {
  readonly name: string;
  readonly up: number;
  readonly total: number;
}

/** Every pool with its counts, those with trouble first. */
export function poolsOf(targets: readonly Target[]): readonly Pool[] {
  const pools = new Map<string, Pool>();
  for (const t of targets) {
    const pool = pools.get(t.pool) ?? { name: t.pool, up: 0, total: 0 };
    pools.set(t.pool, { ...pool, up: pool.up + (t.health === 'up' ? 1 : 0), total: pool.total + 1 });
  }
  return [...pools.values()].sort((a, b) => Number(a.up === a.total) - Number(b.up === b.total) || compare(a.name, b.name));
}
