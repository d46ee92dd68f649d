// An entry of the systemd journal as a log line: which of its fields are labels, which are structured metadata.
//
// Source of the fields: systemd.journal-fields(7).

import type { JournalFields } from './journal-export.ts';

/** Where the journal stands behind an entry. */
export interface JournalPosition {
  readonly cursor: string;
  /** Microseconds since the epoch, as the journal received it. */
  readonly realtimeUs: bigint;
}

export interface JournalLine {
  readonly line: string;
  readonly labels: Map<string, string>;
  readonly metadata: Map<string, string>;
}

/** Levels by syslog's priority. */
const LEVELS = ['critical', 'critical', 'critical', 'error', 'warn', 'info', 'info', 'debug'] as const;
/** The words of syslog for the same. */
const KEYWORDS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'] as const;

const METADATA: readonly (readonly [field: string, name: string])[] = [
  ['_PID', 'pid'],
  ['SYSLOG_IDENTIFIER', 'syslog_identifier'],
  ['SYSLOG_FACILITY', 'syslog_facility'],
  ['_COMM', 'comm'],
  ['_UID', 'uid'],
  ['_BOOT_ID', 'boot_id'],
  ['MESSAGE_ID', 'message_id'],
  ['CODE_FILE', 'code_file'],
  ['CODE_LINE', 'code_line'],
  ['CODE_FUNC', 'code_func'],
  ['ERRNO', 'errno'],
];

/** Fields that stand elsewhere, or say nothing more. */
const KNOWN = new Set([
  ...METADATA.map(([field]) => field),
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_TIMESTAMP',
  'SYSLOG_RAW',
  'SYSLOG_PID',
  'TID',
  'INVOCATION_ID',
]);
/** Fields of the sender's own that become metadata. */
const OWN_FIELDS_MAX = 32;
const OWN_VALUE_LENGTH_MAX = 1024;

/** Undefined for an entry without a cursor or a time, which the journal never writes. */
export function journalPosition(fields: JournalFields): JournalPosition | undefined {
  const cursor = fields.get('__CURSOR');
  const realtime = fields.get('__REALTIME_TIMESTAMP') ?? '';
  return cursor === undefined || !/^\d{1,16}$/.test(realtime) ? undefined : { cursor, realtimeUs: BigInt(realtime) };
}

/** Undefined for an entry without a message. `allFields` adds every field as `__journal_…`, for stages. */
export function journalLine(fields: JournalFields, own: ReadonlyMap<string, string>, allFields: boolean): JournalLine | undefined {
  const line = fields.get('MESSAGE');
  if (line === undefined) return undefined;
  const labels = new Map([...labelsOf(fields), ...own]);
  if (allFields) for (const [name, value] of internalLabels(fields)) labels.set(name, value);
  return { line, labels, metadata: metadataOf(fields) };
}

function* labelsOf(fields: JournalFields): Generator<[string, string]> {
  const unit = fields.get('_SYSTEMD_UNIT') ?? fields.get('_SYSTEMD_USER_UNIT') ?? '';
  const transport = fields.get('_TRANSPORT') ?? '';
  const service = unit === '' ? transport : unit.replace(/\.service$/, '').replace(/@.*$/, '');
  yield ['unit', unit];
  yield ['hostname', fields.get('_HOSTNAME') ?? ''];
  yield ['transport', transport];
  yield ['service_name', service];
}

function metadataOf(fields: JournalFields): Map<string, string> {
  const metadata = new Map<string, string>();
  const level = LEVELS[priorityOf(fields)];
  if (level !== undefined) metadata.set('level', level);
  for (const [field, name] of METADATA) {
    const value = fields.get(field);
    if (value !== undefined) metadata.set(name, value);
  }
  let count = 0;
  for (const [field, value] of fields) {
    if (field.startsWith('_') || KNOWN.has(field) || value.length > OWN_VALUE_LENGTH_MAX || count >= OWN_FIELDS_MAX) continue;
    metadata.set(field.toLowerCase(), value);
    count++;
  }
  return metadata;
}

function* internalLabels(fields: JournalFields): Generator<[string, string]> {
  for (const [field, value] of fields) if (field !== 'MESSAGE') yield [`__journal_${field.toLowerCase()}`, value];
  const keyword = KEYWORDS[priorityOf(fields)];
  if (keyword !== undefined) yield ['__journal_priority_keyword', keyword];
}

function priorityOf(fields: JournalFields): number {
  const priority = fields.get('PRIORITY') ?? '';
  return /^[0-7]$/.test(priority) ? Number(priority) : -1;
}
