// A link to the trace that an id names.

import { tracePath } from '../../data/links.ts';
import { PathLink } from '../../kit/PathLink.tsx';
import css from './detail.module.css';

export function TraceLink({ id }: { readonly id: string }) {
  return (
    <PathLink className={css.trace} path={tracePath(id)}>
      {id}
    </PathLink>
  );
}
