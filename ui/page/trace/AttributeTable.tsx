// Names and values with what can be done with each: find more like it, copy it. What is sought within the trace is marked.

import { IconCopy, IconZoomScan } from '@tabler/icons-react';
import { useState } from 'react';
import type { AttributeScope } from '../../../src/traces/traceql/ast.ts';
import { isTraceId, tracePath } from '../../data/links.ts';
import { copyText } from '../../kit/CopyButton.tsx';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { PathLink } from '../../kit/PathLink.tsx';
import { likeAttribute } from './like-this.ts';
import { Marked } from './SpanRow.tsx';
import { named } from './span-json.ts';
import type { Attribute } from './trace.ts';
import fieldsCss from '../../kit/fields.module.css';
import css from './panel.module.css';

export interface FactRow {
  readonly name: string;
  /** Empty where there is none: then it has no row. */
  readonly text: string;
  /** Shown when pointed at, and copied. */
  readonly exact?: string;
  /** The query that finds more like it. */
  readonly like?: string | undefined;
}

interface AttributeTableProps {
  readonly title: string;
  /** How TraceQL reaches the attributes. */
  readonly scope?: AttributeScope;
  readonly attributes?: readonly Attribute[];
  /** Rows before those of the attributes. */
  readonly rows?: readonly FactRow[];
  readonly wanted: string;
  readonly level?: 3 | 4;
}

export function AttributeTable({ title, scope = 'span', attributes = [], rows = [], wanted, level = 3 }: AttributeTableProps) {
  const all: readonly FactRow[] = [
    ...rows.filter(({ text }) => text !== ''),
    ...attributes.map((attribute) => ({
      name: attribute.key,
      text: attribute.kind === 'empty' ? '(no value)' : attribute.kind === 'string' && attribute.text === '' ? '""' : attribute.text,
      exact: attribute.text,
      like: likeAttribute(scope, attribute),
    })),
  ];
  if (all.length === 0) return null;
  const Heading = level === 3 ? 'h3' : 'h4';
  return (
    <section>
      {title !== '' && (
        <div className={css.heading}>
          <Heading>
            {title} {attributes.length > 0 && <span>{attributes.length}</span>}
          </Heading>
          {attributes.length > 1 && <CopyButton title="Copy all" text={() => JSON.stringify(named(attributes), undefined, 2)} />}
        </div>
      )}
      <table className={fieldsCss.fields}>
        <tbody>
          {all.map((row, i) => (
            <Row key={`${row.name} ${i}`} row={row} wanted={wanted} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row: { name, text, exact = text, like }, wanted }: { readonly row: FactRow; readonly wanted: string }) {
  const [said, setSaid] = useState(`Copy ${name}`);
  const isMatch = wanted !== '' && `${name}=${text}`.toLowerCase().includes(wanted);
  const copy = (): void =>
    void copyText(exact).then(
      () => setSaid('Copied'),
      () => setSaid('The browser forbids copying'),
    );
  return (
    <tr data-match={isMatch}>
      <th scope="row">
        <Marked text={name} wanted={wanted} />
      </th>
      <td title={exact === text ? undefined : exact}>
        {isTraceId(name, text) ? <PathLink path={tracePath(text)}>{text}</PathLink> : <Marked text={text} wanted={wanted} />}
      </td>
      <td className={fieldsCss.rowActions}>
        {like !== undefined && (
          <PathLink
            path={`/traces?${new URLSearchParams({ q: like }).toString()}`}
            title={`Find more like this: ${like}`}
            label={`Find more like this ${name}`}
          >
            <IconZoomScan size={14} aria-hidden />
          </PathLink>
        )}
        <button type="button" title={said} aria-label={said} onClick={copy}>
          <IconCopy size={14} aria-hidden />
        </button>
      </td>
    </tr>
  );
}
