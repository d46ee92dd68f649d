// The spans that a span links to, in this trace or in others.

import { tracePath } from '../../data/links.ts';
import { PathLink } from '../../kit/PathLink.tsx';
import { AttributeTable } from './AttributeTable.tsx';
import type { SpanLink } from './trace.ts';
import css from './panel.module.css';

export function SpanLinks({ links, wanted }: { readonly links: readonly SpanLink[]; readonly wanted: string }) {
  if (links.length === 0) return null;
  return (
    <section>
      <h3>
        Links <span>{links.length}</span>
      </h3>
      {links.map((link, i) => (
        <div key={i} className={css.event}>
          <PathLink path={`${tracePath(link.traceId)}?span=${link.spanId}`}>{link.traceId}</PathLink> <span>span {link.spanId}</span>
          <AttributeTable title="" scope="link" attributes={link.attributes} wanted={wanted} />
        </div>
      ))}
    </section>
  );
}
