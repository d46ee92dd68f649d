// The legend of a chart as a table: which line is which, and what it amounts to. It is also the picture's equivalent for those who cannot see it.

import { useMemo } from 'react';
import type { Grid } from '../data/samples.ts';
import { summaryOf } from '../data/samples.ts';
import { quantityText } from '../data/units.ts';
import type { Quantity } from '../data/units.ts';
import type { Line } from './Chart.tsx';
import css from './chart.module.css';

interface LegendProps {
  readonly grid: Grid;
  readonly lines: readonly Line[];
  readonly quantity: Quantity;
  /** A click isolates; with Ctrl or ⌘ it takes one line away or brings it back. */
  readonly onPick: (key: string, toggle: boolean) => void;
}

const COLUMNS = ['last', 'min', 'max', 'mean'] as const;

export function Legend({ grid, lines, quantity, onPick }: LegendProps) {
  const sums = useMemo(() => grid.series.map((s) => summaryOf(s.values)), [grid]);
  return (
    <table className={css.legend}>
      <thead>
        <tr>
          <th scope="col">Series</th>
          {COLUMNS.map((column) => (
            <th key={column} scope="col" className={`${css.number} ${column === 'last' || column === 'max' ? '' : css.minor}`}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {grid.series.map((series, i) => {
          const line = lines[i];
          const sum = sums[i];
          if (!line || !sum) return null;
          return (
            <tr key={series.key}>
              <td>
                <button
                  type="button"
                  className={css.name}
                  aria-pressed={line.shown}
                  title={`${line.name}\nClick: only this. Ctrl-click: with or without this.`}
                  onClick={(event) => onPick(series.key, event.ctrlKey || event.metaKey)}
                >
                  <i style={{ background: line.colour }} />
                  <span>{line.name}</span>
                </button>
              </td>
              {COLUMNS.map((column) => (
                <td
                  key={column}
                  className={column === 'last' || column === 'max' ? '' : css.minor}
                  title={sum[column] === null ? 'no value' : String(sum[column])}
                >
                  {quantityText(sum[column], line.quantity ?? quantity)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
