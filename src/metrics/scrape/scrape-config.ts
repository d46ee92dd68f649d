// Scrape configurations: the sections `global` and `scrape_configs`, and what a job is after the global values are filled in.
//
//   yaml ─▶ schema ─▶ RawScrapeConfig ─(global values, checks)─▶ ScrapeConfig, what a pool runs on
//
// Source: Prometheus `config.GlobalConfig` and `config.ScrapeConfig`, and its documentation "Configuration".

import { RequestError } from '../../base/request-error.ts';
import type { DiscoveryConfigs } from './discovery-config.ts';
import { checkTargetAddress, DISCOVERY_FIELDS } from './discovery-config.ts';
import type { HttpConfig } from './http-config.ts';
import { checkHttp, HTTP_FIELDS } from './http-config.ts';
import type { NameScheme } from './names.ts';
import { isLabelName, quoted } from './names.ts';
import type { RelabelRule } from './relabel.ts';
import { checkRelabelRule, compileRelabelRegex, DEFAULT_RELABEL_RULE, RELABEL_ACTIONS } from './relabel.ts';
import { byteSize, duration, labelName, refuse } from './scalars.ts';
import type { Schema, ValueOf } from './yaml-schema.ts';
import { boolean, defaulted, fileName, float, list, mapOf, optional, scalar, section, text, unsigned, unsigned64 } from './yaml-schema.ts';

export const SCRAPE_PROTOCOLS = [
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
] as const;

export type ScrapeProtocol = (typeof SCRAPE_PROTOCOLS)[number];

const TEXT_FIRST: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];
const PROTOBUF_FIRST: readonly ScrapeProtocol[] = ['PrometheusProto', ...TEXT_FIRST];

/** How a target is asked to write names outside of the old letters. */
export type NameEscaping = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

const ESCAPINGS: readonly NameEscaping[] = ['allow-utf-8', 'underscores', 'dots', 'values'];

/** `global`, with its defaults filled in. */
export interface GlobalConfig {
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly nameScheme: NameScheme;
  readonly raw: RawGlobal;
}

/** One job, ready to run. Limits are 0 when there is none. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly scrapeProtocols: readonly ScrapeProtocol[];
  readonly fallbackScrapeProtocol: ScrapeProtocol | '';
  readonly scrapeNativeHistograms: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly convertClassicHistograms: boolean;
  readonly extraScrapeMetrics: boolean;
  readonly metricsPath: string;
  readonly scheme: string;
  readonly enableCompression: boolean;
  readonly bodySizeLimit: number;
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly nativeHistogramBucketLimit: number;
  readonly nativeHistogramMinBucketFactor: number;
  readonly keepDroppedTargets: number;
  readonly nameScheme: NameScheme;
  readonly nameEscaping: NameEscaping;
  readonly scrapeFailureLogFile: string;
  readonly http: HttpConfig;
  readonly discovery: DiscoveryConfigs;
  readonly relabelRules: readonly RelabelRule[];
  readonly metricRelabelRules: readonly RelabelRule[];
}

const nameScheme: Schema<NameScheme | ''> = scalar<NameScheme | ''>('model.ValidationScheme', '', (value) => {
  if (value === '' || value === 'legacy' || value === 'utf8') return value;
  return refuse(`unrecognized ValidationScheme: ${JSON.stringify(value)}`);
});

// Relabelling rules.

const relabelFields = section('relabel.plain', {
  source_labels: list(labelName),
  separator: defaulted(text, DEFAULT_RELABEL_RULE.separator),
  regex: defaulted(
    scalar('relabel.Regexp', '', (value) => {
      compileRelabelRegex(value);
      return value;
    }),
    DEFAULT_RELABEL_RULE.regex,
  ),
  modulus: unsigned64,
  target_label: text,
  replacement: defaulted(text, DEFAULT_RELABEL_RULE.replacement),
  action: defaulted(
    scalar<RelabelRule['action']>('relabel.Action', '', (value) => {
      const lower = value.toLowerCase();
      return RELABEL_ACTIONS.find((action) => action === lower) ?? refuse(`unknown relabel action ${JSON.stringify(value)}`);
    }),
    DEFAULT_RELABEL_RULE.action,
  ),
  name_validation_scheme: nameScheme,
});

/** One relabelling rule; its own contradictions are found by `checkRelabelRule`. */
export const relabelRule: Schema<RelabelRule> = {
  zero: () => DEFAULT_RELABEL_RULE,
  decode: (node, reading) => {
    const raw = relabelFields.decode(node, reading);
    return {
      sourceLabels: raw.source_labels,
      separator: raw.separator,
      regex: raw.regex,
      modulus: raw.modulus,
      targetLabel: raw.target_label,
      replacement: raw.replacement,
      action: raw.action,
      nameScheme: raw.name_validation_scheme,
    };
  },
};

/** A list of rules; an empty or null one is refused in the words given. */
export function relabelRules(emptyProblem: string): Schema<readonly RelabelRule[]> {
  const rules = list(optional(relabelRule));
  return { zero: () => [], decode: (node, reading) => rules.decode(node, reading).map((rule) => rule ?? refuse(emptyProblem)) };
}

// Fields that `global` and a job share.

const protocols = optional(list(text));

const LIMIT_FIELDS = {
  body_size_limit: byteSize,
  sample_limit: unsigned,
  target_limit: unsigned,
  label_limit: unsigned,
  label_name_length_limit: unsigned,
  label_value_length_limit: unsigned,
  keep_dropped_targets: unsigned,
};

const SHARED_FIELDS = {
  scrape_interval: duration,
  scrape_timeout: duration,
  scrape_protocols: protocols,
  scrape_native_histograms: optional(boolean),
  convert_classic_histograms_to_nhcb: optional(boolean),
  always_scrape_classic_histograms: optional(boolean),
  extra_scrape_metrics: optional(boolean),
  scrape_failure_log_file: fileName,
  metric_name_validation_scheme: nameScheme,
  metric_name_escaping_scheme: text,
  ...LIMIT_FIELDS,
};

export const globalConfig = section(
  'config.plain',
  {
    ...SHARED_FIELDS,
    evaluation_interval: duration,
    rule_query_offset: duration,
    query_log_file: fileName,
    external_labels: mapOf(text),
  },
  (raw) => {
    const scheme = raw.metric_name_validation_scheme || 'utf8';
    for (const [name, value] of raw.external_labels) {
      if (!isLabelName(name, scheme)) refuse(`${quoted(name)} is not a valid label name`);
      if (!value.isWellFormed()) refuse(`${quoted(value)} is not a valid label value`);
    }
    if (raw.scrape_timeout > (raw.scrape_interval || DEFAULT_INTERVAL_MS)) refuse('global scrape timeout greater than scrape interval');
    if (raw.scrape_protocols !== undefined) checkProtocols(raw.scrape_protocols, 'for global config');
  },
);

export type RawGlobal = ValueOf<typeof globalConfig>;

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** `global` with its defaults. */
export function resolveGlobal(raw: RawGlobal): GlobalConfig {
  const scrapeIntervalMs = raw.scrape_interval || DEFAULT_INTERVAL_MS;
  return {
    scrapeIntervalMs,
    scrapeTimeoutMs: raw.scrape_timeout || Math.min(DEFAULT_TIMEOUT_MS, scrapeIntervalMs),
    nameScheme: raw.metric_name_validation_scheme || 'utf8',
    raw,
  };
}

export const rawScrapeConfig = section(
  'config.ScrapeConfig',
  {
    job_name: text,
    honor_labels: boolean,
    honor_timestamps: defaulted(boolean, true),
    track_timestamps_staleness: boolean,
    params: mapOf(list(text)),
    ...SHARED_FIELDS,
    fallback_scrape_protocol: text,
    metrics_path: defaulted(text, '/metrics'),
    scheme: defaulted(text, 'http'),
    enable_compression: defaulted(boolean, true),
    native_histogram_bucket_limit: unsigned,
    native_histogram_min_bucket_factor: float,
    relabel_configs: relabelRules('empty or null target relabeling rule in scrape config'),
    metric_relabel_configs: relabelRules('empty or null metric relabeling rule in scrape config'),
    ...HTTP_FIELDS,
    ...DISCOVERY_FIELDS,
  },
  (raw) => {
    if (raw.job_name === '') refuse('job_name is empty');
    checkHttp(raw);
    if (raw.relabel_configs.length === 0) {
      for (const { targets } of raw.static_configs) for (const target of targets) checkTargetAddress(target);
    }
  },
);

export type RawScrapeConfig = ValueOf<typeof rawScrapeConfig>;

function checkProtocols(given: readonly string[], where: string): readonly ScrapeProtocol[] {
  if (given.length === 0) refuse(`scrape_protocols cannot be empty ${where}`);
  const seen = new Set<string>();
  return given.map((each) => {
    if (seen.has(each.toLowerCase())) refuse(`duplicated protocol in scrape_protocols, got [${given.join(' ')}] ${where}`);
    seen.add(each.toLowerCase());
    return protocolNamed(each) ?? refuse(`scrape_protocols: ${unknownProtocol(each)} ${where}`);
  });
}

function protocolNamed(name: string): ScrapeProtocol | undefined {
  return SCRAPE_PROTOCOLS.find((each) => each === name);
}

function unknownProtocol(name: string): string {
  return `unknown scrape protocol ${name}, supported: [${SCRAPE_PROTOCOLS.join(' ')}]`;
}

function resolveProtocols(raw: RawScrapeConfig, global: RawGlobal, native: boolean): readonly ScrapeProtocol[] {
  const given = raw.scrape_protocols ?? global.scrape_protocols;
  if (given === undefined) return native ? PROTOBUF_FIRST : TEXT_FIRST;
  return checkProtocols(given, `for scrape config with job name ${JSON.stringify(raw.job_name)}`);
}

function resolveFallback(raw: RawScrapeConfig): ScrapeProtocol | '' {
  const name = raw.fallback_scrape_protocol;
  if (name === '') return '';
  const problem = `invalid fallback_scrape_protocol for scrape config with job name ${JSON.stringify(raw.job_name)}`;
  return protocolNamed(name) ?? refuse(`${problem}: ${unknownProtocol(name)}`);
}

/** The name and escaping schemes: the job's own, else those of `global`. */
function resolveNames(raw: RawScrapeConfig, global: GlobalConfig): { readonly scheme: NameScheme; readonly escaping: NameEscaping } {
  const inherited = global.raw.metric_name_escaping_scheme || defaultEscaping(global.nameScheme);
  if (!ESCAPINGS.some((each) => each === inherited)) refuse(unknownEscaping('global', inherited));
  const own = raw.metric_name_validation_scheme;
  const scheme = own === '' ? global.nameScheme : own;
  const wanted = raw.metric_name_escaping_scheme || (own === '' ? inherited : defaultEscaping(own));
  const escaping = ESCAPINGS.find((each) => each === wanted) ?? refuse(unknownEscaping('scrape config', wanted));
  if (escaping === 'allow-utf-8' && scheme !== 'utf8') refuse('utf8 metric names requested but validation scheme is not set to UTF8');
  return { scheme, escaping };
}

function defaultEscaping(scheme: NameScheme): NameEscaping {
  return scheme === 'legacy' ? 'underscores' : 'allow-utf-8';
}

function unknownEscaping(where: string, given: string): string {
  const [a, b, c, d] = ESCAPINGS;
  return `unknown ${where} name escaping method specified, must be one of '${a}', '${b}', '${c}', or '${d}', got ${JSON.stringify(given)}`;
}

/** Fills in what the job leaves to `global`, and checks the whole. Throws `bad_data`. */
export function resolveScrapeConfig(raw: RawScrapeConfig, global: GlobalConfig): ScrapeConfig {
  const scrapeIntervalMs = raw.scrape_interval || global.scrapeIntervalMs;
  if (raw.scrape_timeout > scrapeIntervalMs) {
    refuse(`scrape timeout greater than scrape interval for scrape config with job name ${JSON.stringify(raw.job_name)}`);
  }
  const shared = global.raw;
  const scrapeNativeHistograms = raw.scrape_native_histograms ?? shared.scrape_native_histograms ?? false;
  const scrapeProtocols = resolveProtocols(raw, shared, scrapeNativeHistograms);
  const fallbackScrapeProtocol = resolveFallback(raw);
  const names = resolveNames(raw, global);
  for (const rule of [...raw.relabel_configs, ...raw.metric_relabel_configs]) checkRuleOfJob(rule, names.scheme, raw.job_name);
  return {
    jobName: raw.job_name,
    honorLabels: raw.honor_labels,
    honorTimestamps: raw.honor_timestamps,
    trackTimestampsStaleness: raw.track_timestamps_staleness,
    params: raw.params,
    scrapeIntervalMs,
    scrapeTimeoutMs: raw.scrape_timeout || Math.min(global.scrapeTimeoutMs, scrapeIntervalMs),
    scrapeProtocols,
    fallbackScrapeProtocol,
    scrapeNativeHistograms,
    alwaysScrapeClassicHistograms: raw.always_scrape_classic_histograms ?? shared.always_scrape_classic_histograms ?? false,
    convertClassicHistograms: raw.convert_classic_histograms_to_nhcb ?? shared.convert_classic_histograms_to_nhcb ?? false,
    extraScrapeMetrics: raw.extra_scrape_metrics ?? shared.extra_scrape_metrics ?? false,
    metricsPath: raw.metrics_path,
    scheme: raw.scheme,
    enableCompression: raw.enable_compression,
    bodySizeLimit: raw.body_size_limit || shared.body_size_limit,
    sampleLimit: raw.sample_limit || shared.sample_limit,
    targetLimit: raw.target_limit || shared.target_limit,
    labelLimit: raw.label_limit || shared.label_limit,
    labelNameLengthLimit: raw.label_name_length_limit || shared.label_name_length_limit,
    labelValueLengthLimit: raw.label_value_length_limit || shared.label_value_length_limit,
    nativeHistogramBucketLimit: raw.native_histogram_bucket_limit,
    nativeHistogramMinBucketFactor: raw.native_histogram_min_bucket_factor,
    keepDroppedTargets: raw.keep_dropped_targets || shared.keep_dropped_targets,
    nameScheme: names.scheme,
    nameEscaping: names.escaping,
    scrapeFailureLogFile: raw.scrape_failure_log_file || shared.scrape_failure_log_file,
    http: raw,
    discovery: raw,
    relabelRules: raw.relabel_configs,
    metricRelabelRules: raw.metric_relabel_configs,
  };
}

function checkRuleOfJob(rule: RelabelRule, scheme: NameScheme, jobName: string): void {
  try {
    checkRelabelRule(rule, scheme);
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    throw new RequestError('bad_data', `${cause.message} (job ${JSON.stringify(jobName)})`, { cause });
  }
}
