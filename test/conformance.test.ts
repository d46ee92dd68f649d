// The conformance command cannot pass by running nothing, and a changed expectation fails it: shown on a small directory of our own cases.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('conformance/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the command on a directory made of `files`, and removes it. */
async function conformance(files: Readonly<Record<string, unknown>>, ...args: readonly string[]): Promise<Ended> {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-conformance-test-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const child = spawn(process.execPath, [command, dir, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  rmSync(dir, { recursive: true });
  return { code: child.exitCode, output };
}

const sample = (name: string, success: boolean, samples = 1): unknown => ({
  test: 'ours',
  name,
  request: { Samples: [{ Labels: name === 'nameless' ? { zone: 'a' } : { __name__: name }, Value: 3 }] },
  expect: { samples, success },
});

/** A description of a few paths; `data` is the schema of their successes. */
function described(paths: readonly string[], data: unknown): unknown {
  const answer = (schema: unknown): unknown => ({ content: { 'application/json': { schema } } });
  const responses = { '200': answer({ type: 'object', properties: { data } }), default: answer({ type: 'object', required: ['error'] }) };
  return { paths: Object.fromEntries(paths.map((path) => [path, { get: { responses } }])), components: { schemas: {} } };
}

const good = {
  'remote-write-v2-receiver.json': { cases: [sample('fuel_litres', true), sample('nameless', false)] },
  'prometheus-config/index.json': [
    { file: 'good.yml', ok: true },
    { file: 'bad.yml', ok: false, err: 'a job twice' },
  ],
  'prometheus-config/good.yml': 'scrape_configs: [{ job_name: a }]\n',
  'prometheus-config/bad.yml': 'scrape_configs: [{ job_name: a }, { job_name: a }]\n',
  'openmetrics/index.json': [
    { file: 'good/one.txt', shouldParse: true },
    { file: 'bad/none.txt', shouldParse: false },
  ],
  'openmetrics/good/one.txt': '# TYPE boats gauge\nboats{harbour="n"} 4\n# EOF\n',
  'openmetrics/bad/none.txt': 'boats{harbour= 4\n# EOF\n',
  'prometheus-http-api.json': {
    load: 'load 1m\n  boats{harbour="n"} 1+1x5\n  boats{harbour="s"} 2x5\n',
    errorTypeToHTTP: { bad_data: 400 },
    cases: [
      { path: '/api/v1/label/{name}/values', pathParams: { name: 'harbour' }, data: ['s', 'n'] },
      { path: '/api/v1/query', query: { query: ['1 + 1'], time: ['4'] }, data: { resultType: 'scalar', result: [4, '2'] } },
    ],
  },
  'prometheus-openapi-ours.yaml': described(['/alerts', '/query', '/label/{name}/values', '/targets/metadata'], {}),
  'promql/boats.test': 'load 1m\n  boats 1 2\n\neval instant at 1m boats\n  boats 2\n\nclear\n\neval instant at 1m boats\n',
  'logql/boats.logqltest':
    'load\n  {boat="a"} "log {{.i}}" @ 1s [repeat every 1s for 3]\n\neval instant at 2s rate({boat="a"}[2s])\n  {boat="a"} 1\n',
  'promql-format.json': [{ in: 'sum(boats)by(harbour)', out: 'sum by (harbour) (boats)', kind: 'string' }],
  'promql-series-notation.json': [
    { input: 'boats 1+2x1 _', ok: true, metric: { __name__: 'boats' }, values: [{ value: 1 }, { value: 3 }, { omitted: true }] },
  ],
  'promql-runner-selftest.json': [
    { name: 'wrong', input: 'eval instant at 0 1\n  2', expectedError: 'error in eval 1 (line 1): expected scalar 2 but got 1' },
  ],
  'promql-engine.json': [
    {
      src: 'ours',
      load: 'load 1m\n  boats 1 2\n',
      query: 'boats[1m]',
      start: 60,
      expected: { type: 'matrix', value: [{ metric: { __name__: 'boats' }, points: [[60000, 2]] }] },
    },
  ],
  'star-charts.json': [],
};

test('cases that hold pass, unknown files are named', async () => {
  const { code, output } = await conformance(good);
  assert.match(output, /^passed {2}remote-write-v2-receiver\.json: 2 of 2 cases$/m);
  assert.match(output, /^passed {2}prometheus-config\/index\.json: 2 of 2 cases$/m);
  assert.match(output, /^passed {2}openmetrics\/index\.json: 2 of 2 cases$/m);
  assert.match(output, /^passed {2}prometheus-http-api\.json: 2 of 2 cases$/m);
  assert.match(output, /^passed {2}promql\/boats\.test .*: 2 of 2 cases$/m);
  assert.match(output, /^passed {2}logql\/boats\.logqltest .*: 1 of 1 cases$/m);
  assert.match(output, /^skipped star-charts\.json: no family yet$/m);
  assert.match(output, /^passed {2}prometheus-openapi-ours\.yaml: (\d+) of \1 cases$/m);
  assert.match(output, /^\d{2} passed, 0 failed, 1 skipped$/m);
  assert.equal(code, 0);
});

test('changed expectations fail, each with what was expected and what came', async () => {
  const changed = {
    'remote-write-v2-receiver.json': { cases: [sample('fuel_litres', true, 2), sample('nameless', true)] },
    'prometheus-config/index.json': [{ file: 'good.yml', ok: false, err: 'nothing' }],
    'prometheus-config/good.yml': good['prometheus-config/good.yml'],
    'openmetrics/index.json': [{ file: 'good/one.txt', shouldParse: false }],
    'openmetrics/good/one.txt': good['openmetrics/good/one.txt'],
    'prometheus-http-api.json': {
      ...good['prometheus-http-api.json'],
      cases: [{ path: '/api/v1/label/{name}/values', pathParams: { name: 'harbour' }, data: ['n'] }],
    },
    'logql/boats.logqltest': good['logql/boats.logqltest'].replace(/1\n$/, '2\n'),
    'prometheus-openapi-ours.yaml': described(['/nowhere', '/label/{name}/values'], { type: 'string' }),
  };
  const { code, output } = await conformance(changed);
  // Of the description only refusals are as they must be: no list is a text, and one path is not there.
  assert.match(output, /^failed {2}prometheus-openapi-ours\.yaml: 3 of 8 cases$/m);
  assert.match(output, /^3 passed, 11 failed, 0 skipped$/m);
  assert.match(output, /expected .*"samples":2.*\n\s+got .*"samples":1/);
  assert.equal(code, 1);
});

test('nothing to run is no success', async () => {
  for (const [files, args] of [
    [{}, []],
    [{ 'star-charts.json': [] }, []],
    [good, ['--only', 'no-such-file']],
    [{ 'remote-write-v2-receiver.json': { cases: [] } }, []],
    [{ 'remote-write-v2-receiver.json': 'torn {' }, []],
  ] as const) {
    const { code, output } = await conformance(files, ...args);
    assert.equal(code, 1, output);
    assert.match(output, /^0 passed,/m);
  }
});
