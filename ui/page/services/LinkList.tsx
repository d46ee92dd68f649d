// Links from a service, an operation or a call to its traces, logs and metrics, in the range of the page. They are those that the API gives.

import type { LinkSubject } from '../../../src/links/link.ts';
import { linksOf } from '../../../src/links/links.ts';
import { useLive } from '../../data/Live.tsx';
import { Leads } from '../../kit/Leads.tsx';

interface LinkListProps {
  readonly subject: Omit<LinkSubject, 'fromMs' | 'toMs' | 'nowMs'>;
  /** On its own page a service needs no link to itself. */
  readonly own?: boolean;
  /** Of the section that the links are, in a side panel. */
  readonly title?: string;
}

/** A path without its times: the page's own range, which may move with the clock, goes along. */
function withoutTimes(path: string): string {
  const [page = '', search = ''] = path.split('?');
  const fields = new URLSearchParams(search);
  fields.delete('from');
  fields.delete('to');
  const rest = fields.toString();
  return rest === '' ? page : `${page}?${rest}`;
}

export function LinkList({ subject, own = false, title }: LinkListProps) {
  const { span, nowMs } = useLive();
  const links = linksOf({ ...subject, fromMs: span.startMs, toMs: span.endMs, nowMs })
    .filter(({ to }) => !(own && to === 'service'))
    .map((link) => ({ ...link, path: withoutTimes(link.path) }));
  return <Leads links={links} title={title} />;
}
