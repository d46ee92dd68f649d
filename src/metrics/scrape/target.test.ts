// What becomes of a discovered target: its labels and URL, dropped, or refused; and its place in the interval.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsRecord } from '../../query/labels.ts';
import { parsePrometheusConfig } from './prometheus-config.ts';
import { compileRelabeling } from './relabel.ts';
import type { Found } from './target.ts';
import { scrapeOffset, targetsOfGroup } from './target.ts';

function build(labels: Readonly<Record<string, string>>, fields = ''): Found {
  const text = `scrape_configs: [{job_name: j, scrape_interval: 30s${fields}}]`;
  const [config] = parsePrometheusConfig(text, { directory: '/', read: () => '', glob: () => [] }).scrapeConfigs;
  assert.ok(config);
  const group = { source: 'g', labels: new Map<string, string>(), targets: [new Map(Object.entries(labels))] };
  return targetsOfGroup(group, config, compileRelabeling(config.relabelRules, config.nameScheme))[0] ?? assert.fail('no target');
}

/** `[what, labels, fields of the job, URL, series labels]` */
const built: readonly (readonly [string, Readonly<Record<string, string>>, string, string, Readonly<Record<string, string>>])[] = [
  ['only an address', { __address__: 'h:1' }, '', 'http://h:1/metrics', { instance: 'h:1', job: 'j' }],
  ['no default port', { __address__: 'h' }, ', scheme: https', 'https://h/metrics', { instance: 'h', job: 'j' }],
  [
    'labels of the discovery win',
    { __address__: 'h:1', job: 'own', __metrics_path__: 'm' },
    '',
    'http://h:1/m',
    { instance: 'h:1', job: 'own' },
  ],
  [
    'parameters',
    { __address__: 'h:1', __param_b: 'x' },
    ', params: {a: ["1", "2"], b: [y, z]}',
    'http://h:1/metrics?a=1&a=2&b=x&b=z',
    { instance: 'h:1', job: 'j' },
  ],
  ['its own instance', { __address__: 'h:1', instance: 'i' }, '', 'http://h:1/metrics', { instance: 'i', job: 'j' }],
  [
    'meta labels go',
    { __address__: 'h:1', __meta_x: 'y' },
    ', relabel_configs: [{source_labels: [__meta_x], target_label: x}]',
    'http://h:1/metrics',
    { instance: 'h:1', job: 'j', x: 'y' },
  ],
  [
    'a path that needs escaping',
    { __address__: 'h:1', __metrics_path__: '/a b?c' },
    '',
    'http://h:1/a%20b%3Fc',
    { instance: 'h:1', job: 'j' },
  ],
];

test('targets are built', () => {
  for (const [what, labels, fields, url, series] of built) {
    const found = build(labels, fields);
    assert.ok(found.kind === 'target', what);
    assert.equal(found.target.url, url, what);
    assert.deepEqual(labelsRecord(found.target.labels), series, what);
  }
  const own = build({ __address__: 'h:1', __scrape_interval__: '5s', __scrape_timeout__: '2s' });
  assert.ok(own.kind === 'target' && own.target.intervalMs === 5000 && own.target.timeoutMs === 2000);
  assert.equal(build({ __address__: 'h:1' }, ', relabel_configs: [{action: drop, regex: ".*"}]').kind, 'dropped');
});

/** `[labels, what is said]` */
const failed: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{}, /instance 0 in group g: no address/],
  [{ __address__: 'http://h' }, /"http:\/\/h" is not a valid hostname/],
  [{ __address__: 'h:1', __scrape_interval__: '0s' }, /scrape interval cannot be 0/],
  [{ __address__: 'h:1', __scrape_interval__: 'soon' }, /error parsing scrape interval/],
  [{ __address__: 'h:1', __scrape_timeout__: '1m' }, /scrape timeout cannot be greater than scrape interval \("1m" > "30s"\)/],
  [{ __address__: 'h:1', x: '\ud800' }, /invalid label value for "x"/],
  [{ __address__: 'h:port' }, /invalid URL/],
];

test('targets that cannot be are refused with the reason', () => {
  for (const [labels, said] of failed) {
    const found = build(labels);
    assert.ok(found.kind === 'failed');
    assert.match(found.message, said);
  }
});

test('each target keeps its place in the interval', () => {
  for (const key of ['a', 'b', 'c']) {
    const at = (now: number): number => (now + scrapeOffset(key, 15_000, now)) % 15_000;
    const offset = scrapeOffset(key, 15_000, 1_700_000_000_123);
    assert.ok(offset > 0 && offset <= 15_000);
    assert.equal(at(1_700_000_000_123), at(1_700_000_007_777));
  }
});
