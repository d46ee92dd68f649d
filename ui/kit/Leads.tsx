// Where to go from what is shown: the links that `linksOf` gives, each with a picture of its kind. What this program has no page for is left out.

import { IconBinaryTree2, IconChartLine, IconFileText, IconFlame, IconServer2, IconTimeline } from '@tabler/icons-react';
import type { Link, LinkTarget } from '../../src/links/link.ts';
import { PathLink, useHasPage } from './PathLink.tsx';
import css from './leads.module.css';

const ICONS: Readonly<Record<LinkTarget, typeof IconFileText>> = {
  trace: IconTimeline,
  traces: IconBinaryTree2,
  logs: IconFileText,
  metrics: IconChartLine,
  service: IconServer2,
  profile: IconFlame,
};

interface LeadsProps {
  readonly links: readonly Link[];
  /** Of the section that the links are, in a side panel. */
  readonly title?: string | undefined;
}

export function Leads({ links, title }: LeadsProps) {
  const hasPage = useHasPage();
  const shown = links.filter(({ path }) => hasPage(path));
  if (shown.length === 0) return null;
  const list = (
    <ul className={css.leads} aria-label={title ?? 'Links'}>
      {shown.map((link) => (
        <Lead key={link.path} link={link} />
      ))}
    </ul>
  );
  if (title === undefined) return list;
  return (
    <section>
      <h3>{title}</h3>
      {list}
    </section>
  );
}

function Lead({ link: { to, title, path, query } }: { readonly link: Link }) {
  const Icon = ICONS[to];
  return (
    <li>
      <Icon size={14} aria-hidden />
      <PathLink path={path} title={query?.text ?? title}>
        {title}
      </PathLink>
    </li>
  );
}
