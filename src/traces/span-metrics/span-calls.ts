// Span metrics of one tenant: how many spans of each service, name, kind and status there are, how long they take, how large they are.
//
//   span ─▶ its source (by the object) ─▶ its name and dimensions ─▶ kind and status ─▶ label set
//
// Source: Tempo `modules/generator/processor/spanmetrics`.

import { labelsOf, type Labels } from '../../query/labels.ts';
import type { SpanSource, StoredSpan } from '../write.ts';
import type { HistogramForms } from './latency-histogram.ts';
import { LabelSets } from './label-sets.ts';
import type { LabelSet } from './label-set.ts';
import { attributeText, bucketBounds, labelName, labelText } from './label-text.ts';
import { CALLS, LATENCY, SIZE, TARGET_INFO } from './metric-metadata.ts';
import { SkippedSpans } from './skipped-spans.ts';
import { sourceIdentity, targetInfoLabels, type SourceIdentity } from './source-identity.ts';
import { spanSeconds } from './span-seconds.ts';

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
] as const;
const STATUSES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const;

/** Labels that a dimension may not take the place of. */
const TAKEN: ReadonlySet<string> = new Set(['service', 'span_name', 'span_kind', 'status_code', 'status_message', 'job', 'instance']);

/** Source objects come anew with every request where a decoder does not keep them; names are remembered for each. */
const NAMES_PER_SOURCE_MAX = 10_000;
/** Longer ones are looked up by their labels each time, so that what is remembered stays small. */
const NAME_LENGTH_MAX = 1024;

export interface SpanCallsSettings {
  readonly dimensions: readonly string[];
  readonly buckets: readonly string[];
  readonly histograms: HistogramForms;
  readonly size: boolean;
  readonly targetInfo: boolean;
  readonly seriesMax: number;
}

interface KnownSource extends SourceIdentity {
  readonly generation: number;
  readonly info: Labels | undefined;
  /** By name and dimensions: the label sets of each kind and status. */
  readonly names: Map<string, (LabelSet | undefined)[]>;
}

export class SpanCalls {
  readonly sets: LabelSets;
  readonly infos: LabelSets;
  readonly skipped = new SkippedSpans();
  readonly #settings: SpanCallsSettings;
  readonly #bytesMax: number;
  readonly #dimensions: readonly (readonly [key: string, label: string])[];
  readonly #sources = new WeakMap<SpanSource, KnownSource>();

  /** `bytesMax` is the longest value of a label. */
  constructor(settings: SpanCallsSettings, bytesMax: number) {
    const shape = { bounds: bucketBounds(settings.buckets), forms: settings.histograms };
    this.#settings = settings;
    this.#bytesMax = bytesMax;
    this.#dimensions = settings.dimensions.map((key) => [key, labelName(key, TAKEN)]);
    this.sets = new LabelSets({ ...shape, counters: [CALLS, SIZE], histograms: [LATENCY] }, settings.seriesMax);
    this.infos = new LabelSets({ ...shape, counters: [], histograms: [], info: TARGET_INFO }, settings.seriesMax);
  }

  /** Counts spans that came at `nowMs`, but those that ended before `oldestNs`. */
  add(spans: readonly StoredSpan[], nowMs: number, oldestNs: bigint): void {
    let source: SpanSource | undefined;
    let known: KnownSource | undefined;
    for (const stored of spans) {
      const { span } = stored;
      if (span.endNs < oldestNs) {
        this.skipped.note('too_old');
        continue;
      }
      if (known === undefined || stored.source !== source) {
        source = stored.source;
        known = this.#source(source, nowMs);
      }
      const set = this.#labelSet(stored, known);
      if (set.overflow) this.skipped.note('overflow');
      set.use(nowMs);
      set.add(0, 1);
      if (this.#settings.size) set.add(1, stored.bytes);
      set.histogram(0).observe(spanSeconds(span.startNs, span.endNs), span.traceId, nowMs);
    }
  }

  #source(source: SpanSource, nowMs: number): KnownSource {
    let known = this.#sources.get(source);
    if (known === undefined || known.generation !== this.sets.generation) {
      const identity = sourceIdentity(source.resource, this.#bytesMax);
      const info = this.#settings.targetInfo ? targetInfoLabels(source.resource, identity, this.#bytesMax) : undefined;
      known = { ...identity, info, generation: this.sets.generation, names: new Map() };
      this.#sources.set(source, known);
    }
    if (known.info !== undefined) this.infos.of(known.info).use(nowMs);
    return known;
  }

  // Label sets are remembered by the texts as they come, so that a span whose labels are known costs two look-ups.
  #labelSet({ source, span }: StoredSpan, known: KnownSource): LabelSet {
    const key = this.#dimensions.length === 0 ? span.name : this.#dimensionsKey(source, span);
    const kind = span.kind >= 0 && span.kind < KINDS.length ? span.kind : 0;
    const status = span.status >= 0 && span.status < STATUSES.length ? span.status : 0;
    const place = kind * STATUSES.length + status;
    const held = known.names.get(key);
    const set = held?.[place];
    if (set !== undefined) return set;
    const found = this.sets.of(this.#labels({ source, span }, known, kind, status));
    if (found.overflow) return found;
    if (held !== undefined) held[place] = found;
    else if (known.names.size < NAMES_PER_SOURCE_MAX && key.length <= NAME_LENGTH_MAX) {
      const places: (LabelSet | undefined)[] = Array.from({ length: KINDS.length * STATUSES.length }, () => undefined);
      places[place] = found;
      known.names.set(key, places);
    }
    return found;
  }

  #dimensionsKey(source: SpanSource, span: StoredSpan['span']): string {
    let key = span.name;
    for (const [attribute] of this.#dimensions) {
      const text = attributeText(attribute, span.attributes, source.resource) ?? '';
      key += `\u0000${text.length}:${text}`;
    }
    return key;
  }

  #labels({ source, span }: Pick<StoredSpan, 'source' | 'span'>, known: KnownSource, kind: number, status: number): Labels {
    const cut = (text: string): string => labelText(text, this.#bytesMax);
    const dimensions = this.#dimensions.map(([key, label]): [string, string] => [
      label,
      cut(attributeText(key, span.attributes, source.resource) ?? ''),
    ]);
    const target: [string, string][] = this.#settings.targetInfo
      ? [
          ['job', known.job],
          ['instance', known.instance],
        ]
      : [];
    return labelsOf([
      ['service', known.service],
      ['span_name', cut(span.name)],
      ['span_kind', KINDS[kind] ?? KINDS[0]],
      ['status_code', STATUSES[status] ?? STATUSES[0]],
      ...dimensions,
      ...target,
    ]);
  }
}
