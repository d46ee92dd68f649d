// A job as it runs, written as Prometheus would write it: what `global` gave is filled in, what does nothing is left out, and secrets are hidden.
//
// Source: Prometheus `config.ScrapeConfig`, as it is marshalled.

import { stringify } from 'yaml';

import { printDuration } from '../../base/duration.ts';
import { HTTP_FIELDS, type HttpConfig } from './http-config.ts';
import type { RelabelRule } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';

const SECRET = '<secret>';
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'credentials',
  'client_secret',
  'client_certificate_key',
  'bearer_token',
  'key',
]);

/** Truth values that are written down where they are false too. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set([
  'honor_timestamps',
  'track_timestamps_staleness',
  'scrape_native_histograms',
  'always_scrape_classic_histograms',
  'convert_classic_histograms_to_nhcb',
  'extra_scrape_metrics',
  'enable_compression',
  'follow_redirects',
  'enable_http2',
]);

/** The scrape configuration of a job, as YAML. */
export function scrapeConfigYaml(config: ScrapeConfig): string {
  return stringify(
    present({
      job_name: config.jobName,
      honor_labels: config.honorLabels,
      honor_timestamps: config.honorTimestamps,
      track_timestamps_staleness: config.trackTimestampsStaleness,
      params: config.params,
      scrape_interval: printDuration(config.scrapeIntervalMs),
      scrape_timeout: printDuration(config.scrapeTimeoutMs),
      scrape_protocols: config.scrapeProtocols,
      fallback_scrape_protocol: config.fallbackScrapeProtocol,
      scrape_native_histograms: config.scrapeNativeHistograms,
      always_scrape_classic_histograms: config.alwaysScrapeClassicHistograms,
      convert_classic_histograms_to_nhcb: config.convertClassicHistograms,
      extra_scrape_metrics: config.extraScrapeMetrics,
      metrics_path: config.metricsPath,
      scheme: config.scheme,
      enable_compression: config.enableCompression,
      ...limits(config),
      metric_name_validation_scheme: config.nameScheme,
      metric_name_escaping_scheme: config.nameEscaping,
      scrape_failure_log_file: config.scrapeFailureLogFile,
      ...http(config.http),
      relabel_configs: config.relabelRules.map(relabelRuleFields),
      metric_relabel_configs: config.metricRelabelRules.map(relabelRuleFields),
      ...discovery(config),
    }),
  );
}

function limits(config: ScrapeConfig): Readonly<Record<string, unknown>> {
  return {
    body_size_limit: config.bodySizeLimit === 0 ? undefined : `${config.bodySizeLimit}B`,
    sample_limit: config.sampleLimit,
    target_limit: config.targetLimit,
    label_limit: config.labelLimit,
    label_name_length_limit: config.labelNameLengthLimit,
    label_value_length_limit: config.labelValueLengthLimit,
    native_histogram_bucket_limit: config.nativeHistogramBucketLimit,
    native_histogram_min_bucket_factor: config.nativeHistogramMinBucketFactor,
    keep_dropped_targets: config.keepDroppedTargets,
  };
}

/** The fields of a rule that have a value, by their names in a configuration. */
export function relabelRuleFields(rule: RelabelRule): Readonly<Record<string, unknown>> {
  const { sourceLabels, separator, regex, modulus, targetLabel, replacement, action } = rule;
  return present({
    source_labels: sourceLabels,
    separator,
    regex,
    modulus: Number(modulus),
    target_label: targetLabel,
    replacement,
    action,
  });
}

function http({ oauth2, ...config }: HttpConfig): Record<string, unknown> {
  // The object may be the whole section in which the fields stand.
  const own = Object.entries(config).filter(([name]) => Object.hasOwn(HTTP_FIELDS, name));
  return { ...Object.fromEntries(own), ...connection(config), oauth2: oauth2 && { ...oauth2, ...connection(oauth2) } };
}

function connection({ proxy_url: proxy, tls_config: own }: Pick<HttpConfig, 'proxy_url' | 'tls_config'>): Record<string, unknown> {
  return { proxy_url: proxy && withoutPassword(proxy.text), tls_config: tls(own) };
}

function tls({ min_version: min, max_version: max, ...config }: HttpConfig['tls_config']): Record<string, unknown> {
  const print = (version: string | undefined): string | undefined =>
    version?.replace(/^TLSv1(?:\.(\d))?$/, (_, minor = '0') => `TLS1${minor}`);
  return { ...config, min_version: print(min), max_version: print(max) };
}

/** The mechanisms that can run here; no job with another one starts. */
function discovery({ discovery: own }: ScrapeConfig): Readonly<Record<string, unknown>> {
  return {
    static_configs: own.static_configs,
    file_sd_configs: own.file_sd_configs.map((each) => ({ ...each, refresh_interval: printDuration(each.refresh_interval) })),
    http_sd_configs: own.http_sd_configs.map((each) => ({
      url: withoutPassword(each.url),
      refresh_interval: printDuration(each.refresh_interval),
      ...http(each),
    })),
    dns_sd_configs: own.dns_sd_configs.map((each) => ({ ...each, refresh_interval: printDuration(each.refresh_interval) })),
  };
}

/** Source: Go `url.Redacted`. */
function withoutPassword(url: string): string {
  return url.replace(/^([^/?#]*\/\/[^/?#@:]*):[^/?#]*@/, '$1:xxxxx@');
}

/** Without what is empty, zero or false, and without secrets, at any depth. */
function present(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const printed = Object.entries(fields).map(([name, value]): [string, unknown] => [name, printValue(name, value)]);
  return Object.fromEntries(printed.filter(([name, value]) => !isEmpty(value) || (value === false && ALWAYS_SHOWN.has(name))));
}

function printValue(name: string, value: unknown): unknown {
  if (typeof value === 'string') return value !== '' && SECRET_FIELDS.has(name) ? SECRET : value;
  if (Array.isArray(value)) return value.map((item: unknown) => (name === 'secrets' ? SECRET : printValue('', item)));
  // A name that the user chose is no name of a secret, and its empty value is a value.
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([own, item]): [string, unknown] => [String(own), printValue('', item)]));
  return typeof value === 'object' && value !== null ? present(Object.fromEntries(Object.entries(value))) : value;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
