// To the page of a trace, in the time and for the tenant that are shown.

import { useRouter } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { MouseEvent } from 'react';
import { keepShell, writeAddress } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import { tracePath } from '../../data/links.ts';
import { useAddress } from '../../data/use-address.ts';

function hrefOf(base: string, address: Address, traceId: string, spanId: string | undefined): string {
  return `${base}${tracePath(traceId)}${writeAddress({ ...keepShell(address), span: spanId })}`;
}

/** Shows a trace, at one of its spans where one is named. */
export function useOpenTrace(): (traceId: string, spanId?: string) => void {
  const router = useRouter();
  const { address } = useAddress();
  return useCallback((traceId, spanId) => router.history.push(hrefOf(router.basepath, address, traceId, spanId)), [router, address]);
}

export interface TraceLinks {
  readonly href: (traceId: string, spanId?: string) => string;
  /** For what holds the links: a click on one goes there without loading the page anew, and with a key held the browser opens it elsewhere. */
  readonly follow: (event: MouseEvent) => void;
}

/** Links for rows by the thousand: the rows ask nobody where they lead. */
export function useTraceLinks(): TraceLinks {
  const router = useRouter();
  const { address } = useAddress();
  const { from, to, tz, tenant } = address;
  return useMemo((): TraceLinks => {
    const shell: Address = { from, to, tz, tenant };
    return {
      href: (traceId, spanId) => hrefOf(router.basepath, shell, traceId, spanId),
      follow: (event) => {
        const link = event.target instanceof Element ? event.target.closest('a') : null;
        if (link === null) return;
        // The row beneath is not meant.
        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        router.history.push(link.getAttribute('href') ?? '');
      },
    };
  }, [router, from, to, tz, tenant]);
}
