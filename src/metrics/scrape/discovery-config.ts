// The discovery sections of a scrape configuration: one schema for each mechanism that Prometheus has, so that its configurations are judged alike.
//
// Source: Prometheus `discovery/*`, the `UnmarshalYAML` method of each `SDConfig`.

import { checkHttp, HTTP_FIELDS, tlsConfig } from './http-config.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { duration, labelSet, oneOf, parseUrl, refuse, url } from './scalars.ts';
import type { Fields, Schema, ValueOf, ValuesOf } from './yaml-schema.ts';
import { boolean, defaulted, fileName, integer, list, mapOf, optional, section, text } from './yaml-schema.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const refresh = (ms: number): { readonly refresh_interval: Schema<number> } => ({ refresh_interval: defaulted(duration, ms) });
const port = (value: number): { readonly port: Schema<number> } => ({ port: defaulted(integer, value) });

/** A mechanism asked over HTTP: its own fields, those of the HTTP client, and its checks before those of the client. */
function overHttp<F extends Fields>(name: string, fields: F, check: (config: ValuesOf<F & typeof HTTP_FIELDS>) => void = () => undefined) {
  return section<F & typeof HTTP_FIELDS>(`${name}.plain`, { ...fields, ...HTTP_FIELDS }, (config) => {
    check(config);
    checkHttp(config);
  });
}

function need(value: string, problem: string): void {
  if (value === '') refuse(problem);
}

function checkHttpUrl(value: string): void {
  need(value, 'URL is missing');
  const { scheme, host } = parseUrl(value);
  if (scheme !== 'http' && scheme !== 'https') refuse("URL scheme must be 'http' or 'https'");
  need(host, 'host is missing in URL');
}

function checkOneSecret(key: string, file: string): void {
  if (key === '' && file === '') refuse('one of secret_key & secret_key_file must be configured');
  if (key !== '' && file !== '') refuse('at most one of secret_key & secret_key_file must be configured');
}

const filters = list(section('discovery.Filter', { name: text, values: list(text) }));

// Mechanisms that run here.

export const staticGroup = section('struct { Targets []string; Labels model.LabelSet }', { targets: list(text), labels: labelSet });

export const FILE_NAME = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

export const fileConfig = section('file.plain', { files: list(fileName), ...refresh(5 * MINUTE) }, ({ files }) => {
  if (files.length === 0) refuse('file service discovery config must contain at least one path name');
  for (const name of files) if (!FILE_NAME.test(name)) refuse(`path name ${JSON.stringify(name)} is not valid for file discovery`);
});

export const httpDiscoveryConfig = overHttp('http', { url: text, ...refresh(MINUTE) }, (config) => checkHttpUrl(config.url));

export const dnsConfig = section(
  'dns.plain',
  { names: list(text), type: defaulted(text, 'SRV'), ...port(0), ...refresh(30 * SECOND) },
  (config) => {
    if (config.names.length === 0) refuse('DNS-SD config must contain at least one SRV record name');
    const type = config.type.toUpperCase();
    if (!['SRV', 'A', 'AAAA', 'MX', 'NS'].includes(type)) refuse(`invalid DNS-SD records type ${config.type}`);
    if (type !== 'SRV' && config.port === 0) refuse('a port is required in DNS-SD configs for all record types except SRV');
  },
);

export type StaticGroup = ValueOf<typeof staticGroup>;
export type FileConfig = ValueOf<typeof fileConfig>;
export type HttpDiscoveryConfig = ValueOf<typeof httpDiscoveryConfig>;
export type DnsConfig = ValueOf<typeof dnsConfig>;

// Mechanisms that are judged only.

const AZURE_METHODS = ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity'];

const azure = overHttp(
  'azure',
  {
    environment: defaulted(text, 'AzurePublicCloud'),
    ...port(80),
    subscription_id: text,
    tenant_id: text,
    client_id: text,
    client_secret: text,
    ...refresh(5 * MINUTE),
    authentication_method: defaulted(text, 'OAuth'),
    resource_group: text,
  },
  (config) => {
    need(config.subscription_id, 'azure SD configuration requires a subscription_id');
    if (config.authentication_method === 'OAuth') {
      need(config.tenant_id, 'azure SD configuration requires a tenant_id');
      need(config.client_id, 'azure SD configuration requires a client_id');
      need(config.client_secret, 'azure SD configuration requires a client_secret');
    }
    if (!AZURE_METHODS.includes(config.authentication_method)) {
      const [a, b, c, d] = AZURE_METHODS.map((method) => JSON.stringify(method));
      refuse(`unknown authentication_type ${JSON.stringify(config.authentication_method)}. Supported types are ${a}, ${b}, ${c} or ${d}`);
    }
  },
);

const consul = overHttp(
  'consul',
  {
    server: defaulted(text, 'localhost:8500'),
    path_prefix: text,
    token: text,
    datacenter: text,
    namespace: text,
    partition: text,
    tag_separator: defaulted(text, ','),
    scheme: defaulted(text, 'http'),
    username: text,
    password: text,
    allow_stale: defaulted(boolean, true),
    ...refresh(30 * SECOND),
    services: list(text),
    tags: list(text),
    node_meta: mapOf(text),
    filter: text,
    health_filter: text,
  },
  (config) => {
    need(config.server.trim(), 'consul SD configuration requires a server address');
    if ((config.username !== '' || config.password !== '') && config.basic_auth !== undefined) {
      refuse('at most one of consul SD configuration username and password and basic auth can be configured');
    }
    if (config.token !== '' && (config.authorization !== undefined || config.oauth2 !== undefined)) {
      refuse('at most one of consul SD token, authorization, or oauth2 can be configured');
    }
  },
);

const docker = overHttp(
  'moby',
  {
    host: text,
    filters,
    host_networking_host: defaulted(text, 'localhost'),
    match_first_network: defaulted(boolean, true),
    ...port(80),
    ...refresh(MINUTE),
  },
  (config) => {
    need(config.host, 'host missing');
    parseUrl(config.host);
  },
);

const dockerswarm = overHttp('moby', { host: text, role: text, filters, ...port(80), ...refresh(MINUTE) }, (config) => {
  need(config.host, 'host missing');
  parseUrl(config.host);
  need(config.role, 'role missing (one of: tasks, services, nodes)');
  if (!['tasks', 'services', 'nodes'].includes(config.role)) refuse(`invalid role ${config.role}, expected tasks, services, or nodes`);
});

const AWS_FIELDS = {
  endpoint: text,
  region: text,
  access_key: text,
  secret_key: text,
  profile: text,
  role_arn: text,
  external_id: text,
  ...port(80),
  ...refresh(MINUTE),
};

const checkFilters = (config: { readonly filters: ValueOf<typeof filters> }): void => {
  if (config.filters.some(({ values }) => values.length === 0)) refuse('EC2 SD configuration filter values cannot be empty');
};

const awsRole = oneOf(
  'aws.Role',
  ['ec2', 'lightsail', 'ecs', 'msk', 'elasticache', 'rds'],
  (value) => `unknown AWS SD role ${JSON.stringify(value)}`,
);
const AWS_CLUSTERS = { clusters: list(text), request_concurrency: integer };

const hetznerRole = oneOf('hetzner.Role', ['hcloud', 'robot'], (value) => `unknown role ${JSON.stringify(value)}`);
const scalewayRole = oneOf('scaleway.role', ['instance', 'baremetal'], (value) => `unknown role ${JSON.stringify(value)}`);

const eureka = overHttp('eureka', { server: text, ...refresh(30 * SECOND) }, (config) => {
  need(config.server, 'eureka_sd: empty or null eureka server');
  const { scheme, host } = parseUrl(config.server);
  if (scheme === '' || host === '') refuse('eureka_sd: invalid eureka server URL');
});

const gce = section(
  'gce.plain',
  { project: text, zone: text, filter: text, ...refresh(MINUTE), ...port(80), tag_separator: defaulted(text, ',') },
  (config) => {
    need(config.project, 'GCE SD configuration requires a project');
    need(config.zone, 'GCE SD configuration requires a zone');
  },
);

const kuma = overHttp(
  'xds',
  { server: text, client_id: text, ...refresh(15 * SECOND), fetch_timeout: defaulted(duration, 2 * MINUTE) },
  (config) => {
    need(config.server, 'kuma SD server must not be empty: ');
    if (parseUrl(config.server).scheme === '' || parseUrl(config.server).host === '')
      refuse('kuma SD server must not be empty and have a scheme');
  },
);

const marathon = overHttp(
  'marathon',
  { servers: list(text), ...refresh(30 * SECOND), auth_token: text, auth_token_file: fileName },
  (config) => {
    if (config.servers.length === 0) refuse('marathon_sd: must contain at least one Marathon server');
    if (config.auth_token !== '' && config.auth_token_file !== '') {
      refuse('marathon_sd: at most one of auth_token & auth_token_file must be configured');
    }
    if (config.auth_token === '' && config.auth_token_file === '') return;
    if (config.basic_auth !== undefined) refuse('marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured');
    if (config.bearer_token !== '' || config.bearer_token_file !== '') {
      refuse('marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured');
    }
    if (config.authorization !== undefined) {
      refuse('marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured');
    }
  },
);

/** Nerve and serversets: both read Zookeeper. */
function zookeeper(name: string) {
  return section('zookeeper.plain', { servers: list(text), paths: list(text), timeout: defaulted(duration, 10 * SECOND) }, (config) => {
    if (config.servers.length === 0) refuse(`${name} SD config must contain at least one Zookeeper server`);
    if (config.paths.length === 0) refuse(`${name} SD config must contain at least one path`);
    for (const path of config.paths) if (!path.startsWith('/')) refuse(`${name} SD config paths must begin with '/': ${path}`);
  });
}

const nomad = overHttp(
  'nomad',
  {
    allow_stale: defaulted(boolean, true),
    namespace: defaulted(text, 'default'),
    ...refresh(MINUTE),
    region: defaulted(text, 'global'),
    server: defaulted(text, 'http://localhost:4646'),
    tag_separator: defaulted(text, ','),
  },
  (config) => need(config.server.trim(), 'nomad SD configuration requires a server address'),
);

const oci = overHttp(
  'oci',
  {
    auth: defaulted(text, 'api_key'),
    region: text,
    tenancy: text,
    user: text,
    fingerprint: text,
    key: text,
    key_file: fileName,
    key_passphrase: text,
    key_passphrase_file: fileName,
    compartments: list(text),
    ...port(80),
    ...refresh(MINUTE),
  },
  (config) => {
    if (!['', 'api_key', 'instance_principal'].includes(config.auth)) {
      refuse(`oci_sd: unknown auth method ${JSON.stringify(config.auth)}, expected "api_key" or "instance_principal"`);
    }
  },
);

const openstack = section(
  'openstack.plain',
  {
    identity_endpoint: text,
    username: text,
    userid: text,
    password: text,
    project_name: text,
    project_id: text,
    domain_name: text,
    domain_id: text,
    application_credential_name: text,
    application_credential_id: text,
    application_credential_secret: text,
    role: oneOf(
      'openstack.Role',
      ['hypervisor', 'instance', 'loadbalancer'],
      (value) => `unknown OpenStack SD role ${JSON.stringify(value)}`,
    ),
    region: text,
    ...refresh(MINUTE),
    ...port(80),
    all_tenants: boolean,
    tls_config: tlsConfig,
    availability: defaulted(text, 'public'),
  },
  (config) => {
    if (!['public', 'internal', 'admin'].includes(config.availability)) {
      refuse(`unknown availability ${config.availability}, must be one of admin, internal or public`);
    }
    need(config.role, 'role missing (one of: instance, hypervisor, loadbalancer)');
    need(config.region, 'openstack SD configuration requires a region');
  },
);

const outscale = overHttp(
  'outscale',
  { region: text, access_key: text, secret_key: text, secret_key_file: fileName, endpoint: text, ...port(80), ...refresh(MINUTE) },
  (config) => {
    need(config.region, 'outscale SD configuration requires a region');
    need(config.access_key, 'outscale SD configuration requires an access_key');
    checkOneSecret(config.secret_key, config.secret_key_file);
  },
);

const ovhcloud = section(
  'ovhcloud.plain',
  {
    endpoint: defaulted(text, 'ovh-eu'),
    application_key: text,
    application_secret: text,
    consumer_key: text,
    service: text,
    ...refresh(MINUTE),
  },
  (config) => {
    need(config.endpoint, 'endpoint can not be empty');
    need(config.application_key, 'application key can not be empty');
    need(config.application_secret, 'application secret can not be empty');
    need(config.consumer_key, 'consumer key can not be empty');
    if (!['vps', 'dedicated_server'].includes(config.service)) refuse(`unknown service: ${config.service}`);
  },
);

const puppetdb = overHttp(
  'puppetdb',
  { url: text, query: text, include_parameters: boolean, ...port(80), ...refresh(MINUTE) },
  (config) => {
    checkHttpUrl(config.url);
    need(config.query, 'query missing');
  },
);

const scaleway = overHttp(
  'scaleway',
  {
    role: scalewayRole,
    project_id: text,
    access_key: text,
    secret_key: text,
    secret_key_file: fileName,
    api_url: defaulted(text, 'https://api.scaleway.com'),
    zone: defaulted(text, 'fr-par-1'),
    name_filter: text,
    tags_filter: list(text),
    ...port(80),
    ...refresh(MINUTE),
  },
  (config) => {
    need(config.role, 'role missing (one of: instance, baremetal)');
    need(config.project_id, 'project_id is mandatory');
    checkOneSecret(config.secret_key, config.secret_key_file);
    need(config.access_key, 'access_key is mandatory');
  },
);

const stackit = overHttp(
  'stackit',
  {
    project: text,
    region: defaulted(text, 'eu01'),
    endpoint: text,
    service_account_key: text,
    service_account_key_path: fileName,
    private_key: text,
    private_key_path: fileName,
    ...port(80),
    ...refresh(MINUTE),
  },
  (config) => {
    if (config.endpoint === '' && config.region === '') refuse('stackit_sd: endpoint and region missing');
    try {
      parseUrl(config.endpoint);
    } catch (cause) {
      refuse(`stackit_sd: invalid endpoint ${JSON.stringify(config.endpoint)}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  },
);

const triton = section(
  'triton.plain',
  {
    account: text,
    role: defaulted(text, 'container'),
    dns_suffix: text,
    endpoint: text,
    groups: list(text),
    ...port(9163),
    ...refresh(MINUTE),
    tls_config: tlsConfig,
    version: defaulted(integer, 1),
  },
  (config) => {
    if (config.role !== 'container' && config.role !== 'cn') refuse("triton SD configuration requires role to be 'container' or 'cn'");
    need(config.account, 'triton SD configuration requires an account');
    need(config.dns_suffix, 'triton SD configuration requires a dns_suffix');
    need(config.endpoint, 'triton SD configuration requires an endpoint');
    if (config.refresh_interval <= 0) refuse('triton SD configuration requires RefreshInterval to be a positive integer');
  },
);

const uyuni = overHttp(
  'uyuni',
  {
    server: url,
    username: text,
    password: text,
    entitlement: defaulted(text, 'monitoring_entitled'),
    separator: defaulted(text, ','),
    ...refresh(MINUTE),
  },
  (config) => {
    if (config.server === undefined) refuse('Uyuni SD configuration requires server host');
    need(config.username, 'Uyuni SD configuration requires a username');
    need(config.password, 'Uyuni SD configuration requires a password');
  },
);

/** A list of sections, none of them null. */
function sections<T>(key: string, schema: Schema<T>): Schema<readonly T[]> {
  const elements = list(optional(schema));
  const present = (values: readonly (T | undefined)[]): readonly T[] =>
    values.map((value) => value ?? refuse(`empty or null section in ${key}`));
  return { zero: () => [], decode: (node, reading) => present(elements.decode(node, reading)) };
}

/** The fields of all mechanisms, to be spread into a section. */
export const DISCOVERY_FIELDS = {
  static_configs: sections('static_configs', staticGroup),
  file_sd_configs: sections('file_sd_configs', fileConfig),
  http_sd_configs: sections('http_sd_configs', httpDiscoveryConfig),
  dns_sd_configs: sections('dns_sd_configs', dnsConfig),
  aws_sd_configs: sections('aws_sd_configs', overHttp('aws', { role: awsRole, ...AWS_FIELDS, filters, ...AWS_CLUSTERS }, checkFilters)),
  azure_sd_configs: sections('azure_sd_configs', azure),
  consul_sd_configs: sections('consul_sd_configs', consul),
  digitalocean_sd_configs: sections('digitalocean_sd_configs', overHttp('digitalocean', { ...port(80), ...refresh(MINUTE) })),
  docker_sd_configs: sections('docker_sd_configs', docker),
  dockerswarm_sd_configs: sections('dockerswarm_sd_configs', dockerswarm),
  ec2_sd_configs: sections('ec2_sd_configs', overHttp('aws', { ...AWS_FIELDS, filters }, checkFilters)),
  ecs_sd_configs: sections('ecs_sd_configs', overHttp('aws', { ...AWS_FIELDS, ...AWS_CLUSTERS })),
  msk_sd_configs: sections('msk_sd_configs', overHttp('aws', { ...AWS_FIELDS, ...AWS_CLUSTERS })),
  eureka_sd_configs: sections('eureka_sd_configs', eureka),
  gce_sd_configs: sections('gce_sd_configs', gce),
  hetzner_sd_configs: sections(
    'hetzner_sd_configs',
    overHttp('hetzner', { role: hetznerRole, ...port(80), label_selector: text, ...refresh(MINUTE) }, (config) =>
      need(config.role, 'role missing (one of: robot, hcloud)'),
    ),
  ),
  ionos_sd_configs: sections(
    'ionos_sd_configs',
    overHttp('ionos', { datacenter_id: text, ...port(80), ...refresh(MINUTE) }, (config) =>
      need(config.datacenter_id, "datacenter id can't be empty"),
    ),
  ),
  kubernetes_sd_configs: sections('kubernetes_sd_configs', kubernetesConfig),
  kuma_sd_configs: sections('kuma_sd_configs', kuma),
  lightsail_sd_configs: sections('lightsail_sd_configs', overHttp('aws', AWS_FIELDS)),
  linode_sd_configs: sections(
    'linode_sd_configs',
    overHttp('linode', { ...port(80), ...refresh(MINUTE), tag_separator: defaulted(text, ','), region: text }),
  ),
  marathon_sd_configs: sections('marathon_sd_configs', marathon),
  nerve_sd_configs: sections('nerve_sd_configs', zookeeper('nerve')),
  nomad_sd_configs: sections('nomad_sd_configs', nomad),
  oci_sd_configs: sections('oci_sd_configs', oci),
  openstack_sd_configs: sections('openstack_sd_configs', openstack),
  outscale_sd_configs: sections('outscale_sd_configs', outscale),
  ovhcloud_sd_configs: sections('ovhcloud_sd_configs', ovhcloud),
  puppetdb_sd_configs: sections('puppetdb_sd_configs', puppetdb),
  scaleway_sd_configs: sections('scaleway_sd_configs', scaleway),
  serverset_sd_configs: sections('serverset_sd_configs', zookeeper('serverset')),
  stackit_sd_configs: sections('stackit_sd_configs', stackit),
  triton_sd_configs: sections('triton_sd_configs', triton),
  uyuni_sd_configs: sections('uyuni_sd_configs', uyuni),
  vultr_sd_configs: sections('vultr_sd_configs', overHttp('vultr', { ...port(80), ...refresh(MINUTE) })),
};

export type DiscoveryConfigs = ValuesOf<typeof DISCOVERY_FIELDS>;

/** The mechanisms that this program runs. */
const RUNNING: ReadonlySet<string> = new Set(['static_configs', 'file_sd_configs', 'http_sd_configs', 'dns_sd_configs']);

/** Names of the sections in use that are judged but cannot run here. */
export function idleDiscoveries(configs: DiscoveryConfigs): readonly string[] {
  return Object.keys(DISCOVERY_FIELDS).filter((name) => {
    const given: unknown = Reflect.get(configs, name);
    return !RUNNING.has(name) && Array.isArray(given) && given.length > 0;
  });
}

/** Throws `bad_data` when a target is a URL: a target is a host and a port. */
export function checkTargetAddress(address: string): void {
  if (address.includes('/')) refuse(`${JSON.stringify(address)} is not a valid hostname`);
}
