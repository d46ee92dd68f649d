// Any text as a configuration: it is understood, or refused with `bad_data`; never another error, never an endless one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { parsePrometheusConfig } from './prometheus-config.ts';

const files = { directory: '/etc', read: () => '', glob: () => [] };

const whole = [
  'global: {scrape_interval: 15s, external_labels: {a: b}}',
  'scrape_configs:\n- job_name: a\n  static_configs: [{targets: ["h:1"], labels: {x: y}}]\n  body_size_limit: 1MB',
  '- &a {job_name: b, <<: *a}\n  relabel_configs: [{regex: "(.*)", action: replace, target_label: c}]',
  'remote_write: [{url: "http://x", queue_config: {capacity: 1}}]\nstorage: {tsdb: {retention: {size: 1GB}}}',
];

function parses(text: string): void {
  try {
    parsePrometheusConfig(text, files);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    assert.equal(error.code, 'bad_data');
  }
}

test('configurations with pieces replaced', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('null', '~', '*a', '&a', '!!binary', '[', '{', '- ', '<<:', '\n', '\t', '1e400', '0x'),
  );
  const edited = fc.tuple(fc.constantFrom(...whole), fc.nat(200), fc.nat(20), piece).map(([text, at, length, added]) => {
    const from = at % text.length;
    return text.slice(0, from) + added + text.slice(from + length);
  });
  fc.assert(fc.property(edited, parses), { seed: 11, numRuns: 1500 });
});

test('aliases that multiply and nesting without end are refused in time', () => {
  const doubled = Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n');
  parses(`a0: &a0 [1]\n${doubled}`);
  parses(`rule_files: ${'['.repeat(5000)}`);
  const lists = Array.from({ length: 25 }, (_, i) => `  x${i + 1}: &x${i + 1} {<<: [*x${i}, *x${i}]}`).join('\n');
  parses(`global:\n  x0: &x0 {a: b}\n${lists}`);
});
