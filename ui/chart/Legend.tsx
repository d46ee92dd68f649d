// The legend of a chart as a table: which line is which, and what it amounts to. It is also the picture's equivalent for those who cannot see it.

import { IconArrowUpRight } from '@tabler/icons-react';
import { Fragment, useMemo, useState } from 'react';
import type { Link } from '../../src/links/link.ts';
import type { Grid } from '../data/samples.ts';
import { summaryOf } from '../data/samples.ts';
import { largestOf, quantityText } from '../data/units.ts';
import type { Quantity } from '../data/units.ts';
import { Leads } from '../kit/Leads.tsx';
import type { Line } from './Chart.tsx';
import css from './chart.module.css';

interface LegendProps {
  readonly grid: Grid;
  readonly lines: readonly Line[];
  readonly quantity: Quantity;
  /** A click isolates; with Ctrl or ⌘ it takes one line away or brings it back. */
  readonly onPick: (key: string, toggle: boolean) => void;
  /** Where to go from a series, asked when a person wants to know; none where that is nowhere. */
  readonly linksOf?: (labels: Readonly<Record<string, string>>) => readonly Link[];
}

const COLUMNS = ['last', 'min', 'max', 'mean'] as const;

export function Legend({ grid, lines, quantity, onPick, linksOf }: LegendProps) {
  const [open, setOpen] = useState('');
  const sums = useMemo(() => grid.series.map((s) => summaryOf(s.values)), [grid]);
  const largest = largestOf(sums.map(({ max }) => max));
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
          const isOpen = open === series.key;
          return (
            <Fragment key={series.key}>
              <tr>
                <td>
                  <div className={css.named}>
                    <Name line={line} onPick={(toggle) => onPick(series.key, toggle)} />
                    {linksOf && (
                      <button
                        type="button"
                        className={css.go}
                        aria-expanded={isOpen}
                        title="Where to go from here"
                        aria-label={`Where to go from ${line.name}`}
                        onClick={() => setOpen(isOpen ? '' : series.key)}
                      >
                        <IconArrowUpRight size={14} aria-hidden />
                      </button>
                    )}
                  </div>
                </td>
                {COLUMNS.map((column) => (
                  <td
                    key={column}
                    className={column === 'last' || column === 'max' ? '' : css.minor}
                    title={sum[column] === null ? 'no value' : String(sum[column])}
                  >
                    {quantityText(sum[column], line.quantity ?? quantity, largest)}
                  </td>
                ))}
              </tr>
              {isOpen && (
                <tr className={css.leads}>
                  <td colSpan={3}>{linksOf && <Where links={linksOf(series.labels)} />}</td>
                  <td colSpan={2} className={css.minor} />
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

function Name({ line, onPick }: { readonly line: Line; readonly onPick: (toggle: boolean) => void }) {
  return (
    <button
      type="button"
      className={css.name}
      aria-pressed={line.shown}
      title={`${line.name}\nClick: only this. Ctrl-click: with or without this.`}
      onClick={(event) => onPick(event.ctrlKey || event.metaKey)}
    >
      <i style={{ background: line.colour }} />
      <span>{line.name}</span>
    </button>
  );
}

function Where({ links }: { readonly links: readonly Link[] }) {
  return links.length === 0 ? 'Its labels name no service, pod, host or trace.' : <Leads links={links} />;
}
