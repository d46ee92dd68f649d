// The one clock of the application: what "now" is for every question on the page, when it moves on, and the range and tenant that go with it.

import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { rangeAddress, shellAddress } from './address.ts';
import type { ShellAddress } from './address.ts';
import { DEFAULT_RANGE, absoluteRange, resolveRange, shiftRange } from './time-range.ts';
import type { Span, TimeRange } from './time-range.ts';
import { useAddress } from './use-address.ts';

/** Seconds between refreshes; 0 is never. */
export const REFRESH_CHOICES = [0, 5, 15, 30, 60, 300] as const;

export interface Live extends ShellAddress {
  readonly nowMs: number;
  readonly span: Span;
  /** The range in the address means nothing, so the default stands in. */
  readonly rangeIsWrong: boolean;
  readonly everyS: number;
  readonly setEveryS: (seconds: number) => void;
  readonly refresh: () => void;
  readonly setRange: (range: TimeRange) => void;
  /** Draws a part of the range, and remembers the range to go back to. */
  readonly zoom: (span: Span) => void;
  readonly zoomBack: () => void;
  readonly shift: (direction: -1 | 1) => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error('useLive stands outside of LiveProvider');
  return live;
}

function storedEvery(): number {
  try {
    const seconds = Number(localStorage.getItem('sightline.refresh') ?? 0);
    return REFRESH_CHOICES.find((choice) => choice === seconds) ?? 0;
  } catch {
    return 0;
  }
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const { address, set } = useAddress();
  const { range, zone, tenant } = shellAddress(address);
  const { from, to } = range;
  const [nowMs, setNowMs] = useState(() => Date.now());
  const [everyS, setEvery] = useState(storedEvery);
  const zooms = useRef<TimeRange[]>([]);
  const tick = useCallback(() => setNowMs(Date.now()), []);
  useRefresh(everyS, tick);
  const client = useQueryClient();
  const refresh = useCallback(() => {
    tick();
    // Questions that follow the clock by the minute are asked again too, because a person said so.
    void client.invalidateQueries({ predicate: (query) => String(query.queryKey[3]).startsWith('minute') });
  }, [client, tick]);

  const live = useMemo((): Live => {
    const resolved = resolveRange({ from, to }, nowMs, zone === 'utc');
    const span = resolved ?? { startMs: nowMs - 3_600_000, endMs: nowMs };
    const go = (next: TimeRange): void => {
      setNowMs(Date.now());
      set(rangeAddress(next));
    };
    return {
      range: { from, to },
      zone,
      tenant,
      nowMs,
      span,
      rangeIsWrong: resolved === undefined,
      everyS,
      setEveryS: (seconds) => {
        setEvery(seconds);
        try {
          localStorage.setItem('sightline.refresh', String(seconds));
        } catch {
          // The choice then lives as long as the page.
        }
      },
      refresh,
      setRange: (next) => {
        zooms.current = [];
        go(next);
      },
      zoom: (part) => {
        zooms.current.push({ from, to });
        go(absoluteRange(part));
      },
      zoomBack: () => {
        const back = zooms.current.pop();
        if (back) go(back);
        else if (from !== DEFAULT_RANGE.from || to !== DEFAULT_RANGE.to) go(widened(span, nowMs));
      },
      shift: (direction) => go(shiftRange(span, direction, Date.now())),
    };
  }, [from, to, zone, tenant, nowMs, everyS, refresh, set]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Twice as long around the same middle: where there is no zoom to undo, back is out. */
function widened(span: Span, nowMs: number): TimeRange {
  const half = (span.endMs - span.startMs) / 2;
  return absoluteRange({ startMs: span.startMs - half, endMs: Math.min(span.endMs + half, Math.max(nowMs, span.endMs)) });
}

/** Moves on by itself while somebody looks; a hidden page asks nothing, and catches up when it is seen again. */
function useRefresh(everyS: number, tick: () => void): void {
  useEffect(() => {
    if (everyS === 0) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) tick();
    }, everyS * 1000);
    const seen = (): void => {
      if (!document.hidden) tick();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [everyS, tick]);
}
