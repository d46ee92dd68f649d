// What a scraped or pushed page of metrics says, whatever format it came in: one parser per format, one sink for all.
//
//   bytes ─▶ formatOf(Content-Type) ─▶ parseExposition(bytes, format, sink, options) ─▶ sink: metadata, sample, histogram, exemplar
//                                       parse-exposition.ts: exposition-text │ open-metrics │ exposition-protobuf, classic-to-custom
//
// Nothing is gathered on the way: the sink is called line by line, in the order of the page, and `Series` decodes its labels only when asked.
// A page that is malformed anywhere ends in `RequestError('bad_data')`; what the sink was told before that is for the caller to drop.

import type { Labels } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { Metadata } from '../write.ts';

export type ExpositionFormat = 'prometheus-text' | 'openmetrics' | 'protobuf';

/** The series of the entry that the sink is being told of. One object serves the whole page: ask it during the call, never keep it. */
export interface Series {
  /**
   * The series as the page wrote it. Within one format, equal keys stand for equal labels, so a scraper may keep `key → final labels`
   * between pages and decode nothing on a hit. Different keys may stand for equal labels.
   */
  key(): string;
  /**
   * The labels as exposed, `__name__` among them, sorted; an empty value means that the label is absent.
   * Throws `bad_data`, which ends the page, when there is no name or a label stands twice.
   */
  labels(): Labels;
}

/** An exemplar as exposed; `ts` (milliseconds) is undefined when the page gives none. */
export interface ExposedExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly ts: number | undefined;
}

/** Receives a page. Times are milliseconds; `ts` is undefined when the page gives none, `startTs` is 0 when none is known. */
export interface ExpositionSink {
  /** What is known of a family, before its first sample; again when a later line adds to it. */
  metadata(metadata: Metadata): void;
  sample(series: Series, value: number, ts: number | undefined, startTs: number): void;
  histogram(series: Series, histogram: NativeHistogram, ts: number | undefined, startTs: number): void;
  /** Follows the sample or histogram that it belongs to. */
  exemplar(series: Series, exemplar: ExposedExemplar): void;
}

export interface ExpositionOptions {
  /** False ignores all native parts of histograms (`scrape_native_histograms`); default true. */
  readonly nativeHistograms?: boolean;
  /** Classic histograms become native ones with custom buckets (`convert_classic_histograms_to_nhcb`); default false. */
  readonly convertClassicHistograms?: boolean;
  /** The classic series of a histogram are told of even when a native form is (`always_scrape_classic_histograms`); default false. */
  readonly classicHistograms?: boolean;
}

const BY_MEDIA_TYPE: Readonly<Record<string, ExpositionFormat>> = {
  'text/plain': 'prometheus-text',
  'application/openmetrics-text': 'openmetrics',
  'application/vnd.google.protobuf': 'protobuf',
};

const BY_PROTOCOL: Readonly<Record<string, ExpositionFormat>> = {
  PrometheusProto: 'protobuf',
  'PrometheusText0.0.4': 'prometheus-text',
  'PrometheusText1.0.0': 'prometheus-text',
  'OpenMetricsText0.0.1': 'openmetrics',
  'OpenMetricsText1.0.0': 'openmetrics',
};

/** The format that a page is to be read in; `warning` when it is the fallback's. */
export type FormatChoice =
  | { readonly kind: 'format'; readonly format: ExpositionFormat; readonly warning?: string }
  | { readonly kind: 'refused'; readonly message: string };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;
const PARAMETERS = /^(?:\s*;\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))*\s*;?\s*$/s;

/**
 * The format of a page by its `Content-Type` header (empty when none was sent). A type that is missing, malformed or not spoken is refused
 * unless `fallback` names a scrape protocol (`fallback_scrape_protocol`), as Prometheus 3 does.
 */
export function formatOf(contentType: string, fallback = ''): FormatChoice {
  const semicolon = contentType.indexOf(';');
  const mediaType = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  const wellFormed = TOKEN.test(mediaType) && (semicolon < 0 || PARAMETERS.test(contentType.slice(semicolon)));
  const format = wellFormed && Object.hasOwn(BY_MEDIA_TYPE, mediaType) ? BY_MEDIA_TYPE[mediaType] : undefined;
  if (format !== undefined) return { kind: 'format', format };
  const problem = problemOf(contentType, wellFormed);
  const instead = Object.hasOwn(BY_PROTOCOL, fallback) ? BY_PROTOCOL[fallback] : undefined;
  if (instead !== undefined)
    return { kind: 'format', format: instead, warning: `${problem}, using fallback_scrape_protocol "${fallback}"` };
  return { kind: 'refused', message: `${problem} and no fallback_scrape_protocol specified for target` };
}

function problemOf(contentType: string, wellFormed: boolean): string {
  if (contentType === '') return 'non-compliant scrape target sending blank Content-Type';
  const quoted = JSON.stringify(contentType);
  return wellFormed ? `received unsupported Content-Type ${quoted}` : `cannot parse Content-Type ${quoted}`;
}
