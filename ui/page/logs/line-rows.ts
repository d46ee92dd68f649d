// How a line stands in the list: its time, what is cut off, and what two lines must differ in to be told apart.

import type { LogEntry } from '../../data/log-lines.ts';
import { msOf } from '../../data/log-lines.ts';
import { instantText } from '../../data/time-text.ts';
import type { Zone } from '../../data/time-text.ts';

/** Letters of a line that the list draws, on one line as many as the widest screens hold; the detail shows all. */
const DRAWN_ON_ONE_LINE = 500;
const DRAWN_WRAPPED = 8000;

/** `12:00:05.123`, with the day where the list spans several. */
export function timeText(entry: Pick<LogEntry, 'ns'>, zone: Zone, withDay: boolean): string {
  const ms = msOf(entry);
  const text = instantText(ms, zone);
  return `${withDay ? text.slice(5) : text.slice(11)}.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}`;
}

/** The time to the nanosecond. */
export function exactTimeText({ ns }: Pick<LogEntry, 'ns'>, zone: Zone): string {
  return `${instantText(msOf({ ns }), zone)}.${ns.slice(-9)}`;
}

/** The text as the list draws it: on one line, line breaks are shown as a sign. */
export function drawnText(line: string, wrap: boolean): string {
  const most = wrap ? DRAWN_WRAPPED : DRAWN_ON_ONE_LINE;
  const text = line.length > most ? `${line.slice(0, most)} … ${line.length - most} more characters` : line;
  return wrap ? text.replace(/\r?\n$/, '') : text.replace(/\r?\n$/, '').replaceAll(/\r?\n/g, ' ↵ ');
}

/** Letters of the longest value of a column among the lines that are looked at first, or of its title with its button; between 6 and 40. */
export function columnWidth(values: readonly (string | undefined)[], title: string): number {
  const longest = values.reduce((most, value) => Math.max(most, value?.length ?? 0), title.length + 4);
  return Math.min(40, Math.max(6, longest));
}

export const ROW_HEIGHT = 20;

/** About how high a line is when it is wrapped after so many letters; what is drawn is measured. Asked of every line, so it reads none. */
export function wrappedHeight({ length }: string, letters: number): number {
  return Math.max(1, Math.ceil(Math.min(length, DRAWN_WRAPPED) / letters)) * ROW_HEIGHT;
}

/** How many of the first lines a stage of the query could not read, and what it says of the first of them. */
export function unreadLines(entries: readonly LogEntry[], lookedAt: number): { readonly count: number; readonly error: string } {
  const errors = entries.slice(0, lookedAt).flatMap(({ parsed }) => (parsed['__error__'] === undefined ? [] : [parsed['__error__']]));
  return { count: errors.length, error: errors[0] ?? '' };
}
