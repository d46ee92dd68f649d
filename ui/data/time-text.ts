// Instants and durations as text, in the zone of the page.

export type Zone = 'local' | 'utc';

/** The zone's own name, so that no time stands without one. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

interface Parts {
  readonly date: string;
  readonly day: string;
  readonly minute: string;
  readonly second: string;
  readonly milli: string;
}

function parts(ms: number, zone: Zone): Parts {
  // Shifted by the zone's offset, the UTC fields of a date are the zone's own fields.
  const d = new Date(zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  return {
    date: `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`,
    day: `${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`,
    minute: `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`,
    second: pad(d.getUTCSeconds()),
    milli: pad(d.getUTCMilliseconds(), 3),
  };
}

/** `2026-08-01 12:00:05`. */
export function instantText(ms: number, zone: Zone): string {
  const p = parts(ms, zone);
  return `${p.date} ${p.minute}:${p.second}`;
}

/** As a person types it: without seconds when they are zero. */
export function editText(ms: number, zone: Zone): string {
  const p = parts(ms, zone);
  return `${p.date} ${p.minute}${p.second === '00' ? '' : `:${p.second}`}`;
}

/** A label on the time axis whose labels stand `incrementS` apart; midnight shows the day. */
export function tickText(seconds: number, incrementS: number, zone: Zone): string {
  const p = parts(seconds * 1000, zone);
  if (incrementS >= 86_400) return p.day;
  if (p.minute === '00:00' && p.second === '00') return p.day;
  return incrementS < 60 ? `${p.minute}:${p.second}` : p.minute;
}

/** Two instants, the date said once when it is the same. */
export function spanText(startMs: number, endMs: number, zone: Zone): string {
  const a = instantText(startMs, zone);
  const b = instantText(endMs, zone);
  return `${a} – ${a.slice(0, 10) === b.slice(0, 10) ? b.slice(11) : b}`;
}

/** How long ago, in one unit: `5s`, `3m`, `2h`, `4d`. */
export function agoText(ms: number, nowMs: number): string {
  const s = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (s < 60) return `${s}s ago`;
  if (s < 3600) return `${Math.floor(s / 60)}m ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m ago`;
  return `${Math.floor(s / 86_400)}d ago`;
}

/** A length of time in whole units: `1m`, `1h 30m`. */
export function lengthText(ms: number): string {
  const s = Math.round(ms / 1000);
  const fields: readonly [number, string][] = [
    [Math.floor(s / 86_400), 'd'],
    [Math.floor((s % 86_400) / 3600), 'h'],
    [Math.floor((s % 3600) / 60), 'm'],
    [s % 60, 's'],
  ];
  return (
    fields
      .filter(([n]) => n > 0)
      .map(([n, unit]) => `${n}${unit}`)
      .join(' ') || '0s'
  );
}
