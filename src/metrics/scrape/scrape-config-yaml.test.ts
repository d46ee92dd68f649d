// A job's configuration written out: what is filled in, what is left out, what is hidden, and that reading it again gives the same job.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DISCOVERY_FIELDS } from './discovery-config.ts';
import { HTTP_FIELDS } from './http-config.ts';
import { scrapeConfigYaml } from './scrape-config-yaml.ts';
import { type ScrapeConfig, globalConfig, rawScrapeConfig, resolveGlobal, resolveScrapeConfig } from './scrape-config.ts';
import { readYaml } from './yaml-schema.ts';

function job(text: string): ScrapeConfig {
  return resolveScrapeConfig(readYaml(text, rawScrapeConfig), resolveGlobal(globalConfig.zero()));
}

test('what is not given is filled in, what does nothing is left out', () => {
  assert.deepEqual(scrapeConfigYaml(job('job_name: j')).split('\n'), [
    'job_name: j',
    'honor_timestamps: true',
    'track_timestamps_staleness: false',
    'scrape_interval: 1m',
    'scrape_timeout: 10s',
    'scrape_protocols:',
    '  - OpenMetricsText1.0.0',
    '  - OpenMetricsText0.0.1',
    '  - PrometheusText1.0.0',
    '  - PrometheusText0.0.4',
    'scrape_native_histograms: false',
    'always_scrape_classic_histograms: false',
    'convert_classic_histograms_to_nhcb: false',
    'extra_scrape_metrics: false',
    'metrics_path: /metrics',
    'scheme: http',
    'enable_compression: true',
    'metric_name_validation_scheme: utf8',
    'metric_name_escaping_scheme: allow-utf-8',
    'follow_redirects: true',
    'enable_http2: true',
    '',
  ]);
});

const PLAIN = `
job_name: j
honor_labels: true
honor_timestamps: false
scrape_interval: 15s
params: { module: [http, ''], password: [p] }
body_size_limit: 15MB
sample_limit: 7
enable_compression: false
native_histogram_min_bucket_factor: 1.5
follow_redirects: false
tls_config: { ca_file: /ca, min_version: TLS12, max_version: TLS10, insecure_skip_verify: true }
http_headers: { X-A: { values: [b], files: [/f] } }
proxy_url: http://proxy:1/
static_configs: [{ targets: ['a:1'], labels: { x: 'y', key: z } }]
file_sd_configs: [{ files: [/t.json], refresh_interval: 90s }]
http_sd_configs: [{ url: 'http://h/x', basic_auth: { username: u, password_file: /p } }]
dns_sd_configs: [{ names: [n], type: A, port: 9 }]
relabel_configs: [{ source_labels: [a, b], modulus: 4, target_label: c, action: hashmod }]
metric_relabel_configs: [{ regex: x.*, action: labeldrop }]
`;

test('a job without secrets is the same when it is read again', () => {
  const config = job(PLAIN);
  const text = scrapeConfigYaml(config);
  const again = job(text);
  // The section as it was written is a part of the job: only the fields that the job reads there are compared.
  assert.deepEqual({ ...again, http: {}, discovery: {} }, { ...config, http: {}, discovery: {} }, text);
  for (const name of [...Object.keys(HTTP_FIELDS), ...Object.keys(DISCOVERY_FIELDS)])
    assert.deepEqual(Reflect.get(again.http, name), Reflect.get(config.http, name), name);
});

const SECRETS = `
job_name: j
params: {}
oauth2: { client_id: c, client_secret: hidden1, token_url: http://t, proxy_url: 'http://u:hidden2@p', tls_config: { key: hidden3, cert: shown } }
http_headers: { X-A: { secrets: [hidden4] } }
tls_config: { key: hidden5, cert: shown }
http_sd_configs:
  - { url: 'http://u:hidden6@h/x', authorization: { credentials: hidden7 } }
  - { url: 'http://h/y', bearer_token: hidden8 }
  - { url: 'http://h/z', basic_auth: { username: shown, password: hidden9 } }
`;

test('secrets are hidden wherever they stand', () => {
  const text = scrapeConfigYaml(job(SECRETS));
  assert.doesNotMatch(text, /hidden/);
  assert.equal(text.match(/<secret>/g)?.length, 7, text);
  assert.equal(text.match(/:xxxxx@/g)?.length, 2, text);
  assert.equal(text.match(/shown/g)?.length, 3, text);
});
