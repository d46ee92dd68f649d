// What is remembered of a target between scrapes: the final labels of each series as the page writes it, and which series were there the last time.
//
//   raw series text ─▶ entry { final labels | dropped }     a repeated scrape decodes and relabels nothing
//   tracked entries of the scrape before − those of this one ─▶ stale
//
// Source: Prometheus `scrape.scrapeCache`. The cache holds what the last good scrape exposed, and a bounded number of others.

import type { Labels } from '../../query/labels.ts';
import { labelsKey } from '../../query/labels.ts';
import type { Metadata } from '../write.ts';

/** One series of the page. */
export interface SeriesEntry {
  /** Undefined when relabelling dropped it. */
  readonly labels: Labels | undefined;
  /** A hash of the labels: two texts of one series have one id. */
  readonly id: number;
  /** The scrape that it was seen in last. */
  seen: number;
  /** The scrape that it was tracked in last. */
  tracked: number;
  /** Keys of the exemplars of its last scrape, so that an exemplar is written once. */
  exemplars: ReadonlySet<string> | undefined;
}

interface MetadataEntry {
  readonly metadata: Metadata;
  /** The scrape that it was seen in last. */
  seen: number;
  isWritten: boolean;
}

/** Entries of failed scrapes that are kept beyond those of the last good one. */
const SPARE_ENTRIES_MAX = 1000;

export class SeriesCache {
  readonly #entries = new Map<string, SeriesEntry>();
  readonly #metadata = new Map<string, MetadataEntry>();
  #before: readonly SeriesEntry[] = [];
  #tracked: SeriesEntry[] = [];
  #scrape = 1;
  #entriesAfterSuccess = 0;

  /** The number of the scrape under way. */
  get scrape(): number {
    return this.#scrape;
  }

  get(key: string): SeriesEntry | undefined {
    return this.#entries.get(key);
  }

  add(key: string, labels: Labels | undefined): SeriesEntry {
    const entry: SeriesEntry = {
      labels,
      id: labels === undefined ? 0 : labelsHash(labels),
      seen: this.#scrape,
      tracked: 0,
      exemplars: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Its absence from the next scrape makes the series stale. */
  track(entry: SeriesEntry): void {
    if (entry.tracked === this.#scrape) return;
    entry.tracked = this.#scrape;
    this.#tracked.push(entry);
  }

  /** Label sets of the scrape before that this one does not have. */
  stale(): readonly Labels[] {
    const missing = this.#before.filter((entry) => entry.tracked !== this.#scrape);
    if (missing.length === 0) return [];
    const present = new Set(this.#tracked.map(({ id }) => id));
    return missing.flatMap(({ id, labels }) => (labels === undefined || present.has(id) ? [] : [labels]));
  }

  /** Ids of the series that are there now. */
  presentIds(): Iterable<number> {
    return this.#before.map(({ id }) => id);
  }

  /** Label sets of the last scrape that `elsewhere` does not name: what becomes stale when the target goes away. */
  remaining(elsewhere: ReadonlySet<number>): readonly Labels[] {
    return this.#before.flatMap(({ id, labels }) => (labels === undefined || elsewhere.has(id) ? [] : [labels]));
  }

  /** Drops what the scrape under way tracked: it failed, and none of it is stored. */
  forgetScrape(): void {
    for (const entry of this.#tracked) entry.tracked = 0;
    this.#tracked = [];
  }

  /** Ends the scrape. A good one also drops the entries that it did not have. */
  finish(isGood: boolean): void {
    if (isGood || this.#entries.size > this.#entriesAfterSuccess + SPARE_ENTRIES_MAX) {
      for (const [key, entry] of this.#entries) if (entry.seen !== this.#scrape) this.#entries.delete(key);
      for (const [name, entry] of this.#metadata) if (entry.seen !== this.#scrape) this.#metadata.delete(name);
      this.#entriesAfterSuccess = this.#entries.size;
    }
    this.#before = this.#tracked;
    this.#tracked = [];
    this.#scrape++;
  }

  /** Takes over what another cache knows of the series that are there, with nothing of how they were written. */
  inherit(other: SeriesCache): void {
    this.#before = other.#before.map((entry) => ({ ...entry, tracked: 0, seen: 0 }));
  }

  /** Notes metadata of the page. */
  describe(metadata: Metadata): void {
    const known = this.#metadata.get(metadata.metric);
    const same = known !== undefined && isSameMetadata(known.metadata, metadata);
    if (same) known.seen = this.#scrape;
    else this.#metadata.set(metadata.metric, { metadata, seen: this.#scrape, isWritten: false });
  }

  /** Metadata that is not stored yet. */
  newMetadata(): readonly Metadata[] {
    return [...this.#metadata.values()].flatMap(({ metadata, isWritten }) => (isWritten ? [] : [metadata]));
  }

  metadataStored(written: readonly Metadata[]): void {
    for (const metadata of written) {
      const entry = this.#metadata.get(metadata.metric);
      if (entry?.metadata === metadata) entry.isWritten = true;
    }
  }

  /** All metadata of the target. */
  metadata(): readonly Metadata[] {
    return [...this.#metadata.values()].map(({ metadata }) => metadata);
  }
}

function isSameMetadata(a: Metadata, b: Metadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit;
}

/** 53 bits of a hash (two multiplicative 32-bit ones): of a million series of a target, two meet with a chance of one in ten thousand. */
function labelsHash(labels: Labels): number {
  const key = labelsKey(labels);
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
