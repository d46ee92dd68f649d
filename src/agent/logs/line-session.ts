// From a source's raw lines to entries of a batch: its labels, its stages, its tenant.
//
//   raw line ─▶ Entry ─▶ stages ─▶ (tenant known? labels) ─▶ LineBatch
//
// One session serves one file, or one journal: what stages hold back is its own.

import { tenantIdMistake } from '../../base/tenant-id.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsOf, NO_LABELS } from '../../query/labels.ts';
import type { LabelSets } from './label-sets.ts';
import type { LineBatch } from './line-batch.ts';
import type { Entry, StageFactory } from './pipeline/entry.ts';
import { StageChain } from './pipeline/entry.ts';

export interface LineSessionOptions {
  readonly tenant: string;
  readonly stages: readonly StageFactory[];
  readonly sets: LabelSets;
  /** The batch that takes the lines now. */
  readonly batch: () => LineBatch;
}

export interface RawLine {
  readonly tsNs: bigint;
  readonly line: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly origin: number;
}

export class LineSession {
  readonly #options: LineSessionOptions;
  readonly #chain: StageChain;
  /** The labels that came last, and their set: those of a file stay the same. */
  #labels: ReadonlyMap<string, string> | undefined;
  #set: Labels = NO_LABELS;

  constructor(options: LineSessionOptions) {
    this.#options = options;
    this.#chain = new StageChain(options.stages);
  }

  push(raw: RawLine): void {
    const { tenant, sets, batch } = this.#options;
    if (this.#chain.isEmpty) {
      if (raw.labels !== this.#labels) [this.#labels, this.#set] = [raw.labels, sets.of(raw.labels)];
      batch().add(tenant, this.#set, { tsNs: raw.tsNs, line: raw.line, metadata: metadataSet(raw.metadata) });
      return;
    }
    const { tsNs, line, labels, metadata, origin } = raw;
    const entry = { tsNs, line, labels: new Map(labels), metadata: new Map(metadata), extracted: new Map(labels), tenant, origin };
    this.#chain.process(entry, this.#emit);
  }

  /** Gives what stages hold back and is due. */
  flush(nowMs: number): void {
    if (!this.#chain.isEmpty) this.#chain.flush(nowMs, this.#emit);
  }

  /** The origin of the first line that is held back. */
  held(): number | undefined {
    return this.#chain.held();
  }

  readonly #emit = ({ tenant, labels, metadata, tsNs, line }: Entry): void => {
    const { sets, batch } = this.#options;
    const mistake = tenantIdMistake(tenant);
    if (mistake === undefined) batch().add(tenant, sets.of(labels), { tsNs, line, metadata: metadataSet(metadata) });
    else batch().refuse(this.#options.tenant, 'invalid_entry', `tenant stage: ${mistake}`);
  };
}

function metadataSet(metadata: ReadonlyMap<string, string> | undefined): Labels {
  return metadata === undefined || metadata.size === 0 ? NO_LABELS : labelsOf(metadata);
}
