// How a tenant's OTLP metrics become series. The names and defaults are those of Prometheus's `otlp` configuration, but for `delta`.

/** What happens to characters that the classic Prometheus names lack, and whether unit and type become suffixes. */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation';

export interface OtlpMetricsSettings {
  readonly translationStrategy: TranslationStrategy;
  /** Put before every metric's name with an underscore; empty for none. */
  readonly namespace: string;
  /** Resource attributes that become labels of every series. */
  readonly promoteResourceAttributes: readonly string[];
  /** All resource attributes become labels, but those of `ignoreResourceAttributes`. */
  readonly promoteAllResourceAttributes: boolean;
  readonly ignoreResourceAttributes: readonly string[];
  /** `target_info` keeps `service.name`, `service.namespace` and `service.instance.id` beside `job` and `instance`. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Explicit-bucket histograms become native histograms with custom buckets instead of `_bucket`, `_sum` and `_count`. */
  readonly convertHistogramsToNhcb: boolean;
  /** The scope's name, version, schema address and attributes become `otel_scope_…` labels. */
  readonly promoteScopeMetadata: boolean;
  /** A label name that would begin with one underscore gets `key` before it. */
  readonly labelNameUnderscoreSanitization: boolean;
  /** Several underscores in a row stay in label names. */
  readonly labelNamePreserveMultipleUnderscores: boolean;
  /** Write a `target_info` series for each resource. */
  readonly targetInfo: boolean;
  /** What becomes of delta temporality: summed up, stored as it is with type `unknown`, or refused. */
  readonly delta: 'cumulative' | 'native' | 'refuse';
  /** How many delta streams are summed up at a time. */
  readonly deltaStreamsMax: number;
}

export const OTLP_METRICS_DEFAULTS: OtlpMetricsSettings = {
  translationStrategy: 'UnderscoreEscapingWithSuffixes',
  namespace: '',
  promoteResourceAttributes: [],
  promoteAllResourceAttributes: false,
  ignoreResourceAttributes: [],
  keepIdentifyingResourceAttributes: false,
  convertHistogramsToNhcb: false,
  promoteScopeMetadata: false,
  labelNameUnderscoreSanitization: true,
  labelNamePreserveMultipleUnderscores: true,
  targetInfo: true,
  delta: 'cumulative',
  deltaStreamsMax: 100_000,
};
