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

export function Leads({ links }: { readonly links: readonly Link[] }) {
  const hasPage = useHasPage();
  return (
    <ul className={css.leads}>
      {links
        .filter(({ path }) => hasPage(path))
        .map(({ to, title, path, query }) => {
          const Icon = ICONS[to];
          return (
            <li key={title}>
              <Icon size={14} aria-hidden />
              <PathLink path={path} title={query?.text ?? title}>
                {title}
              </PathLink>
            </li>
          );
        })}
    </ul>
  );
}
