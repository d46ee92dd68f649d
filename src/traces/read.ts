// What every read of spans is given: one tenant's, within limits, that sees all that was acknowledged.

import type { Sql } from '../base/sql.ts';
import type { Client, QueryOptions } from '../storage/client.ts';
import type { Catalogue, NsRange } from './catalogue.ts';
import type { HeldSpans } from './held/held-spans.ts';

export interface SpanReadLimits {
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  /** Series that an answer of metrics may have (`limits.query.seriesMax`). */
  readonly seriesMax: number;
  /** Spans that may be handed to this process for one query (`limits.query.rowsMax`). */
  readonly spansMax: number;
}

export interface SpanReadContext {
  readonly client: Client;
  readonly tenant: string;
  readonly limits: SpanReadLimits;
  readonly signal: AbortSignal;
  /** What the answer lacks, in words; added to by whoever finds it out. */
  readonly warnings: string[];
  /** Spans that started before are no longer there; undefined without a retention. */
  readonly oldestNs: bigint | undefined;
  /** What is known of the days of a range. */
  catalogue(range: NsRange): Promise<Catalogue>;
  /** Spans in memory; undefined where other processes write too. */
  readonly held: HeldSpans | undefined;
  /** Of the table `spans`: `tenant = … AND ts >= … AND ts < …`, and the same for the blocks, by which granules are chosen. */
  within(range: NsRange): Sql;
}

/** Bounds of a statement of this read that selects from one table, and is planned the short way. */
export function plainOptions(context: SpanReadContext): QueryOptions {
  return { ...statementOptions(context), isPlain: true };
}

/** The same of one that selects a few rows by their key. */
export function pointOptions(context: SpanReadContext): QueryOptions {
  return { ...statementOptions(context), isPoint: true };
}

/** Bounds of a statement of this read. */
export function statementOptions({ limits, signal }: SpanReadContext): QueryOptions {
  return { timeoutMs: limits.timeoutMs, memoryBytesMax: limits.memoryBytesMax, signal };
}
