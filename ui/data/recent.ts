// Short lists that this browser remembers: queries, tenants. A browser that stores nothing works too, it only forgets.

const KEPT_MAX = 12;

export type RecentList = 'queries' | 'log-queries' | 'trace-queries' | 'tenants';

export function readRecent(list: RecentList): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`sightline.${list}`) ?? '[]');
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

/** Puts a text first; the oldest beyond the twelfth are forgotten. */
export function rememberRecent(list: RecentList, text: string): void {
  if (text.trim() === '') return;
  const next = [text, ...readRecent(list).filter((item) => item !== text)].slice(0, KEPT_MAX);
  try {
    localStorage.setItem(`sightline.${list}`, JSON.stringify(next));
  } catch {
    // Storage may be full or forbidden; remembering is a comfort.
  }
}
