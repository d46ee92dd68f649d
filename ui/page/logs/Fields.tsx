// The fields of a query's lines: what they are called, what they hold, and how often each value occurs.

import { IconChevronDown, IconChevronRight, IconColumns2, IconMinus, IconPlus } from '@tabler/icons-react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { useLive } from '../../data/Live.tsx';
import { detectedFields, logInstant } from '../../data/log-questions.ts';
import type { DetectedField } from '../../data/log-questions.ts';
import { addFieldFilter, fieldCountQuery } from '../../data/logql-text.ts';
import { lengthText } from '../../data/time-text.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { IconButton } from '../../kit/Controls.tsx';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import type { LogsEvent, LogsState } from './logs-state.ts';
import { valueRows } from './value-rows.ts';
import css from './tables.module.css';

interface FieldsProps {
  readonly state: LogsState;
  readonly expr: LogExpr;
  readonly onLines: (query: string) => void;
  readonly onEvent: (event: LogsEvent) => void;
}

/** Lines in which fields are looked for. */
const LOOKED_AT = 1000;

export function Fields(props: FieldsProps) {
  const { state } = props;
  const { span } = useLive();
  const answer = useAnswer(detectedFields(state.query, span, LOOKED_AT));
  if (answer.error) return <Failed title="Fields cannot be shown" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton rows={12} />;
  const { value: found, warnings } = answer.data;
  if (found.length === 0) {
    return (
      <Empty title="No fields">
        <p>The lines of this query hold neither metadata nor JSON nor logfmt, or there are no lines in this time range.</p>
      </Empty>
    );
  }
  return (
    <>
      <Notices texts={warnings} />
      <p className={css.about}>Fields of the newest {countText(LOOKED_AT)} lines. A field opens to its values in the whole time range.</p>
      <div className={css.scroll} data-dim={answer.isPlaceholderData} tabIndex={0} role="region" aria-label="Fields">
        <table className={`${css.table} ${css.fields}`}>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Type</th>
              <th scope="col">Values</th>
              <th scope="col">Comes from</th>
              <th scope="col">Column</th>
            </tr>
          </thead>
          <tbody>
            {found.map((field) => (
              <FieldRows key={field.name} {...props} field={field} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function FieldRows(props: FieldsProps & { readonly field: DetectedField }) {
  const { field, state, onEvent } = props;
  const { name, type, cardinality, parsers } = field;
  const open = state.field === name;
  const column = state.columns.includes(name);
  return (
    <>
      <tr data-open={open}>
        <th scope="row">
          <button type="button" className={css.opener} aria-expanded={open} onClick={() => onEvent({ kind: 'field toggled', name })}>
            {open ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
            <code>{name}</code>
          </button>
        </th>
        <td>{type}</td>
        <td className={css.number}>{countText(cardinality)}</td>
        <td>{parsers.length === 0 ? 'sent with the line' : parsers.join(', ')}</td>
        <td className={css.buttons}>
          <IconButton
            label={column ? `Without the column ${name}` : `Show ${name} as a column`}
            aria-pressed={column}
            onClick={() => onEvent({ kind: 'column toggled', name })}
          >
            <IconColumns2 size={14} aria-hidden />
          </IconButton>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className={css.inner}>
            <FieldValues {...props} />
          </td>
        </tr>
      )}
    </>
  );
}

function FieldValues({ field, state, expr, onLines }: FieldsProps & { readonly field: DetectedField }) {
  const { span } = useLive();
  const { name } = field;
  const parser = field.parsers[0];
  const length = lengthText(span.endMs - span.startMs).replaceAll(' ', '');
  const answer = useAnswer(logInstant(fieldCountQuery(expr, name, parser, length), span.endMs));
  if (answer.error) return <Failed title="The values cannot be counted" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton rows={4} />;
  const { rows, total } = valueRows(answer.data.value.value, name);
  if (rows.length === 0) return <p className={css.about}>No line of the time range has a value for it.</p>;
  const filter = (value: string, keep: boolean): void =>
    onLines(addFieldFilter(state.query, { name, value, category: 'metadata', keep, ...(parser === undefined ? {} : { parser }) }));
  return (
    <table className={css.values}>
      <tbody>
        {rows.map(({ value, count, share }) => (
          <tr key={value}>
            <td className={css.buttons}>
              <IconButton label={`Only ${name}=${value}`} onClick={() => filter(value, true)}>
                <IconPlus size={14} aria-hidden />
              </IconButton>
              <IconButton label={`Without ${name}=${value}`} onClick={() => filter(value, false)}>
                <IconMinus size={14} aria-hidden />
              </IconButton>
            </td>
            <td className={css.number}>{countText(count)}</td>
            <td className={css.number}>{((count / total) * 100).toPrecision(2)} %</td>
            <td className={css.barCell}>
              <i style={{ width: `${share * 100}%` }} />
            </td>
            <td className={css.value}>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
