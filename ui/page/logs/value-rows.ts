// How often each value of a field occurs, the most frequent first.

import type { InstantValue } from '../../data/query-result.ts';

export interface ValueRow {
  readonly value: string;
  readonly count: number;
  /** Its count as a part of the most frequent one's. */
  readonly share: number;
}

export function valueRows(answer: InstantValue, name: string): { readonly rows: readonly ValueRow[]; readonly total: number } {
  const series = answer.kind === 'vector' ? answer.series : [];
  const counted = series
    .map(({ labels, values: [first] }) => ({ value: labels[name] ?? '', count: typeof first === 'number' ? first : 0 }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const most = counted[0]?.count ?? 1;
  return { rows: counted.map((row) => ({ ...row, share: row.count / most })), total: counted.reduce((sum, { count }) => sum + count, 0) };
}
