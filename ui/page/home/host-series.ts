// From a host's plain series to the few lines that its pictures show. All series of a grid share its instants.

import type { Grid, GridSeries } from '../../data/samples.ts';

type Values = readonly (number | null)[];

function lineOf(line: string, values: Values): GridSeries {
  return { key: line, labels: { line }, values };
}

/** Instant by instant, the values that are there. */
function combine(grid: Grid, series: readonly GridSeries[], fold: (values: readonly number[]) => number): Values {
  return grid.times.map((_, at) => {
    const values = series.flatMap((s) => (s.values[at] === null || s.values[at] === undefined ? [] : [s.values[at]]));
    return values.length === 0 ? null : fold(values);
  });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What of all processors' time was not idle, from the idle seconds per second of each. */
export function busyShare(grid: Grid): Grid {
  if (grid.series.length === 0) return grid;
  const busy = combine(grid, grid.series, (idle) => Math.min(1, Math.max(0, 1 - sum(idle) / idle.length)));
  return { ...grid, series: [lineOf('busy', busy)] };
}

function named(grid: Grid, name: string): readonly GridSeries[] {
  return grid.series.filter((s) => s.labels['__name__'] === name);
}

function usedShare(size: GridSeries, free: GridSeries): Values {
  return size.values.map((total, at) => {
    const left = free.values[at];
    return total === null || left === null || left === undefined || total <= 0 ? null : 1 - left / total;
  });
}

export function usedMemoryShare(grid: Grid): Grid {
  const [total] = named(grid, 'node_memory_MemTotal_bytes');
  const [available] = named(grid, 'node_memory_MemAvailable_bytes');
  return { ...grid, series: total && available ? [lineOf('used', usedShare(total, available))] : [] };
}

/** One line for each place where a file system is mounted. */
export function usedDiskShares(grid: Grid): Grid {
  const free = new Map(named(grid, 'node_filesystem_avail_bytes').map((s) => [s.labels['mountpoint'], s]));
  const lines = new Map<string, GridSeries>();
  for (const size of named(grid, 'node_filesystem_size_bytes')) {
    const avail = free.get(size.labels['mountpoint']);
    const at = size.labels['mountpoint'] ?? '';
    if (avail) lines.set(at, lineOf(at, usedShare(size, avail)));
  }
  return { ...grid, series: [...lines.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** In and out, over all interfaces. */
export function networkRates(grid: Grid): Grid {
  const receive = named(grid, 'node_network_receive_bytes_total');
  const transmit = named(grid, 'node_network_transmit_bytes_total');
  if (receive.length + transmit.length === 0) return { ...grid, series: [] };
  return { ...grid, series: [lineOf('in', combine(grid, receive, sum)), lineOf('out', combine(grid, transmit, sum))] };
}
