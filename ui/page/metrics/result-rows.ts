// The value of a query at one time as the rows of a table: sorted, measured, and as text to copy.

import type { HistogramValue, InstantValue, SampleSeries } from '../../data/query-result.ts';
import { seriesKey } from '../../data/samples.ts';
import type { TextTable } from '../../kit/csv.ts';
import type { TableSort } from './metrics-state.ts';

type SeriesValue = Extract<InstantValue, { readonly kind: 'vector' | 'matrix' }>;

/** What a row shows: one number, one histogram, or samples with their times. */
export type Cell =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'histogram'; readonly histogram: HistogramValue }
  | { readonly kind: 'samples'; readonly times: readonly number[]; readonly values: readonly (number | HistogramValue)[] };

export interface ResultRow {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cell: Cell;
}

/** Samples of one row that are listed; copying takes all. */
export const LISTED_SAMPLES_MAX = 200;
const ROW_HEIGHT = 24;
const HISTOGRAM_HEIGHT = 44;
const SAMPLE_HEIGHT = 18;
const SAMPLES_IN_SIGHT = 8;
const collator = new Intl.Collator('en', { numeric: true });

export function rowHeight({ cell }: ResultRow): number {
  if (cell.kind === 'value') return ROW_HEIGHT;
  if (cell.kind === 'histogram') return HISTOGRAM_HEIGHT;
  return 8 + SAMPLE_HEIGHT * Math.min(SAMPLES_IN_SIGHT, Math.max(1, cell.times.length));
}

function cellOf(kind: SeriesValue['kind'], { times, values }: SampleSeries): Cell {
  if (kind === 'matrix') return { kind: 'samples', times, values };
  const value = values[0] ?? Number.NaN;
  return typeof value === 'number' ? { kind: 'value', value } : { kind: 'histogram', histogram: value };
}

/** What a row is sorted by: a number, a histogram's count, the last of several. */
function weightOf(cell: Cell): number {
  const value = cell.kind === 'value' ? cell.value : cell.kind === 'histogram' ? cell.histogram : (cell.values.at(-1) ?? Number.NaN);
  const weight = typeof value === 'number' ? value : value.count;
  return Number.isNaN(weight) ? Number.NEGATIVE_INFINITY : weight;
}

/** The rows in the order asked for; `given` keeps the server's, which functions such as `sort` decide. */
export function rowsOf({ kind, series }: SeriesValue, sort: TableSort): readonly ResultRow[] {
  const rows = series.map((each): ResultRow => ({ key: seriesKey(each.labels), labels: each.labels, cell: cellOf(kind, each) }));
  if (sort.column === 'given') return sort.descending ? rows.reverse() : rows;
  const compare = (a: ResultRow, b: ResultRow): number =>
    sort.column === 'value'
      ? weightOf(a.cell) - weightOf(b.cell) || 0
      : collator.compare(a.labels[sort.column] ?? '', b.labels[sort.column] ?? '');
  return rows.sort((a, b) => (sort.descending ? compare(b, a) : compare(a, b)));
}

/** The metric first, then the labels that most series have. */
export function columnsOf(series: readonly SampleSeries[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { labels } of series) for (const name of Object.keys(labels)) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.has('__name__')) counts.set('__name__', Number.POSITIVE_INFINITY);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
}

/** A value with every digit. A histogram as count, sum and its buckets. */
export function exactText(value: number | HistogramValue): string {
  if (typeof value === 'number') return numberText(value);
  const buckets = value.buckets.map((b) => `${boundsText(b)}:${numberText(b.count)}`).join(' ');
  return `count:${numberText(value.count)} sum:${numberText(value.sum)} ${buckets}`.trimEnd();
}

function numberText(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

/** `(0.5, 1]` */
export function boundsText({ rule, lower, upper }: HistogramValue['buckets'][number]): string {
  const open = rule === 1 || rule === 3 ? '[' : '(';
  const close = rule === 0 || rule === 3 ? ']' : ')';
  return `${open}${numberText(lower)}, ${numberText(upper)}${close}`;
}

export function cellText(cell: Cell): string {
  if (cell.kind === 'value') return exactText(cell.value);
  if (cell.kind === 'histogram') return exactText(cell.histogram);
  return cell.times.map((time, i) => `${exactText(cell.values[i] ?? Number.NaN)} @${time}`).join('\n');
}

export function textTable(rows: readonly ResultRow[], columns: readonly string[]): TextTable {
  return {
    columns: [...columns, 'value'],
    rows: rows.map((row) => [...columns.map((c) => row.labels[c] ?? ''), cellText(row.cell)]),
  };
}
