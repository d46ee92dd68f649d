// The diamonds of the chart as a list: for those who do not see them, and for those who look for one of many.

import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { Mark } from '../../data/exemplars.ts';
import { useLive } from '../../data/Live.tsx';
import { instantText } from '../../data/time-text.ts';
import { countText, quantityText } from '../../data/units.ts';
import { PathLink } from '../../kit/PathLink.tsx';
import css from './exemplars.module.css';

/** Labels that say nothing beside the link. */
const UNSAID: ReadonlySet<string> = new Set(['__name__', 'traceID', 'trace_id']);

export function ExemplarList({ marks }: { readonly marks: readonly Mark[] }) {
  const [open, setOpen] = useState(false);
  if (marks.length === 0) return null;
  return (
    <section className={css.exemplars}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} aria-hidden />
        <i aria-hidden />
        {marks.length === 1 ? 'One exemplar' : `${countText(marks.length)} exemplars`}
      </button>
      {open && <Rows marks={marks} />}
    </section>
  );
}

/** The greatest first: what took longest is looked at first. */
function Rows({ marks }: { readonly marks: readonly Mark[] }) {
  const { zone } = useLive();
  return (
    <table>
      <thead>
        <tr>
          {['Time', 'Value', 'Trace', 'Labels'].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {marks
          .toSorted((a, b) => b.own - a.own)
          .map((mark) => (
            <tr key={`${mark.atMs} ${mark.own} ${mark.path}`}>
              <td>{instantText(mark.atMs, zone)}</td>
              <td title={String(mark.own)}>{quantityText(mark.own, mark.quantity)}</td>
              <td>
                {mark.path === undefined ? 'names none' : <PathLink path={mark.path}>{/^\/traces\/([^?]*)/.exec(mark.path)?.[1]}</PathLink>}
              </td>
              <td title={labelsText(mark)}>{labelsText(mark)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function labelsText({ labels }: Mark): string {
  return Object.entries(labels)
    .filter(([name]) => !UNSAID.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
