// A link to a page of the application by its path, as `linksOf` gives it. The tenant and the zone go along, and the time range where the path has none.

import { useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { keepShell, readAddress, writeAddress } from '../data/address.ts';
import { useAddress } from '../data/use-address.ts';

interface PathLinkProps {
  /** Below the application's base: `/logs?q=…`. */
  readonly path: string;
  readonly className?: string | undefined;
  readonly title?: string | undefined;
  readonly label?: string | undefined;
  readonly children: ReactNode;
}

/** The whole address of a path, for what is no element of a page. */
export function useHrefOf(): (path: string) => string {
  const router = useRouter();
  const { address } = useAddress();
  return (path) => {
    const [page = '', search = ''] = path.split(/\?(.*)/s);
    return `${router.basepath}${page}${writeAddress({ ...keepShell(address), ...readAddress(search) })}`;
  };
}

export function PathLink({ path, className, title, label, children }: PathLinkProps) {
  const router = useRouter();
  const href = useHrefOf()(path);
  return (
    <a
      className={className}
      href={href}
      title={title}
      aria-label={label}
      onClick={(event) => {
        // With a key held the browser opens it elsewhere.
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        router.history.push(href);
      }}
    >
      {children}
    </a>
  );
}

/** Whether this program has a page under a path. */
export function useHasPage(): (path: string) => boolean {
  const router = useRouter();
  const parts = (path: string): readonly string[] => path.split('?', 1)[0]?.split('/').slice(1) ?? [];
  const known = Object.keys(router.routesByPath).map(parts);
  return (path) => {
    const wanted = parts(path);
    return known.some((route) => route.length === wanted.length && route.every((part, i) => part.startsWith('$') || part === wanted[i]));
  };
}
