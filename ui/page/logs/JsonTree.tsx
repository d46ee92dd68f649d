// A line of JSON as a tree whose leaves can be filtered by.

import { IconMinus, IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { isTraceId } from '../../data/links.ts';
import { JSON_ROWS_MAX, jsonRows } from './json-tree.ts';
import type { JsonRow } from './json-tree.ts';
import { TraceLink } from './TraceLink.tsx';
import fieldsCss from '../../kit/fields.module.css';
import css from './detail.module.css';

interface JsonTreeProps {
  readonly value: unknown;
  readonly onFilter: (field: string, value: string, keep: boolean) => void;
}

export function JsonTree({ value, onFilter }: JsonTreeProps) {
  const rows = useMemo(() => jsonRows(value), [value]);
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const toggle = (index: number): void => {
    const next = new Set(closed);
    if (!next.delete(index)) next.add(index);
    setClosed(next);
  };
  return (
    <div className={css.tree}>
      {visibleRows(rows, closed).map(([row, index]) => (
        <div key={index} className={css.leaf} style={{ paddingLeft: row.depth * 14 }}>
          {row.kind === 'open' ? (
            <button type="button" className={css.branch} aria-expanded={!closed.has(index)} onClick={() => toggle(index)}>
              {row.key} <span>{row.text}</span>
            </button>
          ) : (
            <>
              <span className={css.key}>{row.key}</span>
              <span className={css.json} data-kind={row.kind}>
                {isTraceId(row.key, row.text) ? <TraceLink id={row.text} /> : row.text}
              </span>
              {row.field !== undefined && <LeafFilters row={row} field={row.field} onFilter={onFilter} />}
            </>
          )}
        </div>
      ))}
      {rows.length >= JSON_ROWS_MAX && <div className={css.said}>More is not drawn as a tree; the text has all of it.</div>}
    </div>
  );
}

function LeafFilters({ row, field, onFilter }: Pick<JsonTreeProps, 'onFilter'> & { readonly row: JsonRow; readonly field: string }) {
  return (
    <span className={fieldsCss.actions}>
      <button
        type="button"
        title={`Only lines with this ${field}`}
        aria-label={`Only ${field}=${row.text}`}
        onClick={() => onFilter(field, row.text, true)}
      >
        <IconPlus size={14} aria-hidden />
      </button>
      <button
        type="button"
        title={`Only lines without this ${field}`}
        aria-label={`Without ${field}=${row.text}`}
        onClick={() => onFilter(field, row.text, false)}
      >
        <IconMinus size={14} aria-hidden />
      </button>
    </span>
  );
}

/** The rows that do not lie within one that is closed, with their places. */
function visibleRows(rows: readonly JsonRow[], closed: ReadonlySet<number>): readonly (readonly [JsonRow, number])[] {
  const shown: (readonly [JsonRow, number])[] = [];
  let within = Number.POSITIVE_INFINITY;
  rows.forEach((row, index) => {
    if (row.depth > within) return;
    within = closed.has(index) ? row.depth : Number.POSITIVE_INFINITY;
    shown.push([row, index]);
  });
  return shown;
}
