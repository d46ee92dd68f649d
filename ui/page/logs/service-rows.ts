// The services that send lines, the most voluminous first, with how many lines of each level they sent.

import type { Level } from '../../data/levels.ts';
import { LEVELS, levelOfWord } from '../../data/levels.ts';
import type { InstantValue } from '../../data/query-result.ts';

export interface ServiceRow {
  readonly name: string;
  readonly bytes: number;
  /** Its bytes as a part of the largest service's. */
  readonly share: number;
}

export interface LevelShare {
  readonly level: Level;
  readonly lines: number;
}

function vectorOf(
  value: InstantValue | undefined,
): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
  if (value?.kind !== 'vector') return [];
  return value.series.map(({ labels, values: [first] }) => ({ labels, value: typeof first === 'number' ? first : 0 }));
}

/** Rows of a volume by one label. */
export function serviceRows(value: InstantValue | undefined, label: string): readonly ServiceRow[] {
  const rows = vectorOf(value)
    .map(({ labels, value: bytes }) => ({ name: labels[label] ?? '', bytes }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => b.bytes - a.bytes);
  const most = rows[0]?.bytes ?? 1;
  return rows.map((row) => ({ ...row, share: most === 0 ? 0 : row.bytes / most }));
}

/** Lines by service and level, the gravest first. */
export function levelsByService(value: InstantValue | undefined, label: string): ReadonlyMap<string, readonly LevelShare[]> {
  const services = new Map<string, Map<Level, number>>();
  for (const { labels, value: lines } of vectorOf(value)) {
    const name = labels[label] ?? '';
    const levels = services.get(name) ?? new Map<Level, number>();
    services.set(name, levels);
    const level = levelOfWord(labels['detected_level'] ?? '');
    levels.set(level, (levels.get(level) ?? 0) + lines);
  }
  return new Map(
    [...services].map(([name, levels]) => [
      name,
      LEVELS.flatMap((level) => (levels.has(level) ? [{ level, lines: levels.get(level) ?? 0 }] : [])),
    ]),
  );
}
