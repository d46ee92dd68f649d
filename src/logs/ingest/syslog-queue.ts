// Syslog messages on their way to the store. Nobody waits for an answer, so they wait here, within a bound, until they are stored.
//
//   message ─▶ line, labels ─▶ pending ─(one commit at a time; again while the store cannot)─▶ LogWrite
//                                  └─ full: TCP is no longer read, UDP is lost and counted

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { type Labels, labelsOf } from '../../query/labels.ts';
import type { BeginLogWrite, LogEntry } from '../write.ts';
import { fieldName } from './field-name.ts';
import { FACILITIES, parseSyslog, SEVERITIES, type SyslogMessage } from './syslog.ts';

const PENDING_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGE_OVERHEAD_BYTES = 300;
const STREAMS_MAX = 10_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
const WARN_INTERVAL_MS = 60_000;
const NS_PER_MS = 1_000_000n;
/** Messages of the same second are told apart by so many nanoseconds at most. */
const SEQUENCE_MAX = 1_000_000n;

export interface SyslogQueueOptions {
  readonly begin: BeginLogWrite;
  readonly tenant: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when there is room again. */
  readonly onRoom: () => void;
}

interface Line {
  readonly labels: Labels;
  readonly entry: LogEntry;
}

export class SyslogQueue {
  readonly #options: SyslogQueueOptions;
  readonly #streams = new Map<string, Labels>();
  #pending: Line[] = [];
  #pendingBytes = 0;
  #sending: Promise<void> | undefined;
  #sequence = 0n;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SyslogQueueOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#pendingBytes >= PENDING_BYTES_MAX;
  }

  /** Takes a message; `peer` is the sender's address, which stands for a host that names itself not. */
  add(bytes: Buffer, peer: string): void {
    const message = parseSyslog(bytes.toString('utf8', 0, textEnd(bytes)), this.#options.clock.now());
    if (message.text === '' && message.structuredData.length === 0) return;
    this.#pending.push({ labels: this.#labelsOf(message, peer), entry: this.#entryOf(message) });
    this.#pendingBytes += bytes.length + MESSAGE_OVERHEAD_BYTES;
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** Resolves when all that was taken is stored, or refused. */
  async drained(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  #labelsOf({ facility, severity, host, app }: SyslogMessage, peer: string): Labels {
    const key = `${facility}\n${severity}\n${host === '' ? peer : host}\n${app}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const labels = labelsOf([
      ['job', 'syslog'],
      ['host', host === '' ? peer : host],
      ['app', app],
      ['facility', facility === undefined ? '' : (FACILITIES[facility] ?? '')],
      ['severity', severity === undefined ? '' : (SEVERITIES[severity] ?? '')],
    ]);
    if (this.#streams.size >= STREAMS_MAX) this.#streams.clear();
    this.#streams.set(key, labels);
    return labels;
  }

  #entryOf(message: SyslogMessage): LogEntry {
    const { severity, procId, msgId, structuredData } = message;
    const metadata: (readonly [string, string])[] = [
      ['proc_id', procId],
      ['msg_id', msgId],
    ];
    for (const [name, value] of structuredData) metadata.push([fieldName(name), value]);
    if (severity !== undefined) metadata.push(['detected_level', LEVELS[severity] ?? '']);
    return { tsNs: this.#timeOf(message), line: message.text, metadata: labelsOf(metadata) };
  }

  /** Times of whole seconds get a sequence, so that the same text twice in a second is two lines, in their order. */
  #timeOf({ tsNs, isWholeSecond }: SyslogMessage): bigint {
    if (tsNs !== undefined && !isWholeSecond) return tsNs;
    this.#sequence = (this.#sequence + 1n) % SEQUENCE_MAX;
    return (tsNs ?? BigInt(this.#options.clock.now()) * NS_PER_MS) + this.#sequence;
  }

  async #send(): Promise<void> {
    let waitMs = RETRY_MS_MIN;
    // Messages of the same turn go together.
    await sleep(0);
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      const bytes = this.#pendingBytes;
      this.#pending = [];
      // The bytes count until they are stored.
      while (!(await this.#store(lines))) {
        await sleep(waitMs);
        waitMs = Math.min(2 * waitMs, RETRY_MS_MAX);
      }
      waitMs = RETRY_MS_MIN;
      this.#pendingBytes -= bytes;
      if (!this.isFull) this.#options.onRoom();
    }
  }

  /** False where the store can take nothing now. */
  async #store(lines: readonly Line[]): Promise<boolean> {
    const write = this.#options.begin(this.#options.tenant);
    for (const { labels, entry } of lines) write.entry(labels, entry);
    try {
      const { refusals } = await write.commit();
      for (const { reason, count, message } of refusals) this.#warn('syslog messages refused', { reason, count, message });
      return true;
    } catch (error) {
      const isForLater = error instanceof RequestError && (error.code === 'unavailable' || error.code === 'rate_limited');
      this.#warn(isForLater ? 'syslog messages wait for the store' : 'syslog messages could not be stored', {
        error,
        messages: lines.length,
      });
      return !isForLater;
    }
  }

  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const now = performance.now();
    if (now < this.#warnedMs + WARN_INTERVAL_MS) return;
    this.#warnedMs = now;
    this.#options.log.warn(message, fields);
  }
}

/** What `detected_level` is for each severity. */
const LEVELS = ['fatal', 'critical', 'critical', 'error', 'warn', 'info', 'info', 'debug'] as const;

/** The end of a message without line ends and blanks behind it, and without the NUL that Python's handler puts behind each. */
function textEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end--;
  return end;
}
