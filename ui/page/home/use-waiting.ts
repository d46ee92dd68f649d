// Looking again while something is about to arrive: a program that has just started has its first numbers within half a minute.

import { useEffect } from 'react';

export const LOOK_EVERY_S = 5;

/** Calls `look` again and again while `waiting`, at most `looksMax` times, and never for a page that nobody sees. */
export function useWaiting(waiting: boolean, looksMax: number, look: () => void): void {
  useEffect(() => {
    if (!waiting) return undefined;
    let looks = 0;
    const timer = setInterval(() => {
      if (document.hidden) return;
      look();
      looks++;
      if (looks >= looksMax) clearInterval(timer);
    }, LOOK_EVERY_S * 1000);
    return () => clearInterval(timer);
  }, [waiting, looksMax, look]);
}
