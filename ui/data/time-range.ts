// The time range of the whole application: two texts, as they stand in the address, and what they mean at a given now.

export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** A range as two instants, in milliseconds since the epoch. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export const DEFAULT_RANGE: TimeRange = { from: 'now-1h', to: 'now' };

/** Ranges that are one click away. */
export const QUICK_RANGES: readonly (TimeRange & { readonly title: string })[] = [
  { from: 'now-5m', to: 'now', title: 'Last 5 minutes' },
  { from: 'now-15m', to: 'now', title: 'Last 15 minutes' },
  { from: 'now-1h', to: 'now', title: 'Last hour' },
  { from: 'now-3h', to: 'now', title: 'Last 3 hours' },
  { from: 'now-6h', to: 'now', title: 'Last 6 hours' },
  { from: 'now-12h', to: 'now', title: 'Last 12 hours' },
  { from: 'now-1d', to: 'now', title: 'Last day' },
  { from: 'now-2d', to: 'now', title: 'Last 2 days' },
  { from: 'now-7d', to: 'now', title: 'Last 7 days' },
  { from: 'now-30d', to: 'now', title: 'Last 30 days' },
];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, M: 30 * DAY, y: 365 * DAY };

const STEPS_MS: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
].map((seconds) => seconds * SECOND);

/**
 * One end of a range: `now`, `now-1h30m`, milliseconds since the epoch, or a date (`2026-08-01`, `2026-08-01 10:00`, RFC 3339).
 * A date without a zone is in the zone of the page. Nothing when the text is none of these.
 */
export function parseMoment(text: string, nowMs: number, utc: boolean): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now') return nowMs;
  const relative = /^now([-+])((?:\d+[smhdwMy])+)$/.exec(trimmed);
  if (relative) {
    const ms = [...(relative[2] ?? '').matchAll(/(\d+)([smhdwMy])/g)].reduce(
      (sum, m) => sum + Number(m[1]) * (UNIT_MS[m[2] ?? ''] ?? 0),
      0,
    );
    return relative[1] === '-' ? nowMs - ms : nowMs + ms;
  }
  if (/^\d{11,15}$/.test(trimmed)) return Number(trimmed);
  return parseDate(trimmed, utc);
}

function parseDate(text: string, utc: boolean): number | undefined {
  const date = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  if (!date) return undefined;
  const zone = date[3] ?? (utc ? 'Z' : '');
  const ms = Date.parse(`${date[1]}T${date[2] ?? '00:00'}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The two instants of a range; nothing when a text is wrong or the end is not after the start. */
export function resolveRange(range: TimeRange, nowMs: number, utc = false): Span | undefined {
  const startMs = parseMoment(range.from, nowMs, utc);
  const endMs = parseMoment(range.to, nowMs, utc);
  return startMs === undefined || endMs === undefined || endMs <= startMs ? undefined : { startMs, endMs };
}

/** A range of fixed instants. */
export function absoluteRange(span: Span): TimeRange {
  return { from: String(Math.round(span.startMs)), to: String(Math.round(span.endMs)) };
}

/** Half of its length earlier or later, never past now. */
export function shiftRange(span: Span, direction: -1 | 1, nowMs: number): TimeRange {
  const length = span.endMs - span.startMs;
  const endMs = Math.min(span.endMs + (direction * length) / 2, Math.max(nowMs, span.endMs));
  return absoluteRange({ startMs: endMs - length, endMs });
}

/** What the range is called: its quick name, or its texts. */
export function rangeTitle(range: TimeRange): string | undefined {
  const quick = QUICK_RANGES.find((q) => q.from === range.from && q.to === range.to);
  if (quick) return quick.title;
  const relative = /^now-(\w+)$/.exec(range.from);
  if (range.to === 'now' && relative) return `Last ${relative[1]}`;
  return range.from.startsWith('now') || range.to.startsWith('now') ? `${range.from} to ${range.to}` : undefined;
}

/** The smallest round step that gives at most `pointsMax` points, in milliseconds. */
export function stepFor(span: Span, pointsMax: number): number {
  const least = (span.endMs - span.startMs) / pointsMax;
  return STEPS_MS.find((step) => step >= least) ?? Math.ceil(least / DAY) * DAY;
}

/** The span widened to whole steps, so that asking again moves no point that stays. */
export function alignSpan(span: Span, stepMs: number): Span {
  return { startMs: Math.floor(span.startMs / stepMs) * stepMs, endMs: Math.ceil(span.endMs / stepMs) * stepMs };
}
