// A store that only records, for tests: what was committed, in order, with failures on demand.

import { RequestError } from '../../base/request-error.ts';
import type { BeginLogWrite, LogEntry, LogRefusal } from '../../logs/write.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsKey, labelsRecord } from '../../query/labels.ts';

export interface RecordedLine {
  readonly tenant: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
  readonly tsNs: bigint;
  readonly metadata: Readonly<Record<string, string>>;
}

export class TestLogStore {
  /** Every line of every commit. */
  readonly lines: RecordedLine[] = [];
  readonly refusals: LogRefusal[] = [];
  /** How many of the next commits fail. */
  failures = 0;
  /** Runs inside of a commit, after the lines are stored. */
  onCommit: (() => void) | undefined;
  readonly #seen = new Set<string>();

  readonly begin: BeginLogWrite = (tenant) => {
    const taken: { readonly labels: Labels; readonly entry: LogEntry }[] = [];
    const refusals: LogRefusal[] = [];
    return {
      entry: (labels, entry) => taken.push({ labels, entry }) > 0,
      refuse: (reason, message) => refusals.push({ reason, message, count: 1 }),
      commit: async () => {
        await Promise.resolve();
        if (this.failures > 0) {
          this.failures--;
          throw new RequestError('unavailable', 'no store');
        }
        for (const { labels, entry } of taken) this.#add(tenant, labels, entry);
        this.refusals.push(...refusals);
        this.onCommit?.();
        return { lines: taken.length, refusals };
      },
    };
  };

  /** The texts that are stored, each once, as a store without doubles shows them. */
  texts(): readonly string[] {
    return this.lines.map(({ line }) => line);
  }

  #add(tenant: string, labels: Labels, { tsNs, line, metadata }: LogEntry): void {
    const text = typeof line === 'string' ? line : Buffer.from(line).toString('utf8');
    const key = `${tenant}/${labelsKey(labels)}/${tsNs}/${text}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.lines.push({ tenant, labels: labelsRecord(labels), line: text, tsNs, metadata: labelsRecord(metadata) });
  }
}
