// The levels of lines: one word for each of the many ways in which programs write them, in the order of weight.

import { fieldValue } from './log-lines.ts';
import type { LogEntry } from './log-lines.ts';

export const LEVELS = ['fatal', 'critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;

export type Level = (typeof LEVELS)[number];

const WORDS: readonly (readonly [RegExp, Level])[] = [
  [/^(fatal|emerg|emergency|panic)$/i, 'fatal'],
  [/^(critical|crit|alert)$/i, 'critical'],
  [/^(error|err|eror|e|severe)$/i, 'error'],
  [/^(warn|warning|w)$/i, 'warn'],
  [/^(info|information|informational|notice|i)$/i, 'info'],
  [/^(debug|dbug|dbg|d)$/i, 'debug'],
  [/^(trace|trc|verbose)$/i, 'trace'],
];

/** Where a level may stand, the server's own word first. */
const FIELDS = ['detected_level', 'level', 'severity', 'severity_text', 'lvl'] as const;

export function levelOfWord(word: string): Level {
  return WORDS.find(([pattern]) => pattern.test(word))?.[1] ?? 'unknown';
}

export function levelOf(entry: LogEntry): Level {
  for (const name of FIELDS) {
    const word = fieldValue(entry, name);
    if (word !== undefined && word !== '') return levelOfWord(word);
  }
  return 'unknown';
}

/** The colour of a level, by its name in the theme. */
export function levelColour(level: Level): string {
  return `var(--level-${level})`;
}
