// What a live tail is told, as the JSON of Loki's tail interface.
//
//   entries of a batch ─▶ one drawn message ─▶ every client of the same query that lost nothing
//                                         └─ with its own `dropped_entries` for one that did
//
// Source: Loki `pkg/loghttp/tail.go`, `pkg/util/marshal/query.go`; the legacy form `pkg/loghttp/legacy/tail.go`.

import { labelsJson } from '../metrics/result-json.ts';
import type { Labels } from '../query/labels.ts';
import type { ResultEntry } from './query-result.ts';
import { CATEGORIZE_LABELS, printRfc3339, selectorText, streamsOf, streamsPieces } from './result-json.ts';

/** How a tail's client wants its messages. */
export type TailForm = 'plain' | 'categorized' | 'legacy';

/** A line that a client did not get. */
export interface DroppedEntry {
  readonly tsNs: bigint;
  readonly labels: Labels;
}

/** Lines that were not sent: `entries` names the first of them, `count` counts all. */
export interface Dropped {
  readonly count: number;
  readonly entries: readonly DroppedEntry[];
}

/** A batch of lines that is drawn when the first client needs it. */
export class TailMessage {
  readonly entries: readonly ResultEntry[];
  readonly #form: TailForm;
  #bytes: Buffer | undefined;

  constructor(entries: readonly ResultEntry[], form: TailForm) {
    this.entries = entries;
    this.#form = form;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from([...messagePieces(this.entries, this.#form)].join(''));
    return this.#bytes;
  }

  /** The message with what its client lost before it. */
  withDropped(dropped: Dropped): Buffer {
    if (dropped.count === 0) return this.bytes;
    const list = dropped.entries.map((entry) => droppedJson(entry, this.#form)).join(',');
    const more = `,"dropped_entries":[${list}],"dropped_count":${dropped.count}}`;
    return Buffer.concat([this.bytes.subarray(0, -1), Buffer.from(more)]);
  }
}

function* messagePieces(entries: readonly ResultEntry[], form: TailForm): Generator<string> {
  yield '{"streams":';
  if (form === 'legacy') yield legacyStreamsJson(entries);
  else yield* streamsPieces(entries, form === 'categorized');
  yield form === 'categorized' ? `,"encodingFlags":["${CATEGORIZE_LABELS}"]}` : '}';
}

function legacyStreamsJson(entries: readonly ResultEntry[]): string {
  const streams = streamsOf(entries, ({ labels }) => labels).map((stream) => {
    const lines = stream.entries.map(({ tsNs, line }) => `{"ts":"${printRfc3339(tsNs)}","line":${JSON.stringify(line)}}`);
    return `{"labels":${JSON.stringify(selectorText(stream.labels))},"entries":[${lines.join(',')}]}`;
  });
  return `[${streams.join(',')}]`;
}

function droppedJson({ tsNs, labels }: DroppedEntry, form: TailForm): string {
  if (form === 'legacy') return `{"timestamp":"${printRfc3339(tsNs)}","labels":${JSON.stringify(selectorText(labels))}}`;
  return `{"timestamp":"${tsNs}","labels":${labelsJson(labels)}}`;
}
