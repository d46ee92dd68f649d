// All fields of a line by where they come from, each with what can be done with it.

import { IconColumns1, IconColumns2, IconCopy, IconMinus, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { isTraceId } from '../../data/links.ts';
import type { Category, Field } from '../../data/log-lines.ts';
import { copyText } from '../../kit/CopyButton.tsx';
import { TraceLink } from './TraceLink.tsx';
import fieldsCss from '../../kit/fields.module.css';
import css from './detail.module.css';

interface DetailFieldsProps {
  readonly fields: readonly Field[];
  readonly columns: readonly string[];
  readonly onFilter: (field: Field, keep: boolean) => void;
  readonly onColumn: (name: string) => void;
  readonly onOnlyColumn: (name: string) => void;
}

const CATEGORIES: readonly (readonly [Category, string, string])[] = [
  ['stream', 'Stream', 'labels that choose streams'],
  ['metadata', 'Metadata', 'sent with the line'],
  ['parsed', 'Parsed', 'read out of the line by the query'],
];

export function DetailFields(props: DetailFieldsProps) {
  const [said, setSaid] = useState('');
  const copy = ({ name, value }: Field): void =>
    void copyText(value).then(
      () => setSaid(`Copied ${name}`),
      () => setSaid('The browser forbids copying'),
    );
  return (
    <>
      <span className={css.hidden} role="status">
        {said}
      </span>
      {CATEGORIES.map(([category, title, meaning]) => {
        const own = props.fields.filter((field) => field.category === category);
        if (own.length === 0) return null;
        return (
          <section key={category}>
            <h3>
              {title} <span>{meaning}</span>
            </h3>
            <table className={fieldsCss.fields}>
              <tbody>
                {own.map((field) => (
                  <FieldRow key={field.name} {...props} field={field} onCopy={copy} />
                ))}
              </tbody>
            </table>
          </section>
        );
      })}
    </>
  );
}

interface FieldRowProps extends Omit<DetailFieldsProps, 'fields'> {
  readonly field: Field;
  readonly onCopy: (field: Field) => void;
}

function FieldRow({ field, columns, onFilter, onColumn, onOnlyColumn, onCopy }: FieldRowProps) {
  const { name, value } = field;
  const shown = columns.includes(name);
  const filterable = !name.startsWith('__');
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{isTraceId(name, value) ? <TraceLink id={value} /> : value}</td>
      <td className={fieldsCss.rowActions}>
        {filterable && (
          <>
            <Action label={`Only lines with this ${name}`} onClick={() => onFilter(field, true)}>
              <IconPlus size={14} aria-hidden />
            </Action>
            <Action label={`Only lines without this ${name}`} onClick={() => onFilter(field, false)}>
              <IconMinus size={14} aria-hidden />
            </Action>
          </>
        )}
        <Action label={shown ? `Without the column ${name}` : `Show ${name} as a column`} pressed={shown} onClick={() => onColumn(name)}>
          <IconColumns2 size={14} aria-hidden />
        </Action>
        <Action label={`Show only ${name}`} onClick={() => onOnlyColumn(name)}>
          <IconColumns1 size={14} aria-hidden />
        </Action>
        <Action label={`Copy ${name}`} onClick={() => onCopy(field)}>
          <IconCopy size={14} aria-hidden />
        </Action>
      </td>
    </tr>
  );
}

interface ActionProps {
  readonly label: string;
  readonly pressed?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Action({ label, pressed, onClick, children }: ActionProps) {
  return (
    <button type="button" title={label} aria-label={label} aria-pressed={pressed} onClick={onClick}>
      {children}
    </button>
  );
}
