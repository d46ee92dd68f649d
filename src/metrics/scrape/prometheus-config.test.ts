// Configurations of Prometheus: what the global section gives to the jobs, what is refused and how it is said, and the forms of the setting `scrape`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parsePrometheusConfig, parseScrapeConfigs } from './prometheus-config.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { checkRunnable } from './scrape-manager.ts';

const texts: Readonly<Record<string, string>> = {
  '/etc/jobs/a.yml': 'scrape_configs: [{job_name: a, tls_config: {ca_file: ca.pem}}]',
  '/etc/jobs/b.yml': 'scrape_configs: [{job_name: main}]',
};
const files = {
  directory: '/etc',
  read: (file: string) => texts[file] ?? assert.fail(`no file ${file}`),
  glob: (pattern: string) => (pattern.includes('*') ? ['/etc/jobs/a.yml'] : [pattern]),
};

const parse = (text: string): readonly ScrapeConfig[] => parsePrometheusConfig(text, files).scrapeConfigs;
const job = (fields: string, global = ''): ScrapeConfig => {
  const [config] = parse(`global: {${global}}\nscrape_configs: [{job_name: j${fields === '' ? '' : `, ${fields}`}}]`);
  return config ?? assert.fail('no job');
};

test('what a job leaves out comes from the global section', () => {
  const config = job('', 'scrape_interval: 30s, sample_limit: 5, body_size_limit: 1MB, metric_name_validation_scheme: legacy');
  assert.deepEqual(
    [config.scrapeIntervalMs, config.scrapeTimeoutMs, config.sampleLimit, config.bodySizeLimit],
    [30_000, 10_000, 5, 2 ** 20],
  );
  assert.deepEqual(
    [config.nameScheme, config.nameEscaping, config.metricsPath, config.scheme],
    ['legacy', 'underscores', '/metrics', 'http'],
  );
  assert.equal(job('scrape_interval: 5s', 'scrape_timeout: 20s').scrapeTimeoutMs, 5000);
  assert.equal(job('scrape_native_histograms: true').scrapeProtocols[0], 'PrometheusProto');
  assert.equal(job('metric_name_validation_scheme: legacy').nameEscaping, 'underscores');
  assert.equal(job('metric_name_escaping_scheme: dots').nameEscaping, 'dots');
});

test('sizes, durations and words as Prometheus writes them', () => {
  assert.equal(job('body_size_limit: 1GiB512KB').bodySizeLimit, 2 ** 30 + 512 * 1024);
  assert.equal(job('scrape_interval: 1m30s').scrapeIntervalMs, 90_000);
  assert.equal(job('honor_labels: on').honorLabels, true);
  assert.equal(job('sample_limit: 0x10').sampleLimit, 16);
});

test('relative files belong to the directory of the file that names them', () => {
  const [own, imported] = parse('scrape_config_files: ["jobs/*.yml"]\nscrape_configs: [{job_name: m, basic_auth: {password_file: p}}]');
  assert.equal(own?.http.basic_auth?.password_file, '/etc/p');
  assert.equal(imported?.http.tls_config.ca_file, '/etc/jobs/ca.pem');
});

test('external labels take values from the environment', () => {
  const config = parsePrometheusConfig('global: {external_labels: {a: "${HOST}-$$x", b: "$GONE"}}', files, { HOST: 'h' });
  assert.deepEqual(
    [...config.externalLabels],
    [
      ['a', 'h-$x'],
      ['b', ''],
    ],
  );
});

/** `[what is said, the text]` */
const refused: readonly (readonly [RegExp, string])[] = [
  [/line 2: field scrape_config not found in type config\.plain/, 'global: {}\nscrape_config: []'],
  [/line 3: cannot unmarshal !!str `many` into uint/, 'scrape_configs:\n- job_name: a\n  sample_limit: many'],
  [/line 1: field global already set/, '{global: {}, global: {}}'],
  [/job_name is empty \(line 2\)/, 'scrape_configs:\n- scheme: http'],
  [/found multiple scrape configs with job name "a"/, 'scrape_configs: [{job_name: a}, {job_name: a}]'],
  [/first found in main config file/, 'scrape_config_files: [jobs/b.yml]\nscrape_configs: [{job_name: main}]'],
  [
    /scrape timeout greater than scrape interval for scrape config with job name "a"/,
    'scrape_configs: [{job_name: a, scrape_timeout: 2m}]',
  ],
  [/unknown unit "x"|not a valid duration string: "1x"/, 'global: {scrape_interval: 1x}'],
  [/at most one of bearer_token & bearer_token_file/, 'scrape_configs: [{job_name: a, bearer_token: x, bearer_token_file: y}]'],
  [/authorization type cannot be set to "basic"/, 'scrape_configs: [{job_name: a, authorization: {type: Basic}}]'],
  [/if no_proxy is configured, proxy_url must also be configured/, 'scrape_configs: [{job_name: a, no_proxy: x}]'],
  [/exactly one of key or key_file/, 'scrape_configs: [{job_name: a, tls_config: {cert_file: x}}]'],
  [/unknown TLS version: TLS9/, 'scrape_configs: [{job_name: a, tls_config: {min_version: TLS9}}]'],
  [/setting header "Host" is not allowed/, 'scrape_configs: [{job_name: a, http_headers: {Host: {values: [x]}}}]'],
  [/"http:\/\/x" is not a valid hostname/, 'scrape_configs: [{job_name: a, static_configs: [{targets: ["http://x"]}]}]'],
  [/empty or null section in dns_sd_configs/, 'scrape_configs: [{job_name: a, dns_sd_configs: [~]}]'],
  [/a port is required in DNS-SD configs/, 'scrape_configs: [{job_name: a, dns_sd_configs: [{names: [x], type: A}]}]'],
  [/path name ".*x\.txt" is not valid for file discovery/, 'scrape_configs: [{job_name: a, file_sd_configs: [{files: [x.txt]}]}]'],
  [/duplicated protocol in scrape_protocols/, 'global: {scrape_protocols: [PrometheusProto, PrometheusProto]}'],
  [/unknown global name escaping method/, 'global: {metric_name_escaping_scheme: x}\nscrape_configs: [{job_name: a}]'],
  [/invalid rule file path "a\/\*\/b"/, 'rule_files: ["a/*/b"]'],
  [/At most one|at most one of basic_auth, authorization/, 'remote_write: [{url: "http://x", basic_auth: {}, sigv4: {region: r}}]'],
  [/yaml: line 1: /, 'global: {'],
];

test('mistakes are told with their place', () => {
  for (const [said, text] of refused) assert.throws(() => parse(text), said, text);
});

test('the setting scrape takes a list, a file of a list, and whole configurations', () => {
  const read = (text: string) => ({ read: () => text, glob: () => [] });
  const names = (jobs: readonly ScrapeConfig[]): readonly string[] => jobs.map(({ jobName }) => jobName);
  assert.deepEqual(names(parseScrapeConfigs({ kind: 'none' }, read(''))), []);
  assert.deepEqual(names(parseScrapeConfigs({ kind: 'inline', configs: [{ job_name: 'a' }], directory: '/' }, read(''))), ['a']);
  for (const text of [
    '# jobs\n- job_name: a\n',
    '[{job_name: a}]',
    'scrape_configs:\n- job_name: a',
    'global: {}\nscrape_configs: [{job_name: a}]',
  ]) {
    assert.deepEqual(names(parseScrapeConfigs({ kind: 'file', file: '/x.yml' }, read(text))), ['a'], text);
  }
  assert.throws(
    () => parseScrapeConfigs({ kind: 'file', file: '/x.yml' }, read('- job: a')),
    /^RequestError: \/x\.yml: yaml: unmarshal errors/,
  );
});

test('what is judged good but cannot run is named', () => {
  assert.throws(
    () => checkRunnable(job('kubernetes_sd_configs: [{role: pod}]')),
    /job "j" uses kubernetes_sd_configs, which is not supported yet/,
  );
  assert.throws(() => checkRunnable(job('proxy_url: "http://p", proxy_connect_header: {a: [b]}')), /proxy_connect_header/);
  assert.throws(
    () => checkRunnable(job('authorization: {credentials_ref: vault}')),
    /uses credentials_ref, and secret providers are not supported/,
  );
  assert.throws(
    () => checkRunnable(job('http_sd_configs: [{url: "http://sd", basic_auth: {username: u, password_ref: vault}}]')),
    /password_ref/,
  );
  checkRunnable(job('static_configs: [{targets: ["a:1"]}]'));
});
