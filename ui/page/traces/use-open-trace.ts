// To the page of a trace, in the time and for the tenant that are shown.

import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
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

interface TraceHref {
  readonly href: string;
  /** Goes there without loading the page anew; with a key held the browser opens it elsewhere. */
  readonly follow: (event: MouseEvent) => void;
}

export function useTraceHref(traceId: string, spanId: string | undefined): TraceHref {
  const router = useRouter();
  const { address } = useAddress();
  const href = hrefOf(router.basepath, address, traceId, spanId);
  const follow = (event: MouseEvent): void => {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.push(href);
  };
  return { href, follow };
}
