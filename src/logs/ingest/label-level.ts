// The level that labels give to a line, before the line itself is asked (detect-level.ts), and the words that levels have.
//
//   metadata detected_level ─▶ stream labels ─▶ metadata fields ─▶ severity_number ─▶ the line
//
// The rules are Loki's (pkg/distributor/field_detection.go, release 3.7), its default list of fields included.

import type { Labels } from '../../query/labels.ts';
import { labelValue } from '../../query/labels.ts';

/** Index into `LEVELS`. */
export type Level = number;

export const LEVELS = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;

export const UNKNOWN = 0;
export const [TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, FATAL] = [1, 2, 3, 4, 5, 6, 7] as const;

/** Where a line's level stands in its labels or fields, the first that is there. */
export const LEVEL_FIELDS: readonly string[] =
  'level LEVEL Level log.level severity SEVERITY Severity SeverityText lvl LVL Lvl severity_text Severity_Text SEVERITY_TEXT'.split(' ');

/** What a field may say, in whatever case. */
export const VALUE_WORDS: readonly (readonly [string, Level])[] = [
  ['trace', TRACE],
  ['trc', TRACE],
  ['debug', DEBUG],
  ['dbg', DEBUG],
  ['info', INFO],
  ['inf', INFO],
  ['information', INFO],
  ['warn', WARN],
  ['wrn', WARN],
  ['warning', WARN],
  ['error', ERROR],
  ['err', ERROR],
  ['critical', CRITICAL],
  ['fatal', FATAL],
];

const LEVEL_OF_WORD: ReadonlyMap<string, Level> = new Map(VALUE_WORDS);

/** A level as it is shown: one of `LEVELS` where the text names one in whatever case, else the text as it stands. */
function levelName(text: string): string {
  const level = text.length > 11 ? undefined : LEVEL_OF_WORD.get(text.toLowerCase());
  return level === undefined ? text : (LEVELS[level] ?? text);
}

/** The level that the labels of a stream give to all its lines; undefined for none. */
function levelOfStream(stream: Labels): string | undefined {
  const value = firstValue(stream);
  return value === '' ? undefined : levelName(value);
}

/**
 * The level that a line's labels give it, as `detected_level` shows it: one of `LEVELS`, or the sender's own word. Undefined where the line itself has
 * to be asked (`detectLevel`). A metadata `detected_level` stands above all, then the stream's labels, then metadata, then OTLP's severity number.
 */
export function levelOfLabels(stream: Labels, metadata: Labels): string | undefined {
  if (metadata.length === 0) return levelOfStream(stream);
  const given = labelValue(metadata, 'detected_level');
  if (given !== '') return levelName(given);
  const value = firstValue(stream) || firstValue(metadata);
  if (value !== '') return levelName(value);
  const severity = labelValue(metadata, 'severity_number');
  return severity === '' ? undefined : LEVELS[severityLevel(severity)];
}

function firstValue(labels: Labels): string {
  let best = LEVEL_FIELDS.length;
  let value = '';
  for (let i = 0; i < labels.length; i += 2) {
    const rank = LEVEL_FIELDS.indexOf(labels[i] ?? '');
    if (rank < 0 || rank >= best) continue;
    best = rank;
    value = labels[i + 1] ?? '';
  }
  return value;
}

/** OTLP's severity numbers, four to a level (logs data model, "Field: SeverityNumber"); what is no number is info, as the peer has it. */
function severityLevel(text: string): Level {
  if (!/^[+-]?\d{1,18}$/.test(text)) return INFO;
  const number = Number(text);
  if (number === 0 || number > 24) return UNKNOWN;
  if (number <= 4) return TRACE;
  if (number <= 8) return DEBUG;
  if (number <= 12) return INFO;
  if (number <= 16) return WARN;
  return number <= 20 ? ERROR : FATAL;
}
