// For the tests of roads into the log store: a write that keeps what it was given as lines of text.

import { Buffer } from 'node:buffer';
import { type Labels, printLabels } from '../../query/labels.ts';
import type { LogEntry, LogRefusal, LogRefusalReason, LogWrite, LogWriteSummary } from '../write.ts';

/** Lines such as `{app="a"} 5 "line" {trace_id="x"}`, in the order of the calls. */
export class RecordingLogWrite implements LogWrite {
  readonly lines: string[] = [];
  readonly refusals: LogRefusal[] = [];
  /** What `commit` rejects with, if anything. */
  failure: Error | undefined;
  committed = false;

  entry(labels: Labels, { tsNs, line, metadata }: LogEntry): boolean {
    const text = typeof line === 'string' ? line.toWellFormed() : Buffer.from(line).toString('utf8');
    this.lines.push(`${printLabels(labels)} ${tsNs} ${JSON.stringify(text)}${metadata.length === 0 ? '' : ` ${printLabels(metadata)}`}`);
    return true;
  }

  refuse(reason: LogRefusalReason, message: string): void {
    this.refusals.push({ reason, message, count: 1 });
  }

  async commit(): Promise<LogWriteSummary> {
    if (this.failure !== undefined) throw this.failure;
    this.committed = true;
    return { lines: this.lines.length, refusals: this.refusals };
  }
}
