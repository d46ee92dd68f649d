// Lines as a file: plain text with their times, or JSON with all that is known of them.

import type { LogEntry } from '../../data/log-lines.ts';
import { msOf } from '../../data/log-lines.ts';
import { plainText } from './line-segments.ts';

/** RFC 3339 to the nanosecond, in UTC. */
export function rfc3339(ns: string): string {
  return `${new Date(msOf({ ns })).toISOString().slice(0, 19)}.${ns.slice(-9)}Z`;
}

export function linesAsText(entries: readonly LogEntry[]): string {
  return entries.map((entry) => `${rfc3339(entry.ns)} ${plainText(entry.line)}\n`).join('');
}

export function linesAsJson(entries: readonly LogEntry[]): string {
  const rows = entries.map(({ ns, line, stream, metadata, parsed }) =>
    JSON.stringify({ time: rfc3339(ns), line, stream, metadata, parsed }),
  );
  return `[\n${rows.join(',\n')}\n]\n`;
}

/** Hands a text to the person as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read the file by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
