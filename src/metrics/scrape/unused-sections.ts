// Sections of Prometheus's configuration that this program judges but does not run on: remote write and read, alerting, storage, tracing, OTLP, runtime.
//
// Source: Prometheus `config`; `sigv4`, `azuread` and `googleiam` beside it.

import { checkTargetAddress, DISCOVERY_FIELDS } from './discovery-config.ts';
import type { HttpConfig } from './http-config.ts';
import { checkHeaders, checkHttp, HTTP_FIELDS, tlsConfig } from './http-config.ts';
import { byteSize, duration, labelSet, oneOf, refuse, url } from './scalars.ts';
import { relabelRules } from './scrape-config.ts';
import { boolean, defaulted, fileName, float, integer, list, mapOf, optional, scalar, section, text, unsigned } from './yaml-schema.ts';

const AUTHORIZATION_HEADER =
  'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter';

// Remote write.

const sigv4 = section(
  'sigv4.plain',
  { region: text, access_key: text, secret_key: text, profile: text, role_arn: text, external_id: text, use_fips_sts_endpoint: boolean },
  (config) => {
    if ((config.access_key === '') !== (config.secret_key === '')) {
      refuse('must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config');
    }
  },
);

const AZURE_CLOUDS = ['', 'AzureChina', 'AzureGovernment', 'AzurePublic'];

const azuread = section(
  'azuread.plain',
  {
    cloud: text,
    scope: text,
    managed_identity: optional(section('azuread.ManagedIdentityConfig', { client_id: text })),
    workload_identity: optional(section('azuread.WorkloadIdentityConfig', { client_id: text, tenant_id: text, token_file_path: fileName })),
    oauth: optional(section('azuread.OAuthConfig', { client_id: text, client_secret: text, tenant_id: text })),
    sdk: optional(section('azuread.SDKConfig', { tenant_id: text })),
  },
  (config) => {
    if (!AZURE_CLOUDS.includes(config.cloud)) refuse('must provide a cloud in the Azure AD config');
    const ways = [config.managed_identity, config.workload_identity, config.oauth, config.sdk].filter((way) => way !== undefined).length;
    if (ways === 0)
      refuse('must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth or Azure SDK in the Azure AD config');
    if (ways > 1) refuse('cannot provide multiple authentication methods in the Azure AD config');
    if (
      config.oauth !== undefined &&
      (config.oauth.client_id === '' || config.oauth.client_secret === '' || config.oauth.tenant_id === '')
    ) {
      refuse('must provide an Azure OAuth client_id, client_secret and tenant_id in the Azure AD config');
    }
  },
);

const WRITE_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'];

const queue = section(
  'config.plain',
  {
    capacity: defaulted(integer, 10_000),
    max_shards: defaulted(integer, 50),
    min_shards: defaulted(integer, 1),
    max_samples_per_send: defaulted(integer, 2000),
    batch_send_deadline: defaulted(duration, 5000),
    min_backoff: defaulted(duration, 30),
    max_backoff: defaulted(duration, 5000),
    retry_on_http_429: boolean,
    sample_age_limit: duration,
  },
  (config) => {
    for (const name of ['capacity', 'max_shards', 'min_shards', 'max_samples_per_send'] as const) {
      if (config[name] <= 0) refuse(`remote write queue ${name} must be positive`);
    }
    if (config.min_shards > config.max_shards) refuse('remote write queue min_shards must not be greater than max_shards');
    if (config.batch_send_deadline <= 0) refuse('remote write queue batch_send_deadline must be positive');
    if (config.min_backoff <= 0) refuse('remote write queue min_backoff must be positive');
    if (config.max_backoff < config.min_backoff) refuse('remote write queue max_backoff must not be less than min_backoff');
  },
);

export const remoteWrite = section(
  'config.plain',
  {
    url,
    remote_timeout: defaulted(duration, 30_000),
    headers: mapOf(text),
    write_relabel_configs: relabelRules('empty or null relabeling rule in remote write config'),
    name: text,
    send_exemplars: boolean,
    send_native_histograms: boolean,
    round_robin_dns: boolean,
    protobuf_message: defaulted(text, 'prometheus.WriteRequest'),
    ...HTTP_FIELDS,
    queue_config: optional(queue),
    metadata_config: section('config.MetadataConfig', {
      send: defaulted(boolean, true),
      send_interval: defaulted(duration, 60_000),
      max_samples_per_send: defaulted(integer, 2000),
    }),
    sigv4: optional(sigv4),
    azuread: optional(azuread),
    google_iam: optional(section('googleiam.Config', { credentials_file: fileName })),
  },
  (config) => {
    if (config.url === undefined) refuse('url for remote_write is empty');
    checkHeaders(config.headers, AUTHORIZATION_HEADER);
    if (!WRITE_MESSAGES.includes(config.protobuf_message)) {
      const known = WRITE_MESSAGES.join(', ');
      refuse(
        `invalid protobuf_message value: unknown type for remote write protobuf message ${config.protobuf_message}, supported: ${known}`,
      );
    }
    checkHttp(config);
    checkOneAuthentication(config, { sigv4: config.sigv4, azuread: config.azuread, google_iam: config.google_iam });
  },
);

function checkOneAuthentication(http: HttpConfig, others: Readonly<Record<string, unknown>>): void {
  const ways = { basic_auth: http.basic_auth, authorization: http.authorization, oauth2: http.oauth2, ...others };
  const given = Object.entries(ways).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1) {
    const known = 'basic_auth, authorization, oauth2, sigv4, azuread or google_iam';
    refuse(`at most one of ${known} must be configured. Currently configured: [${given.join(' ')}]`);
  }
}

// Remote read.

export const remoteRead = section(
  'config.plain',
  {
    url,
    remote_timeout: defaulted(duration, 60_000),
    chunked_read_limit: defaulted(unsigned, 50_000_000),
    headers: mapOf(text),
    read_recent: boolean,
    name: text,
    ...HTTP_FIELDS,
    required_matchers: labelSet,
    filter_external_labels: defaulted(boolean, true),
  },
  (config) => {
    if (config.url === undefined) refuse('url for remote_read is empty');
    checkHeaders(config.headers, AUTHORIZATION_HEADER);
    checkHttp(config);
  },
);

// Alerting.

const apiVersion = oneOf(
  'config.AlertmanagerAPIVersion',
  ['v2'],
  (value) => `expected Alertmanager api version to be one of [v2] but got ${value}`,
);

const alertmanager = section(
  'config.AlertmanagerConfig',
  {
    scheme: defaulted(text, 'http'),
    path_prefix: text,
    timeout: defaulted(duration, 10_000),
    api_version: apiVersion,
    sigv4: optional(sigv4),
    relabel_configs: relabelRules('empty or null Alertmanager target relabeling rule'),
    alert_relabel_configs: relabelRules('empty or null Alertmanager alert relabeling rule'),
    ...HTTP_FIELDS,
    ...DISCOVERY_FIELDS,
  },
  (config) => {
    checkHttp(config);
    if ((config.basic_auth ?? config.authorization ?? config.oauth2) !== undefined && config.sigv4 !== undefined) {
      refuse('at most one of basic_auth, authorization, oauth2, & sigv4 must be configured');
    }
    if (config.relabel_configs.length > 0) return;
    for (const { targets } of config.static_configs) for (const target of targets) checkTargetAddress(target);
  },
);

export const alerting = section('config.plain', {
  alert_relabel_configs: relabelRules('empty or null alert relabeling rule'),
  alertmanagers: list(alertmanager),
});

// Storage.

const chunkEncoding = section('config.plain', {
  floats: scalar('string', '', (value) => {
    if (value === 'xor' || value === 'xor2') return value;
    return refuse(
      `'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, got ${JSON.stringify(value)}`,
    );
  }),
});

const tsdbRetention = section('config.plain', { time: duration, size: byteSize, percentage: float }, ({ size, percentage }) => {
  if (size < 0) refuse(`'storage.tsdb.retention.size' must be greater than or equal to 0, got ${size}`);
  if (!(percentage >= 0 && percentage <= 100))
    refuse(`'storage.tsdb.retention.percentage' must be in the range [0, 100], got ${percentage}`);
});

const tsdb = section('config.plain', {
  out_of_order_time_window: duration,
  stale_series_compaction_threshold: float,
  retention: optional(tsdbRetention),
  chunk_encoding: optional(chunkEncoding),
});

export const storage = section('config.StorageConfig', {
  tsdb: optional(tsdb),
  exemplars: optional(section('config.ExemplarsConfig', { max_exemplars: integer })),
});

export const runtime = section('config.RuntimeConfig', { gogc: integer });

// Tracing and OTLP.

const clientType = oneOf(
  'config.TracingClientType',
  ['http', 'grpc'],
  (value) => `expected tracing client type to be to be http or grpc, but got ${value}`,
);

export const tracing = section(
  'config.plain',
  {
    client_type: clientType,
    endpoint: text,
    sampling_fraction: float,
    insecure: boolean,
    tls_config: tlsConfig,
    headers: mapOf(text),
    compression: text,
    timeout: duration,
  },
  (config) => {
    checkHeaders(config.headers, 'custom authorization header configuration is not yet supported');
    if (config.endpoint === '') refuse('tracing endpoint must be set');
    if (config.compression !== '' && config.compression !== 'gzip') {
      refuse(`invalid compression type ${config.compression} provided, valid options: gzip`);
    }
  },
);

export const otlp = section(
  'config.plain',
  {
    promote_all_resource_attributes: boolean,
    promote_resource_attributes: list(text),
    ignore_resource_attributes: list(text),
    translation_strategy: defaulted(text, 'UnderscoreEscapingWithSuffixes'),
    keep_identifying_resource_attributes: boolean,
    convert_histograms_to_nhcb: boolean,
    promote_scope_metadata: boolean,
    label_name_underscore_sanitization: defaulted(boolean, true),
    label_name_preserve_multiple_underscores: defaulted(boolean, true),
  },
  (config) => {
    if (!config.promote_all_resource_attributes) {
      if (config.ignore_resource_attributes.length > 0) {
        refuse("'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true");
      }
      return checkAttributes(config.promote_resource_attributes, 'promote_resource_attributes', 'promoted');
    }
    if (config.promote_resource_attributes.length > 0) {
      refuse("'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously");
    }
    return checkAttributes(config.ignore_resource_attributes, 'ignore_resource_attributes', 'ignored');
  },
);

function checkAttributes(attributes: readonly string[], field: string, adjective: string): void {
  const seen = new Set<string>();
  for (const attribute of attributes.map((each) => each.trim())) {
    if (attribute === '') refuse(`invalid '${field}': empty ${adjective} OTel resource attribute`);
    if (seen.has(attribute)) refuse(`invalid '${field}': duplicated ${adjective} OTel resource attribute ${JSON.stringify(attribute)}`);
    seen.add(attribute);
  }
}
